"""The page: complete, offline, and safe whatever the words are."""

import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html

from results.errors import JournalError
from results.journal import Journal
from results.judged_run import computed_verdicts
from results.record import Attempt, MessageKind
from results.report import plots, write_report
from results.report.page import page
from results.rules import BracketLimits, score
from tests.results.examples import RUN, START, arrived, entry, lane_of, sent
from tests.results.unpacked import evidence, values

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "<!-- values --><!--",
    "\"'><svg onload=alert(1)>",
    "a\u202egnp.exe",
    "cut \ud83d\0 \u2028",
    "{{ 7*7 }} ${1} %s &lt;b&gt;",
)


def begin(journal: Journal, attempts: list[Attempt]) -> None:
    """Write attempts into the journal."""
    for attempt in attempts:
        journal.begin_attempt(attempt)


def written(journal: Journal, tmp_path: Path) -> Path:
    """The report of the only run."""
    return write_report(journal, [RUN.id], tmp_path / "report.html")


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [
            value or ""
            for name, value in attrs
            if name in {"src", "href", "xlink:href", "action", "srcset", "data", "poster"}
        ]


def elements(text: str) -> _Elements:
    """The elements of a page, and the addresses they name."""
    parser = _Elements()
    parser.feed(text)
    return parser


def test_hostile_words_make_no_element(journal: Journal, tmp_path: Path) -> None:
    """Words full of markup add no element, no address and no script to the page."""
    plain = elements(written(journal, tmp_path).read_text(encoding="utf-8"))
    entries = [
        replace(entry(f"e{place}", word), category=word, source=word, wordlist=word)
        for place, word in enumerate(HOSTILE)
    ]
    journal.add_entries(RUN.id, entries)
    attempts = [
        replace(
            arrived(sent(place, MessageKind.PROBE, f"e{place}"), word + "!"),
            text=word,
            lane=word.encode("utf-8", "replace").decode(),
            lane_seq=0,
            sender=word.encode("utf-8", "replace").decode(),
        )
        for place, word in enumerate(HOSTILE)
    ]
    begin(journal, attempts)
    path = written(journal, tmp_path)
    made = elements(path.read_text(encoding="utf-8"))
    assert [tag for tag in made.tags if tag == "script"] == ["script"] * (
        plain.tags.count("script") + 1
    )
    assert not {"img", "iframe", "object", "embed", "link", "b"} & set(made.tags)
    assert {each for each in made.addresses if not each.startswith("#")} == set()
    words = values(path)["entries"]
    assert isinstance(words, list)
    assert [each["word"] for each in words][:2] == list(HOSTILE[:2])


def test_page_forbids_itself_every_address(journal: Journal, tmp_path: Path) -> None:
    """The policy allows its own script by its hash and nothing else; no address is loaded."""
    text = written(journal, tmp_path).read_text(encoding="utf-8")
    policy = html.fromstring(text).xpath("//meta[@http-equiv]/@content")[0]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "connect-src" not in policy
    assert not re.findall(r"(?:src|href)=\"(?!#)", text)
    assert not re.findall(r"url\(|@import|fetch\(|XMLHttpRequest|WebSocket", text)


def test_evidence_is_that_of_the_entry(journal: Journal, tmp_path: Path) -> None:
    """Each entry's messages are with it; one that carried several is with each of them."""
    journal.add_entries(RUN.id, [entry("e"), entry("f", "達賴")])
    pool = sent(3, MessageKind.PROBE, "e", "f")
    begin(journal, [*lane_of("CpC"), pool, arrived(sent(4, MessageKind.CONTROL))])
    opened = evidence(written(journal, tmp_path))
    assert [each["id"] for each in opened["e"]] == [f"{RUN.id}-1", pool.id]
    assert [each["id"] for each in opened["f"]] == [pool.id]
    assert opened["f"][0]["with"] == ["e", "達賴"]
    assert opened["f"][0]["outcome"] == "missing"


