"""Values on their way into SQLite and back.

A text with half an emoji (a lone surrogate) has no UTF-8 form and is stored as bytes.
"""

from collections.abc import Mapping

from results.rows import Value


def stored(row: Mapping[str, Value]) -> dict[str, Value | bytes]:
    """A row as SQLite stores it."""
    return {name: stored_value(value) for name, value in row.items()}


def stored_value(value: Value) -> Value | bytes:
    """A value as SQLite stores it: a text without a UTF-8 form as bytes."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return value.encode("utf-8", "surrogatepass")
    return value


def loaded(value: Value | bytes) -> Value:
    """A value as it was before it was stored."""
    return value.decode("utf-8", "surrogatepass") if isinstance(value, bytes) else value
