"""The files a run leaves in its folder: tables for programs, a page for people.

What was measured is in the journal whether or not they can be written, so nothing here ends a run:
what went wrong is told, with the command that writes the file again.
"""

from collections.abc import Sequence
from pathlib import Path

from results.errors import JournalError
from results.export import write_run
from results.journal import Journal
from results.report import write_report
from results.report.page import REPORT


def write_files(journal: Journal, run_id: str, folder: Path) -> tuple[Sequence[Path], str | None]:
    """Write the files of a run, the report last.

    Args:
        journal: Where the run is; its verdicts are saved.
        run_id: Its id.
        folder: Its folder.

    Returns:
        What was written, and why something could not be (``None`` if all could).
    """
    try:
        files = write_run(journal, run_id, folder)
    except JournalError as error:
        return (), f"{error}. `undelivered export {run_id}` writes the files again."
    try:
        return [*files, write_report(journal, [run_id], folder / REPORT)], None
    except Exception as error:  # noqa: BLE001 - a page that cannot be drawn must not end a run
        return files, (
            f"{REPORT} could not be written: {error}. `undelivered report {run_id}` writes it "
            "again; the other files and the journal are whole."
        )
