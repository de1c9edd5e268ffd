"""The report in a real browser: it shows, sorts, filters, opens evidence, and asks no address."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

from drivers.browser_tools import find_chromedriver, find_chromium
from drivers.tools import Places, Tool
from results.journal import Journal
from results.judged_run import computed_verdicts
from results.record import Attempt, EntryRecord, MessageKind
from results.report import write_report
from results.rules import BracketLimits, score
from tests.results.examples import RUN, START, arrived, entry, sent

_A4 = 794  # pixels, as browsers count them
HOSTILE = "</script><img src=x onerror=alert(1)>\u202e"
WORDS = {
    "dalai": ("達賴喇嘛", "zh-Hant", "REL", "p"),
    "uyghur": ("شەرقىي تۈركىستان", "ug", "POLR", "P"),
    "tibet": ("བོད་རང་བཙན", "bo", "POLR", "P"),
    "hostile": (HOSTILE, "en", "MISC", "P"),
    "kim": ("김정은", "ko", "GOVT", "p"),
}


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    """Chromium without a window."""
    places = Places.here()
    chromium, driver = find_chromium(places), find_chromedriver(places)
    assert isinstance(chromium, Tool), str(chromium)
    assert isinstance(driver, Tool), str(driver)
    options = Options()
    options.binary_location = str(chromium.path)
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    running = webdriver.Chrome(options=options, service=Service(str(driver.path)))
    yield running
    running.quit()


def _attempts(run_id: str, entries: dict[str, str]) -> list[Attempt]:
    """Controls, canaries, and four messages an entry: P arrived, p blocked."""
    signs: list[tuple[str, tuple[str, ...]]] = [("C", ())] * 40 + [("n", ()), ("C", ())] * 4
    for name, sign in entries.items():
        signs += [(sign, (name,)), ("C", ())] * 4
    kinds = {"C": MessageKind.CONTROL, "N": MessageKind.CANARY, "P": MessageKind.PROBE}
    attempts = []
    for seq, (sign, names) in enumerate(signs):
        attempt = replace(
            sent(seq, kinds[sign.upper()], *names), id=f"{run_id}-{seq}", run_id=run_id
        )
        attempts.append(arrived(attempt) if sign.isupper() else attempt)
    return attempts


def _write(journal: Journal, run_id: str, day: int, known: list[EntryRecord], signs: str) -> None:
    """Write a run of a day; one sign an entry."""
    run = replace(RUN, id=run_id, started_at=START + timedelta(days=day), settings={})
    journal.start_run(run)
    journal.add_entries(run_id, known)
    of = dict(zip((each.id for each in known), signs, strict=True))
    attempts = _attempts(run_id, of)
    for attempt in attempts:
        journal.begin_attempt(attempt)
    scores = score(attempts, BracketLimits())
    journal.save_verdicts(run_id, computed_verdicts(run, known, attempts, scores))
    journal.finish_run(run_id, run.started_at + timedelta(hours=1), None)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report on two runs of five words."""
    folder = tmp_path_factory.mktemp("report")
    known = [
        replace(entry(name, word), language=language, category=category)
        for name, (word, language, category, _) in WORDS.items()
    ]
    with Journal.open(folder / "journal.sqlite") as journal:
        _write(journal, "20240501T120000Z-0001", 0, known, "PPPPp")
        _write(journal, "20240502T120000Z-0002", 1, known, "".join(w[3] for w in WORDS.values()))
        return write_report(journal)


@pytest.fixture
def page(browser: webdriver.Chrome, report: Path) -> webdriver.Chrome:
    """The browser with the report, as on a laptop, its earlier logs read away."""
    return opened(browser, report)


def opened(
    browser: webdriver.Chrome, path: Path, *, width: int = 1280, scheme: str = "light"
) -> webdriver.Chrome:
    """Open a report in a window of a width, light or dark."""
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    browser.get("about:blank")
    browser.get_log("performance")
    browser.get_log("browser")
    browser.get(path.as_uri())
    return browser


def words(page: webdriver.Chrome) -> list[str]:
    """The words in the table, from top to bottom."""
    return [each.text for each in page.find_elements(By.CSS_SELECTOR, "tr.entry .word")]


def heading(page: webdriver.Chrome, name: str) -> WebElement:
    """The button of a heading."""
    return page.find_element(By.XPATH, f"//table[@id='table']//th/button[text()='{name}']")


