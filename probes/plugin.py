"""`pytest probes` as a pytest plugin: from options to a run, from verdicts to letters and words."""

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from importlib.metadata import version
from pathlib import Path
from typing import Final

import pytest
from _pytest.terminal import TerminalReporter

from drivers.testbed import Testbed, load_testbed
from probes.changed_tests import entry_of, fail_changed
from probes.errors import UNDELIVERED_ERRORS, CampaignError
from probes.live_line import LiveLine
from probes.live_run import INTERRUPTED, JOURNAL_NAME, LiveRun, Report
from probes.options import (
    LATEST_RUN,
    NO_BASELINE,
    FailOn,
    Measured,
    Options,
    read_options,
)
from probes.plan import Plan, lines_of, plan_of
from probes.samples import WORDLIST as SAMPLES
from probes.selection import Selection, select, to_record
from probes.terminal import render, summary
from results.journal import Journal
from results.record import Run, Verdict, VerdictKind
from wordlists.entry import Entry

PLUGIN_NAME: Final = "undelivered"
_LISTS_JOB: Final = "test_keywords.py"
_SAMPLES_JOB: Final = "test_samples.py"

_PROPERTY: Final = "verdict"
_NOT_MEASURED: Final = "not measured"
_LETTERS: Final = {
    VerdictKind.CLEAR: ".",
    VerdictKind.CENSORED: "C",
    VerdictKind.INCONCLUSIVE: "?",
}
_COLOURS: Final = {
    VerdictKind.CLEAR: "green",
    VerdictKind.CENSORED: "red",
    VerdictKind.INCONCLUSIVE: "yellow",
}


def is_wanted(config: pytest.Config) -> bool:
    """Whether this session is to run probes: only if a path on the command line lies in probes/.

    Neither a bare ``pytest`` nor ``pytest .`` must send a message anywhere.
    """
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        return False
    here = config.invocation_params.dir
    return any(is_probe(config, here / each.split("::")[0]) for each in config.args)


def is_probe(config: pytest.Config, path: Path) -> bool:
    """Whether a path lies in probes/."""
    return path.resolve().is_relative_to((config.rootpath / "probes").resolve())


def is_other_job(config: pytest.Config, path: Path) -> bool:
    """Whether a path is the job that is not asked for: lists, with samples; samples, without."""
    other = _LISTS_JOB if config.getoption("samples") else _SAMPLES_JOB
    return path.name == other and is_probe(config, path)


