"""`pytest probes` as a pytest user knows it: -k, -x, -v, letters, words and exit codes."""

import re
from pathlib import Path
from types import ModuleType

import pytest

from probes.campaign import Campaign
from results.record import MessageKind, VerdictKind
from tests.probes.sessions import KEYWORDS, ONE_LANE, ROOT, Sessions, write_wordlist
from tests.testbeds import rule, write_testbed

BLOCKED = {"达赖喇嘛", "时轮金刚 + 印度"}
RULES = [rule("达赖喇嘛"), rule("时轮金刚", "印度")]


@pytest.fixture
def testbed(tmp_path: Path) -> Path:
    """Two lanes on a network without noise that blocks two of the entries."""
    return write_testbed(tmp_path / "testbed", RULES)


@pytest.fixture
def one_lane(tmp_path: Path) -> Path:
    """One lane on such a network."""
    return write_testbed(tmp_path / "testbed", RULES, changes=ONE_LANE)


def test_whole_run(sessions: Sessions, testbed: Path) -> None:
    """A run says what it measures, shows a letter an entry, sums up, and passes: words are data."""
    result = sessions.measure(testbed)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(
        [
            "undelivered *, Appium-Python-Client *",
            "undelivered: testbed embedded (2 lanes), Courier, direct chat, CN → CN",
            "undelivered: lists words (8)",
            "undelivered: strategy pooled, seed 1, results in *runs",
            "*test_keywords.py CC......*",
            "*2 of 8 entries do not arrive on courier 1.4.2, direct chat, CN → CN*",
            "达赖喇嘛 *words *CENSORED*",
            "时轮金刚 + 印度 *words *CENSORED*",
            "Controls delivered: *",
            "Canaries blocked: *sensitivity *%*",
            "Embedded network: 8 of 8 verdicts agree with its policy",
            "*2 censored, 6 clear in *",
        ]
    )
    assert sessions.verdicts() == {
        keyword: VerdictKind.CENSORED if keyword in BLOCKED else VerdictKind.CLEAR
        for keyword in KEYWORDS
    }
    assert {path.name for path in sessions.folder.iterdir()} >= {
        "messages.csv",
        "verdicts.csv",
        "run.json",
    }


def test_only_what_k_selects_is_sent(sessions: Sessions, testbed: Path) -> None:
    """-k takes words in their own script, and nothing that was deselected is ever sent."""
    result = sessions.measure(testbed, "-k", "喇嘛 and not 达赖", "-v")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*7 deselected*", "*words: 喇嘛] CLEAR*"])
    assert sessions.probed() == {"喇嘛"}
    assert set(sessions.verdicts()) == {"喇嘛"}


def test_words_for_verdicts(sessions: Sessions, one_lane: Path) -> None:
    """-v shows CLEAR, CENSORED and INCONCLUSIVE; a spent budget says what is left, and passes."""
    result = sessions.measure(one_lane, "-v", "--budget", 26)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(
        [
            "*达赖喇嘛] CENSORED*",
            "*བོད་ལྗོངས] INCONCLUSIVE*",
            "Stopped early: the budget of 26 messages is used up.",
            "Undecided: *",
            "Go on with: pytest probes --resume *",
        ]
    )
    assert len(sessions.messages()) <= 26


def test_letters_for_verdicts(sessions: Sessions, one_lane: Path) -> None:
    """--fail-on inconclusive fails what could not be decided, and shows it as `?`."""
    result = sessions.measure(one_lane, "--budget", 26, "--fail-on", "inconclusive")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert re.search(r"test_keywords\.py C[C.?]*\?", result.stdout.str())
    result.stdout.fnmatch_lines(["*INCONCLUSIVE on courier 1.4.2, direct chat*", "*failed*"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_x_stops_at_the_first_censored(sessions: Sessions, one_lane: Path) -> None:
    """-x with --fail-on censored stops at once: the lane sends no more than what was in hand."""
    result = sessions.measure(one_lane, "-x", "--fail-on", "censored")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            "达赖喇嘛: CENSORED on courier 1.4.2, direct chat, CN → CN (P = *; * blocked, 0 *)",
            "Stopped early: stopping after 1 failures.",
            "Undecided: *",
            "Go on with: pytest probes --resume *",
            "*1 failed in *",
        ]
    )
    asked = sessions.verdict("达赖喇嘛")
    decided_at = max(int(attempt.rpartition("-")[2]) for attempt in asked.attempts)
    assert len(sessions.messages()) - decided_at <= 6  # up to the control that made it final