def test_page_asks_no_address_and_has_no_errors(page: webdriver.Chrome) -> None:
    """Nothing is requested but the file itself, and the console stays empty."""
    page.find_element(By.CSS_SELECTOR, "tr.entry th button").click()
    WebDriverWait(page, 10).until(lambda _: page.find_elements(By.CSS_SELECTOR, ".details table"))
    messages = [json.loads(each["message"])["message"] for each in page.get_log("performance")]
    asked = [
        each["params"]["request"]["url"]
        for each in messages
        if each["method"] == "Network.requestWillBeSent"
    ]
    assert asked == [page.current_url]
    assert page.get_log("browser") == []


def test_headline_counts_the_censored(page: webdriver.Chrome) -> None:
    """The first heading is the finding, and so is the title."""
    said = page.find_element(By.TAG_NAME, "h1").text
    assert said == "2 of 5 entries did not arrive on courier 2.1, group chat, CN → CA, 2 May 2024."
    assert page.title == f"Undelivered: {said}"


def test_censored_come_first_and_headings_sort(page: webdriver.Chrome) -> None:
    """The censored come first; a heading sorts, up and then down, by keyboard as well."""
    assert set(words(page)[:2]) == {"達賴喇嘛", "김정은"}
    language = heading(page, "Language")
    language.send_keys(Keys.ENTER)
    codes = sorted(each[1] for each in WORDS.values())
    cells = [e.text for e in page.find_elements(By.CSS_SELECTOR, "tr.entry td:nth-child(2)")]
    assert cells == codes
    assert language.find_element(By.XPATH, "..").get_attribute("aria-sort") == "ascending"
    language.click()
    cells = [e.text for e in page.find_elements(By.CSS_SELECTOR, "tr.entry td:nth-child(2)")]
    assert cells == codes[::-1]
    assert language.find_element(By.XPATH, "..").get_attribute("aria-sort") == "descending"


@pytest.mark.parametrize(
    ("label", "choice", "left"),
    [
        ("Verdict", "censored", {"達賴喇嘛", "김정은"}),
        ("Category", "POLR", {WORDS["uyghur"][0], WORDS["tibet"][0]}),
        ("Language", "bo", {WORDS["tibet"][0]}),
    ],
)
def test_lists_filter(page: webdriver.Chrome, label: str, choice: str, left: set[str]) -> None:
    """Choosing a value leaves the entries that have it, and says how many these are."""
    select = Select(page.find_element(By.XPATH, f"//label[starts-with(., '{label}')]/select"))
    select.select_by_value(choice)
    assert set(words(page)) == left
    said = page.find_element(By.ID, "count").text
    assert said == f"{len(left)} of 5 entries fit"
    select.select_by_index(0)
    assert len(words(page)) == 5


def test_search_finds_words_and_says_if_none_fits(page: webdriver.Chrome) -> None:
    """Part of a word finds it; what is nowhere leaves a sentence and no table."""
    search = page.find_element(By.ID, "search")
    search.send_keys("喇嘛")
    assert words(page) == ["達賴喇嘛"]
    search.clear()
    search.send_keys("nowhere")
    assert words(page) == []
    assert page.find_element(By.ID, "count").text.startswith("No entry fits.")


def test_word_opens_to_its_evidence(page: webdriver.Chrome) -> None:
    """Enter on a word opens its messages, and closes them again."""
    button = page.find_element(By.XPATH, "//button[span[text()='達賴喇嘛']]")
    assert button.get_attribute("aria-expanded") == "false"
    button.send_keys(Keys.ENTER)
    rows = WebDriverWait(page, 10).until(
        lambda _: page.find_elements(By.CSS_SELECTOR, ".details tbody tr")
    )
    assert [row.find_elements(By.TAG_NAME, "td")[2].text for row in rows] == ["missing"] * 4
    assert button.get_attribute("aria-expanded") == "true"
    button.send_keys(Keys.ENTER)
    assert not page.find_elements(By.CSS_SELECTOR, ".details")


def test_hostile_words_are_text(page: webdriver.Chrome) -> None:
    """Markup in a word is shown as it is written, and what reverses text is named."""
    assert "</script><img src=x onerror=alert(1)>⟨U+202E⟩" in words(page)
    assert not page.find_elements(By.TAG_NAME, "img")


