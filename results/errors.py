"""What can go wrong in results/.

::

    Exception
    └── JournalError    the journal cannot be opened, read or written, or a run is not in it
"""


class JournalError(Exception):
    """The journal cannot be opened, read or written, or does not hold what was asked for.

    The message says what happened, in which file, and what to do.
    """
