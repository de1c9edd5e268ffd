"""Lines of keys and tables of a TOML file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.toml_lines import TomlLines

TEXT = '''title = "a"
pattern = """
not = "a key"
[not.a.table]
"""
[selectors]
row = [
    { id = "row" },
]
"quoted" = 1
[[family]]
name = "one"
[family.selectors]
send = []
[[family]]
name = "two"
[family.selectors]
send = []
'''


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("title", 1),
        ("pattern", 2),
        ("not", 1),
        ("selectors", 6),
        ("selectors.row", 7),
        ("selectors.row.0.id", 7),
        ("selectors.send", 6),
        ("family.0.name", 12),
        ("family.0.selectors.send.0", 14),
        ("family.1", 15),
        ("family.1.selectors.send", 18),
        ("family.2", 1),
        ("", 1),
    ],
)
def test_place_has_a_line(place: str, line: int) -> None:
    """A key is on its line; what is not there, on that of the table it would be in."""
    assert TomlLines.parse(TEXT).of_place(place) == line


@given(st.text(), st.text())
def test_any_text_has_lines(text: str, place: str) -> None:
    """Of whatever is no TOML at all, every place has a line of the text, or the first."""
    assert 1 <= TomlLines.parse(text).of_place(place) <= max(1, len(text.splitlines()))