class CampaignRunner:
    """The plugin of one session."""

    def __init__(self, config: pytest.Config) -> None:
        """Read options, lists and testbed; nothing is started.

        Raises:
            pytest.UsageError: Something of these is wrong.
        """
        with _as_usage_errors():
            here = config.invocation_params.dir
            named = (here / each.split("::")[0] for each in config.args)
            for each in named:
                if is_other_job(config, each):
                    raise CampaignError(
                        f"{each.name}: it takes texts: name them with --samples PATH"
                        if each.name == _SAMPLES_JOB
                        else f"{each.name}: --samples measures texts: name {_SAMPLES_JOB} instead"
                    )
            if config.pluginmanager.hasplugin("xdist") and config.getoption("numprocesses", None):
                raise CampaignError(
                    "-n does not go with probes: one process keeps the journal. Lanes work side by "
                    "side by themselves; give the testbed more of them."
                )
            self._config = config
            self._options: Options = read_options(config)
            self._earlier, asked = _earlier_run(self._options)
            self._measured = self._options.measured or Measured.from_settings(
                self._earlier.settings if self._earlier else {}
            )
            self._selection: Selection = select(self._measured, only=asked)
            self._testbed: Testbed = load_testbed(self._measured.testbed)
            self._testbed.lanes_with(self._measured.chat)
        self._run: LiveRun | None = None
        self._report: Report | None = None
        self._line: LiveLine | None = None

    def measure(self, entry: Entry, item: pytest.Item) -> None:
        """Measure an entry for its test, and report the verdict with it."""
        if self._run is None:
            raise CampaignError("the run has not begun")
        run = self._run
        try:
            verdict = run.campaign.verdict(entry.id, lambda: self._draw(run))
        except CampaignError as error:
            problem = str(error)
        else:
            self._tell(verdict, entry, item)
            return
        item.session.shouldfail = "no lane is left to measure on"
        pytest.fail(problem, pytrace=False)

    def _tell(self, verdict: Verdict, entry: Entry, item: pytest.Item) -> None:
        was_sent = verdict.attempts or verdict.void or verdict.unknown
        if not was_sent and self._options.fail_on is not FailOn.INCONCLUSIVE:
            item.user_properties.append((_PROPERTY, _NOT_MEASURED))
            pytest.skip(f"{entry.keyword}: not measured: {self._stopped}")
        item.user_properties.append((_PROPERTY, str(verdict.kind)))
        if str(verdict.kind) == self._options.fail_on:
            pytest.fail(
                f"{entry.keyword}: {str(verdict.kind).upper()} on {verdict.condition} "
                f"(P = {verdict.probability:.4f}; {verdict.blocked} blocked, "
                f"{verdict.delivered} arrived, {verdict.void} void)",
                pytrace=False,
            )

    @property
    def _stopped(self) -> str:
        return str(self._run and self._run.campaign.stopped)

    def pytest_report_header(self) -> list[str]:
        """Say what is measured, where, and with which seed."""
        measured = self._measured
        counts = Counter(entry.wordlist for entry in self._selection.entries)
        lists = ", ".join(f"{name} ({count})" for name, count in counts.items())
        lanes = self._testbed.lanes_with(measured.chat)
        conditions = {
            f"{lane.sender.profile.title}, {measured.chat} chat, "
            f"{lane.sender.account.region} → {lane.receiver.account.region}"
            for lane in lanes
        }
        return [
            f"undelivered {version('undelivered')}, "
            f"Appium-Python-Client {version('Appium-Python-Client')}",
            f"undelivered: testbed {self._testbed.name} ({len(lanes)} lanes), "
            f"{'; '.join(sorted(conditions))}",
            f"undelivered: lists {lists}",
            f"undelivered: strategy {measured.strategy}, seed {measured.seed}, "
            f"results in {_shown(self._options.results_dir)}",
        ]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One test per entry."""
        if "entry" in metafunc.fixturenames:
            metafunc.parametrize(
                "entry",
                self._selection.entries,
                ids=list(map(_id_of, self._selection.entries)),
            )

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Start the run with the tests that are left after deselection; or print the plan."""
        option = session.config.getoption
        if session.testsfailed or any(map(option, ("collectonly", "setuponly", "setupplan"))):
            return None
        entries = tuple(entry for item in session.items if (entry := entry_of(item)) is not None)
        if self._options.is_plan:
            self._print_plan(entries)
            return True
        if entries:
            selection = Selection(wordlists=self._selection.wordlists, entries=entries)
            with _as_usage_errors():
                self._run = self._begin(selection)
            self._warn(self._run.warnings)
        return None

    def _warn(self, warnings: Sequence[str]) -> None:
        reporter = _reporter(self._config)
        if reporter is not None:
            for warning in warnings:
                reporter.write_line(f"undelivered: {warning}", yellow=True)

    def _begin(self, selection: Selection) -> LiveRun:
        if self._earlier is not None:
            return LiveRun.resume(
                self._earlier,
                selection,
                self._testbed,
                results_dir=self._options.results_dir,
                budget=self._options.budget,
                baseline=self._baseline,
            )
        return LiveRun.begin(
            self._measured,
            selection,
            self._testbed,
            results_dir=self._options.results_dir,
            budget=self._options.budget,
            baseline=self._baseline,
            planned=self._plan(selection.entries).messages,
        )

    @property
    def _baseline(self) -> str | None:
        asked = self._options.baseline
        if asked is None and (self._options.fail_on is FailOn.CHANGED or self._testbed.alerts):
            return LATEST_RUN
        return None if asked == NO_BASELINE else asked

    def pytest_report_teststatus(
        self, report: pytest.TestReport
    ) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
        """Show verdicts as pytest words and letters."""
        verdict = next((value for name, value in report.user_properties if name == _PROPERTY), None)
        if verdict is None or report.when != "call":
            return None
        if verdict == _NOT_MEASURED:
            return _NOT_MEASURED, "-", ("NOT MEASURED", {"yellow": True})
        kind = VerdictKind(str(verdict))
        category = "failed" if report.failed else str(kind)
        return category, _LETTERS[kind], (str(kind).upper(), {_COLOURS[kind]: True})

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_logstart(self) -> Iterator[None]:
        """Keep the live line out of the way while pytest writes."""
        with self._line_aside():
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_logreport(self) -> Iterator[None]:
        """Keep the live line out of the way while pytest writes."""
        with self._line_aside():
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_logfinish(self) -> Iterator[None]:
        """Keep the live line out of the way while pytest writes."""
        with self._line_aside():
            return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Finish the run: write everything, close everything."""
        if self._run is None:
            return
        interrupted = None
        if exitstatus == pytest.ExitCode.INTERRUPTED:
            interrupted = INTERRUPTED
        elif session.shouldfail and not self._run.campaign.is_down:
            interrupted = f"{session.shouldfail}."
        elif session.shouldstop:
            interrupted = f"{session.shouldstop}."
        run, self._run = self._run, None
        with _as_usage_errors():
            self._report = run.finish(interrupted, lambda: self._draw(run))
        if self._options.fail_on is FailOn.CHANGED:
            with self._line_aside():
                fail_changed(session, self._report)
        if self._report.stopped == INTERRUPTED:
            session.exitstatus = pytest.ExitCode.INTERRUPTED
        if self._line is not None:
            self._line.clear()

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """Print what failed to arrive."""
        if self._report is None:
            return
        terminalreporter.section("what did not arrive")
        terminalreporter.write(
            render(
                summary(self._report, resume=self._resume_command(self._report.run_id)),
                width=_width(terminalreporter),
                colour=terminalreporter.hasmarkup,
            )
        )

    def _draw(self, run: LiveRun) -> None:
        reporter = _reporter(self._config)
        if reporter is None or not reporter.isatty:
            return
        if self._line is None:
            self._line = LiveLine(reporter._tw._file, _width(reporter))  # noqa: SLF001 - the terminal
        campaign = run.campaign
        capture = self._config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled() if capture else nullcontext():
            self._line.draw(campaign.counts(), campaign.decided, len(campaign.setup.entries))

    @contextmanager
    def _line_aside(self) -> Iterator[None]:
        if self._line is None:
            yield
            return
        self._line.clear()
        yield
        self._line.redraw()

    def _resume_command(self, run_id: str) -> str:
        results_dir = self._config.getoption("results_dir")
        elsewhere = f" --results-dir {shlex.quote(str(results_dir))}" if results_dir else ""
        return f"pytest probes --resume {run_id}{elsewhere}"

    def _print_plan(self, entries: Sequence[Entry]) -> None:
        reporter = _reporter(self._config)
        if reporter is None:
            return
        reporter.section("plan: nothing is sent")
        for entry in entries:
            reporter.write_line(f"  {entry.wordlist}: {entry.keyword}")
        pacing = self._testbed.pacing
        for line in lines_of(self._plan(entries), self._measured.strategy, pacing):
            reporter.write_line(line)

    def _plan(self, entries: Sequence[Entry]) -> Plan:
        return plan_of(
            [to_record(entry) for entry in entries],
            self._measured.strategy,
            self._testbed,
            self._measured.chat,
            budget=self._options.budget,
            journal=self._options.results_dir / JOURNAL_NAME,
        )


def _id_of(entry: Entry) -> str:
    """How a test is called: by its entry, or by the place of its sample."""
    if entry.wordlist == SAMPLES:
        return f"{entry.path.name}:{entry.line}"
    return f"{entry.wordlist}: {entry.keyword}"


def _earlier_run(options: Options) -> tuple[Run | None, frozenset[str] | None]:
    """The run to resume, if one is, and the ids of the entries it was asked for."""
    if options.resume is None:
        return None, None
    with Journal.open(options.results_dir / JOURNAL_NAME, read_only=True) as journal:
        run = journal.run(options.resume)
        return run, frozenset(entry.id for entry in journal.entries(run.id))


def _reporter(config: pytest.Config) -> TerminalReporter | None:
    reporter = config.pluginmanager.getplugin("terminalreporter")
    return reporter if isinstance(reporter, TerminalReporter) else None


def _width(reporter: TerminalReporter) -> int:
    return reporter._tw.fullwidth  # noqa: SLF001 - no public way to ask pytest for the width


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


@contextmanager
def _as_usage_errors() -> Iterator[None]:
    """Tell errors of ours in one plain message instead of a traceback."""
    try:
        yield
    except UNDELIVERED_ERRORS as error:
        raise pytest.UsageError(str(error)) from error