def test_entries_keep_their_own_script(journal: Journal, tmp_path: Path) -> None:
    """Each word carries its language and its direction."""
    uyghur = replace(entry("u", "شەرقىي تۈركىستان"), language="ug")
    journal.add_entries(RUN.id, [uyghur, entry("e", "達賴")])
    begin(journal, list(lane_of("C")))
    words = values(written(journal, tmp_path))["entries"]
    assert isinstance(words, list)
    assert [(each["lang"], each["dir"]) for each in words] == [("ug", "rtl"), ("zh-Hans", "ltr")]


def test_discovered_combinations_are_listed(journal: Journal, tmp_path: Path) -> None:
    """Words that are blocked together and clear apart are shown as a combination."""
    journal.add_entries(RUN.id, [entry("e", "達賴"), entry("f", "金剛")])
    signs: list[tuple[str, tuple[str, ...]]] = [("C", ())] * 40 + [("n", ()), ("C", ())] * 6
    signs += [("P", ("e",)), ("P", ("f",)), ("C", ())] * 4
    signs += [("p", ("e", "f")), ("C", ())] * 3
    kinds = {"C": MessageKind.CONTROL, "N": MessageKind.CANARY, "P": MessageKind.PROBE}
    attempts = [sent(seq, kinds[sign.upper()], *names) for seq, (sign, names) in enumerate(signs)]
    begin(
        journal,
        [
            arrived(each) if sign.isupper() else each
            for each, (sign, _) in zip(attempts, signs, strict=True)
        ],
    )
    (found,) = values(written(journal, tmp_path))["combinations"]
    assert [each["word"] for each in found["words"]] == ["達賴", "金剛"]
    assert found["blocked"] == 3


def test_timeline_shows_earlier_runs(journal: Journal, tmp_path: Path) -> None:
    """What earlier runs in the journal said of an entry is with it, the oldest first."""
    for day, signs in enumerate(("PPPP", "pppp", "PPPP")):
        at = START + timedelta(days=day)
        run = replace(RUN, id=f"{at:%Y%m%dT%H%M%SZ}-00ff", started_at=at, settings={})
        journal.start_run(run)
        journal.add_entries(run.id, [entry("e")])
        attempts = [
            replace(each, id=f"{run.id}-{each.seq}", run_id=run.id)
            for each in lane_of("C" * 30 + "nC" * 3 + "C".join(signs) + "C")
        ]
        begin(journal, attempts)
        scores = score(attempts, BracketLimits())
        journal.save_verdicts(run.id, computed_verdicts(run, [entry("e")], attempts, scores))
    path = write_report(journal, ["20240502"], tmp_path / "report.html")
    (shown,) = values(path)["entries"]
    assert [said for _, said in shown["said"]] == ["cl", "ce"]


def test_run_without_anything_makes_a_page(journal: Journal, tmp_path: Path) -> None:
    """An empty run has a page that says so."""
    path = written(journal, tmp_path)
    assert values(path)["headline"] == [
        "No message was sent in this run.",
        "The run is not finished, or was killed.",
    ]
    assert "There is nothing to plot." in path.read_text(encoding="utf-8")


def test_without_the_library_the_page_says_how_to_get_plots(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All but the plots is there, and the page names what to install."""
    begin(journal, list(lane_of("CPC")))
    monkeypatch.setattr(plots, "find_spec", lambda _: None)
    text = written(journal, tmp_path).read_text(encoding="utf-8")
    assert "pip install &#x27;undelivered[report]&#x27;" in text
    assert "<svg" not in text


def test_report_goes_beside_the_run_unless_told(journal: Journal) -> None:
    """The page of a run is in its folder; a run that is not there is an error."""
    assert write_report(journal) == journal.path.parent / RUN.id / "report.html"
    with pytest.raises(JournalError, match="has no run 'nope'"):
        write_report(journal, ["nope"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.recursive(st.text(st.characters(exclude_categories=["Cs"])), st.lists))
def test_values_cannot_leave_their_element(value: object) -> None:
    """Whatever the values are, the page has the same elements."""
    empty = elements(page([], [], [])).tags
    assert elements(page(value, [], [])).tags == empty