def test_seed_decides_everything(sessions: Sessions, tmp_path: Path, one_lane: Path) -> None:
    """On one lane, two runs with a seed send the same texts in the same order."""
    texts = []
    for name in ("first", "second"):
        sessions.results = tmp_path / name
        sessions.measure(one_lane, "--budget", 20)
        texts.append(sessions.texts())
    assert texts[0] == texts[1]
    assert len(texts[0]) > 10


def test_plan_sends_nothing(sessions: Sessions, testbed: Path) -> None:
    """--plan names the entries, the messages and the time, and leaves nothing behind."""
    result = sessions.measure(testbed, "--plan", "-k", "Lama or Way")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(
        [
            "*plan: nothing is sent*",
            "  words: Dalai Lama",
            "  words: Middle Way",
            "2 entries on 2 lanes, strategy pooled: * to * messages with controls and canaries, *",
        ]
    )
    assert not sessions.results.exists()


def test_collect_only_sends_nothing(sessions: Sessions, testbed: Path) -> None:
    """--collect-only lists the tests and leaves nothing behind."""
    result = sessions.measure(testbed, "--collect-only", "-q")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*test_keyword[[]words: 时轮金刚 + 印度]"])
    assert not sessions.results.exists()


def test_nothing_selected(sessions: Sessions, testbed: Path) -> None:
    """If -k leaves nothing, nothing is started."""
    assert sessions.measure(testbed, "-k", "nobody").ret == pytest.ExitCode.NO_TESTS_COLLECTED
    assert not sessions.results.exists()


def test_probes_run_only_where_they_are_named(sessions: Sessions) -> None:
    """`pytest .` is no run of the probes, and refuses the options of one."""
    result = sessions.run("--collect-only", f"--ignore={ROOT / 'tests'}", "--plan", where=".")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--plan: only for probes, and after their path*"])


@pytest.mark.parametrize("where", [".", "probes"])
def test_bare_pytest_collects_no_probes(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """`pytest` without a path collects no probes: not in their folder, not if testpaths say so."""
    monkeypatch.chdir(ROOT / where)
    result = pytester.runpytest_inprocess(
        "--collect-only", "-p", "no:cacheprovider", "-o", "testpaths=probes"
    )
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_probes_behind_a_link(sessions: Sessions, tmp_path: Path, testbed: Path) -> None:
    """Probes are found as well where the project is reached through a symbolic link."""
    link = tmp_path / "link"
    link.symlink_to(ROOT)
    process = sessions.start(testbed, "--collect-only", "-q", root=link)
    output, _ = process.communicate()
    assert "8 tests collected" in output.decode()


def test_processes_of_xdist_are_refused(sessions: Sessions, testbed: Path) -> None:
    """-n is refused plainly: one process keeps the journal."""

    def pytest_addoption(parser: pytest.Parser) -> None:
        parser.addoption("--numprocesses", type=int)

    xdist = ModuleType("xdist")  # as much of it as is looked at
    vars(xdist)["pytest_addoption"] = pytest_addoption
    result = sessions.measure(testbed, "--numprocesses", 2, plugins=[xdist])
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: -n does not go with probes: one process keeps*"])
    assert not sessions.results.exists()


def test_interrupted_while_settling(
    sessions: Sessions, one_lane: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while verdicts are measured again at the end still writes everything."""

    def settle(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Campaign, "settle", settle)
    result = sessions.measure(one_lane, "-k", "天气")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["Stopped early: interrupted from the keyboard."])
    assert sessions.verdicts() == {"天气": VerdictKind.CLEAR}


def test_controls_and_canaries_are_no_tests(sessions: Sessions, one_lane: Path) -> None:
    """Controls and canaries are sent in between and carry no entry."""
    sessions.measure(one_lane, "-k", "天气")
    harmless = [row.attempt for row in sessions.messages() if not row.attempt.is_solo]
    assert {each.kind for each in harmless} == {MessageKind.CONTROL, MessageKind.CANARY}
    assert not any(each.entries for each in harmless)
    assert {each.text for each in harmless if each.kind is MessageKind.CANARY} == {
        "undelivered canary known to be dropped"
    }


def test_entry_the_app_would_cut_is_refused(sessions: Sessions, testbed: Path) -> None:
    """An entry longer than the app sends whole is named before anything is sent."""
    write_wordlist(sessions.wordlist, {"天气": "zh-Hans,REL", "长" * 2001: "zh-Hans,REL"})
    result = sessions.measure(testbed)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "*Courier sends no more than 2000 characters whole. Shorten these entries*",
            "words: 长长长*… (2001 characters)",
        ]
    )
    assert sessions.attempts() == []
