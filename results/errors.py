"""What can go wrong in results/.

::

    Exception
    └── JournalError    the journal cannot be opened, read or written, or a run is not in it
"""

import sqlite3
from pathlib import Path


class JournalError(Exception):
    """The journal cannot be opened, read or written, or does not hold what was asked for.

    The message says what happened, in which file, and what to do.
    """


def explained(error: sqlite3.Error, path: Path, what: str | None = None) -> JournalError:
    """Say what a database error means for a journal, and what to do.

    Args:
        error: As SQLite raised it.
        path: The journal.
        what: What was being written, if anything.
    """
    # The low byte is the primary result code; the rest only says where it came from.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    doing = f"{path}: {what} could not be written: " if what else f"{path}: "
    meaning = {
        sqlite3.SQLITE_NOTADB: "it is not a journal; give the path of one, or of a new file",
        sqlite3.SQLITE_CORRUPT: "the file is damaged; keep it, and start with a new path",
        sqlite3.SQLITE_READONLY: "it is read-only; change its permissions, or give another path",
        sqlite3.SQLITE_PERM: "access is denied; change its permissions, or give another path",
        sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check that it is a file in a folder that "
        "can be written, or give another path",
        sqlite3.SQLITE_BUSY: "another program holds it locked; close that program and try again",
        sqlite3.SQLITE_FULL: "the disk is full; make room, then resume the run",
        sqlite3.SQLITE_IOERR: "the disk failed; check it, then resume the run",
        sqlite3.SQLITE_CONSTRAINT: "it contradicts what is already there, or belongs to a run, "
        "entry or attempt that is not",
    }.get(code)
    if meaning is None:
        return JournalError(f"{doing}{error}")
    return JournalError(f"{doing}{meaning} ({error})")
