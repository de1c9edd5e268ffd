"""Files that nobody means well with: a clear error each, no crash, nothing overwritten.

That none of them takes long is for `tests.benchmarks.linting`, which measures each.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from typer.testing import CliRunner, Result

from tests.wordlists.importers.hostile import corpus, files, write
from tests.wordlists.lists import make_library
from wordlists.cli import app
from wordlists.wordlist import load

CORPUS = dict(corpus())


def run(library: Path, *arguments: str | Path) -> Result:
    """Run a command; an error that it does not turn into a message fails the test."""
    words = ["--folder", str(library), *map(str, arguments)]
    return CliRunner().invoke(app, words, catch_exceptions=False)


def contents(folder: Path) -> dict[Path, bytes]:
    """All files of a folder."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def judge(library: Path, path: Path) -> None:
    """Check and import a file, and see that it ends with a list in order or a clear error."""
    before = contents(library)
    checked = run(library, "check", path)
    assert checked.exit_code in {0, 1}
    if checked.exit_code == 1:
        assert checked.stderr.strip()
    assert contents(library) == before
    imported = run(library, "import", path, "--as", "new", "--language", "en", "--source", "s")
    lists = library / "local" / "new.csv"
    if imported.exit_code == 0:
        assert load(lists).entries
        assert " read: " in imported.stdout
    else:
        assert path.name in imported.stderr
        assert "; " in imported.stderr
        assert not lists.exists()
    after = contents(library)
    assert all(after[known] == before[known] for known in before)


@pytest.mark.parametrize("name", CORPUS)
def test_corpus(tmp_path: Path, name: str) -> None:
    """Each file is taken or refused with its name and what to do, and no list is touched."""
    library = make_library(tmp_path / "lists")
    judge(library, write(tmp_path, name, CORPUS[name]))


@settings(max_examples=1_000, suppress_health_check=[HealthCheck.too_slow])
@given(files())
def test_thousand_files(file: tuple[str, bytes]) -> None:
    """Whatever a file holds, it is taken or refused with its name and what to do."""
    with TemporaryDirectory() as folder:
        library = make_library(Path(folder) / "lists")
        judge(library, write(Path(folder), *file))


@pytest.mark.parametrize(
    "name", ["../evil", "..", "a/../../b", "/etc/evil", "x\0y", "\u202eevil", "tibet", "con.", ""]
)
def test_names_lead_nowhere_else(tmp_path: Path, name: str) -> None:
    """A name can neither leave the folder of local lists nor be that of a shipped one."""
    library = make_library(tmp_path / "lists")
    path = write(tmp_path, "words.txt", b"word\n")
    before = contents(tmp_path)
    result = run(library, "import", path, "--as", name, "--language", "en", "--source", "s")
    taken = name == ""  # no name is as if none were given
    assert result.exit_code == (0 if taken else 1)
    if not taken:
        assert contents(tmp_path) == before
