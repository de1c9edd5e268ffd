"""The report of a long run: how long it takes to write, and to use in a browser.

Writing is timed by the processor's clock, so that a busy machine does not decide.
"""

import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from drivers.browser_tools import find_chromedriver, find_chromium
from drivers.tools import Places, Tool
from results.journal import Journal
from results.report import write_report
from tests.benchmarks.large_journal import write_journal
from tests.benchmarks.table import Figure, at_most, run, told

_MOST_SECONDS = 10.0
_MOST_INTERACTION_S = 1.0

_OPEN = "return performance.timing.loadEventEnd - performance.timing.navigationStart"
# From the wish to the next frame that shows it.
_ACT = """
const done = arguments[arguments.length - 1], began = performance.now();
(%s)();
requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
"""
_ACTIONS = {
    "sort, s": "() => document.querySelector('#table thead button').click()",
    "search, s": "() => { const s = document.getElementById('search'); s.value = '1234'; "
    "s.dispatchEvent(new Event('input')); }",
    "open a word, s": "() => document.querySelector('tr.entry th button').click()",
}


def _browser() -> webdriver.Chrome:
    places = Places.here()
    chromium, driver = find_chromium(places), find_chromedriver(places)
    if not isinstance(chromium, Tool) or not isinstance(driver, Tool):
        raise SystemExit(f"{chromium}\n{driver}")
    options = Options()
    options.binary_location = str(chromium.path)
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu"):
        options.add_argument(argument)
    return webdriver.Chrome(options=options, service=Service(str(driver.path)))


def measure(arguments: Namespace) -> Iterator[Figure]:
    """Write reports and use them."""
    for attempts in (10_000,) if arguments.quick else (10_000, 100_000):
        case = f"{attempts:,} attempts"
        with TemporaryDirectory() as name:
            path = Path(name) / "journal.sqlite"
            write_journal(path, attempts)
            with Journal.open(path, read_only=True) as journal:
                began = process_time()
                report = write_report(journal)
                yield at_most(case, "written, s", process_time() - began, _MOST_SECONDS)
            yield told(case, "size, MB", report.stat().st_size / 1e6)
            browser = _browser()
            try:
                browser.get(report.as_uri())
                opened = browser.execute_script(_OPEN) / 1000
                yield at_most(case, "opened, s", opened, _MOST_INTERACTION_S)
                for figure, action in _ACTIONS.items():
                    seconds = browser.execute_async_script(_ACT % action) / 1000
                    yield at_most(case, figure, seconds, _MOST_INTERACTION_S)
            finally:
                browser.quit()


if __name__ == "__main__":
    sys.exit(run("The report of a long run", measure))
