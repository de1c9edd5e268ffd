"""The commands `undelivered wordlist variants|controls`."""

from pathlib import Path

from tests.wordlists.commands.conftest import Run
from wordlists.wordlist import load


def test_variants_are_shown_by_entry(run: Run) -> None:
    """Each entry is followed by its variants, with their kind, text and id."""
    result = run("variants", "tibet", "--language", "zh-Hans")
    rows = {line.split()[0]: line.split()[1] for line in result.stdout.splitlines()[2:-1]}
    assert rows["traditional"] == "達賴喇嘛"
    assert rows["zero-width"] == "达<U+200D>赖<U+200D>喇<U+200D>嘛"
    assert rows["split"] == "达赖"
    assert result.stdout.splitlines()[-1].endswith("variants of 1 entry")


def test_variants_can_be_written_as_a_list(run: Run, tmp_path: Path) -> None:
    """A list of variants is a list: it passes the check and says what each is derived from."""
    path = tmp_path / "v.csv"
    assert run("variants", "tibet", "--output", path).exit_code == 0
    assert run("check", path).exit_code == 0
    entries = load(path).entries
    assert all(entry.variant is not None and len(entry.variant_of) == 10 for entry in entries)
    assert run("variants", path).stdout.splitlines()[-1].startswith("0 variants")
    assert "there is already a file" in run("variants", "tibet", "--output", path).stderr


def test_controls_are_shown_by_entry(run: Run) -> None:
    """Each entry is shown with the controls nearest to it, of its own script."""
    rows = [line.split() for line in run("controls", "tibet").stdout.splitlines()]
    assert rows[-1][0] == "达赖喇嘛"
    assert rows[-1][-1] == "天气很好"