def test_words_have_language_and_direction(page: webdriver.Chrome) -> None:
    """A word in an Arabic script is laid out from right to left, under its language."""
    word = page.find_element(By.XPATH, f"//span[text()='{WORDS['uyghur'][0]}']")
    assert (word.get_attribute("lang"), word.get_attribute("dir")) == ("ug", "rtl")
    assert word.value_of_css_property("direction") == "rtl"


def test_timeline_is_read_out(page: webdriver.Chrome) -> None:
    """What earlier runs said is a picture with a name that says it."""
    row = page.find_element(By.XPATH, "//tr[th//span[text()='達賴喇嘛']]")
    shown = row.find_element(By.CSS_SELECTOR, ".timeline")
    assert shown.accessible_name == "2024-05-01 12:00: clear; 2024-05-02 12:00: censored"


def test_everything_to_press_has_a_name(page: webdriver.Chrome) -> None:
    """Each button, field, list and region that scrolls has a name for a screen reader."""
    found = page.find_elements(By.CSS_SELECTOR, "button, input, select, [role=region], svg")
    shown = [each for each in found if each.is_displayed()]
    assert len(shown) > 15
    assert not [each.get_attribute("outerHTML") for each in shown if not each.accessible_name]
    levels = [int(each.tag_name[1]) for each in page.find_elements(By.CSS_SELECTOR, "h1,h2,h3")]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_plots_are_drawn_in_the_page(page: webdriver.Chrome) -> None:
    """All five plots are there, with marks that say what they show."""
    titles = [each.text for each in page.find_elements(By.CSS_SELECTOR, "figcaption h3")]
    assert titles == [
        "Verdicts by category",
        "Outcomes by condition",
        "Sensitivity and specificity",
        "Health of the lanes",
        "Verdicts over time",
    ]
    marks = page.find_elements(By.CSS_SELECTOR, "figure [role=graphics-symbol][aria-label]")
    assert len(marks) > 20


@pytest.mark.parametrize("width", [360, 768, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_fits_every_screen(
    browser: webdriver.Chrome, report: Path, width: int, scheme: str
) -> None:
    """The page itself never scrolls sideways, and follows the system's light or dark."""
    page = opened(browser, report, width=width, scheme=scheme)
    page.find_element(By.CSS_SELECTOR, "tr.entry th button").click()
    WebDriverWait(page, 10).until(lambda _: page.find_elements(By.CSS_SELECTOR, ".details table"))
    assert page.execute_script("return document.documentElement.scrollWidth") <= width
    paper = page.find_element(By.TAG_NAME, "body").value_of_css_property("background-color")
    assert paper.startswith("rgba(255, 255, 255" if scheme == "light" else "rgba(21, 23, 26")


def test_many_entries_come_in_pages_and_all_are_printed(
    browser: webdriver.Chrome, tmp_path: Path
) -> None:
    """A hundred rows at first, more when asked for, and all of them on paper."""
    known = [entry(f"e{number}", f"word {number}") for number in range(250)]
    with Journal.open(tmp_path / "journal.sqlite") as journal:
        _write(journal, RUN.id, 0, known, "P" * 250)
        page = opened(browser, write_report(journal))
    assert len(words(page)) == 100
    page.find_element(By.ID, "more").click()
    assert len(words(page)) == 200
    assert page.switch_to.active_element.text == words(page)[100]
    page.execute_script("window.dispatchEvent(new Event('beforeprint'))")
    assert len(words(page)) == 250
    page.execute_script("window.dispatchEvent(new Event('afterprint'))")
    assert len(words(page)) == 200


def test_paper_is_light_and_without_controls(browser: webdriver.Chrome, report: Path) -> None:
    """On paper there is no form, nothing is cut off, and the page is white in the dark as well."""
    page = opened(browser, report, width=_A4, scheme="dark")
    page.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"media": "print", "features": [{"name": "prefers-color-scheme", "value": "dark"}]},
    )
    try:
        body = page.find_element(By.TAG_NAME, "body")
        assert body.value_of_css_property("background-color").startswith("rgba(255, 255, 255")
        assert not page.find_element(By.ID, "filters").is_displayed()
        assert page.find_element(By.ID, "table").is_displayed()
        assert page.execute_script("return document.documentElement.scrollWidth") <= _A4
    finally:
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
