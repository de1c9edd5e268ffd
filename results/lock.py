"""One process writes a journal: an advisory lock that dies with its holder."""

import fcntl
import os
from pathlib import Path

from results.errors import JournalError


class WriterLock:
    """The exclusive lock of a journal, on the file ``<journal>.lock``.

    The kernel releases it when the process ends, however it ends, so a killed run leaves nothing to
    clean up. The file holds the pid of its last holder and is never deleted: deleting it would let
    two processes each lock a file of that name.

    Attributes:
        path: The lock file.
    """

    def __init__(self, journal: Path) -> None:
        """Take the lock.

        Raises:
            JournalError: Another process (or another journal object here) holds it, or the lock
                file cannot be written.
        """
        self.path = journal.with_name(journal.name + ".lock")
        try:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise JournalError(
                f"cannot write {self.path} ({error.strerror}); a journal needs a folder it can be "
                f"written in: change its permissions or give another path"
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self._file, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._file)
            raise JournalError(
                f"{journal} is being written by process {holder}; wait for that run to end, or "
                f"give this one a journal of its own"
            ) from error
        except OSError as error:
            os.close(self._file)
            raise JournalError(
                f"cannot lock {self.path} ({error.strerror}); put the journal on a local disk"
            ) from error
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode("ascii"), 0)

    def release(self) -> None:
        """Let the next writer in; harmless when repeated."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
