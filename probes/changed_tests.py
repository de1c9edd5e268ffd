"""`--fail-on changed`: the tests of entries that really changed fail, once the run is over.

Only the whole run tells a change from noise. So the test of an entry ends with its verdict, as
ever, and fails afterwards if the run is found to differ from its baseline there.
"""

import pytest
from _pytest.terminal import TerminalReporter

from probes.changes import Changes
from probes.live_run import Report
from wordlists.entry import Entry


def entry_of(item: pytest.Item) -> Entry | None:
    """The entry that a test measures; ``None`` if it is no such test."""
    callspec = getattr(item, "callspec", None)
    entry = callspec.params.get("entry") if callspec is not None else None
    return entry if isinstance(entry, Entry) else None


def fail_changed(session: pytest.Session, report: Report) -> None:
    """Let the tests of changed entries fail, with what changed and since when.

    If the run could not be compared, the session fails without a test that does: nobody should
    take it for one in which nothing changed.

    Args:
        session: The session whose tests have run.
        report: What the run came to.
    """
    changes = report.changes or Changes()
    items = {entry.id: item for item in session.items if (entry := entry_of(item)) is not None}
    failed = {
        items[each]: sentence for each, sentence in changes.sentences.items() if each in items
    }
    for item, sentence in failed.items():
        _take_back(item)
        session.config.hook.pytest_runtest_logreport(
            report=pytest.TestReport(
                nodeid=item.nodeid,
                location=item.location,
                keywords=dict.fromkeys(item.keywords, 1),
                outcome="failed",
                longrepr=sentence,
                when="call",
            )
        )
    if (failed or changes.problem) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _take_back(item: pytest.Item) -> None:
    """Count a test once, as what it is in the end."""
    reporter = item.config.pluginmanager.getplugin("terminalreporter")
    if not isinstance(reporter, TerminalReporter):
        return
    for reports in reporter.stats.values():
        reports[:] = [
            each
            for each in reports
            if not (
                isinstance(each, pytest.TestReport)
                and each.nodeid == item.nodeid
                and each.when == "call"
            )
        ]
