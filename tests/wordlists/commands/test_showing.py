"""The commands `undelivered wordlist list|show|stats|diff`."""

from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.wordlists.commands.conftest import Run
from tests.wordlists.lists import row, write_rows
from wordlists.commands import showing

WIDE = (
    row("ཏཱ་ལའི་བླ་མ", "bo"),
    row("👩\u200d👩\u200d👧 family"),
    row("شەرقىي تۈركىستان", "ug"),
    row("达赖喇嘛 + 菩提伽耶 + 金刚灌顶法会 + 时轮金刚 + 西藏 + 自治 + 流亡政府", "zh-Hans"),
)


def test_list_shows_every_list(run: Run) -> None:
    """Shipped and local lists are shown with the number of their entries by language."""
    result = run("list")
    rows = {line.split()[0]: line.split() for line in result.stdout.splitlines()[1:]}
    assert list(rows) == ["press", "tibet", "controls", "mine"]
    assert rows["tibet"][1:] == ["CC0-1.0", "3", "2", "1"]
    assert rows["mine"][1:] == ["1", "1"]


@pytest.mark.parametrize("width", [80, 120])
def test_scripts_are_aligned(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    """Columns start at the same cell in every script; no keyword is cut, and no line too long."""
    monkeypatch.setattr("wordlists.commands.console._PIPED_WIDTH", width)
    path = write_rows(tmp_path / "wide.csv", *WIDE)
    lines = run("show", path).stdout.splitlines()
    assert all(cell_len(line) <= width for line in lines)
    starts = {
        cell_len(line[: line.index(language)])
        for line in lines[: lines.index("")]
        for language in (" language ", " bo ", " en ", " ug ", " zh-Hans ")
        if language in line
    }
    assert len(starts) == 1
    shown = "".join(line.split("  ")[0].replace(" ", "") for line in lines[: lines.index("")])
    for each in WIDE:
        assert each.partition(",")[0].replace(" ", "") in shown


def test_show_counts_and_filters(run: Run) -> None:
    """Entries can be chosen, and those shown are counted by category and language."""
    result = run("show", "tibet", "--language", "en", "--grep", "dalai")
    assert "Dalai Lama" in result.stdout
    assert "Kalachakra" not in result.stdout
    assert "1 of 3 entries" in result.stdout
    assert [line.split()[:3] for line in result.stdout.splitlines() if "Religion" in line] == [
        ["REL", "1", "1"]
    ]


def test_what_cannot_be_seen_is_shown(run: Run, tmp_path: Path) -> None:
    """The joiners of a variant are named, and those that an emoji needs are not."""
    run("variants", "tibet", "--kind", "zero-width", "--output", tmp_path / "v.csv")
    assert "达<U+200D>赖" in run("show", tmp_path / "v.csv").stdout
    path = write_rows(tmp_path / "wide.csv", *WIDE)
    assert "U+200D" not in run("show", path).stdout


def test_stats_sum_up(run: Run) -> None:
    """Lists are counted one by one and together, by category, language and month."""
    result = run("stats")
    rows = [line.split() for line in result.stdout.splitlines() if line]
    assert ["tibet", "3", "0", "10", "10"] in rows
    assert ["REL", "2", "1", "3", "Religion"] in rows
    assert ["2026-01", "4"] in rows


def test_stats_of_a_list_count_what_is_known(run: Run, tmp_path: Path) -> None:
    """Entries of which a study says whether they were blocked are counted."""
    path = write_rows(tmp_path / "p.csv", row("a + b") + "any: blocked")
    rows = [line.split() for line in run("stats", path).stdout.splitlines() if line]
    assert ["p", "1", "1", "2.00", "3", "3", "1"] in rows


def test_diff_tells_what_is_new_gone_and_changed(run: Run, tmp_path: Path) -> None:
    """Entries are compared by their text, wherever they stand."""
    before = write_rows(tmp_path / "a.csv", row("a"), row("b"), row("c"))
    after = write_rows(tmp_path / "b.csv", row("c"), row("b", category="POLR"), row("d"))
    lines = run("diff", before, after).stdout.splitlines()
    assert lines == [
        "- a (en, REL)",
        "+ d (en, REL)",
        "~ b",
        "    category: 'REL' → 'POLR'",
        "1 added, 1 removed, 1 changed, 1 the same",
    ]


def test_show_of_a_missing_list_is_a_plain_message(run: Run, tmp_path: Path) -> None:
    """A path that leads nowhere is said to."""
    result = run("show", tmp_path / "none.csv")
    assert result.exit_code == 1
    assert "there is no such list" in result.stderr


def test_widths_fit_a_date() -> None:
    """The room kept for a date is that of one."""
    assert len("2026-11-24") == showing._DATE
