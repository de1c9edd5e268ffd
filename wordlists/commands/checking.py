"""``check``: everything that is wrong with lists, for people, for programs and for code review."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from wordlists.advice import find_spoilt_controls, find_unmatched, find_unsorted
from wordlists.categories import CONTROL
from wordlists.commands.console import count, latest_day, library_of, plain_errors
from wordlists.entry import Entry
from wordlists.errors import WHOLE_FILE, Problem, Severity, WordlistError, place
from wordlists.mending import mend
from wordlists.places import Library
from wordlists.wordlist import CONTROLS_NAME, Examination, Wordlist, examine, load_controls
from wordlists.writer import replace_file


class Output(StrEnum):
    """For whom the problems are written."""

    TEXT = "text"
    """A person, one problem a line."""
    JSON = "json"
    """A program: one object, with everything that was found."""
    GITHUB = "github"
    """GitHub Actions, which shows each problem as a comment on its line of a pull request."""


def check(
    context: typer.Context,
    lists: Annotated[
        list[str] | None,
        typer.Argument(help="Names or paths of lists; all shipped lists when none is given."),
    ] = None,
    fix: Annotated[
        bool,
        typer.Option("--fix", help="Mend what has only one remedy that changes no meaning."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object.")] = False,
    github: Annotated[
        bool, typer.Option("--github", help="Write annotations for GitHub Actions.")
    ] = False,
) -> None:
    """Say everything that is wrong with lists, why, and how to mend it.

    Warnings (an entry that no control resembles, rows out of order) do not fail the check.
    """
    output = Output.JSON if as_json else Output.GITHUB if github else Output.TEXT
    library = library_of(context)
    done: dict[Path, Mapping[str, int]] = {}
    with plain_errors():
        found = _examine(library, lists)
        if fix:
            done = _mend(found)
            found = _examine(library, lists)
        problems = [*found.problems, *_warnings(library, found.wordlists)]
    _tell(output, found.wordlists, problems, done)
    if found.problems:
        raise typer.Exit(1)


def _examine(library: Library, lists: Sequence[str] | None) -> Examination:
    return examine(lists or (), with_controls=not lists, folder=library.folder, today=latest_day())


def _mend(found: Examination) -> dict[Path, Mapping[str, int]]:
    """Mend lists in their place; give what was done, by the file."""
    done: dict[Path, Mapping[str, int]] = {}
    for wordlist in found.wordlists:
        data = wordlist.path.read_bytes()
        mending = mend(wordlist.path, data)
        if mending.data != data:
            replace_file(wordlist.path, [mending.data.decode()])
            done[wordlist.path] = mending.done
    return done


def _warnings(library: Library, wordlists: Iterable[Wordlist]) -> list[Problem]:
    controls = load_lenient_controls(library)
    warnings: list[Problem] = []
    for wordlist in wordlists:
        warnings += find_unsorted(wordlist.entries)
        tested = [
            entry
            for entry in wordlist.entries
            if entry.category != CONTROL and entry.variant is None
        ]
        warnings += find_unmatched(tested, controls)
        warnings += find_spoilt_controls(tested, controls)
    return warnings


def load_lenient_controls(library: Library) -> Sequence[Entry]:
    """The controls of a folder of lists, or else those that ship; none if they are broken."""
    path = library.folder / f"{CONTROLS_NAME}.csv"
    try:
        return (load_controls(path) if path.is_file() else load_controls()).entries
    except WordlistError:
        return ()  # what is wrong with them is told where they are checked


def _tell(
    output: Output,
    wordlists: Sequence[Wordlist],
    problems: Sequence[Problem],
    done: Mapping[Path, Mapping[str, int]],
) -> None:
    match output:
        case Output.JSON:
            typer.echo(_as_json(wordlists, problems, done))
        case Output.GITHUB:
            for problem in problems:
                typer.echo(annotation(problem))
        case Output.TEXT:
            for path, what in done.items():
                mended = ", ".join(f"{name} ({number})" for name, number in what.items())
                typer.echo(f"{place(path, WHOLE_FILE)}: mended: {mended}")
            for problem in problems:
                typer.echo(str(problem), err=True)
    if output is not Output.JSON:
        _sum_up(wordlists, problems)


def _sum_up(wordlists: Sequence[Wordlist], problems: Sequence[Problem]) -> None:
    severities = Counter(problem.severity for problem in problems)
    errors, warnings = severities[Severity.ERROR], severities[Severity.WARNING]
    told = f", {count(warnings, 'warning')}" if warnings else ""
    if errors:
        typer.echo(f"{count(errors, 'problem')}{told}", err=True)
        return
    entries = sum(len(wordlist.entries) for wordlist in wordlists)
    what = f"{count(len(wordlists), 'list')}, {count(entries, 'entry', 'entries')}"
    typer.echo(f"{what}: no problems{told}")


def _as_json(
    wordlists: Sequence[Wordlist],
    problems: Sequence[Problem],
    done: Mapping[Path, Mapping[str, int]],
) -> str:
    return json.dumps(
        {
            "lists": [
                {"name": each.name, "path": str(each.path), "entries": len(each.entries)}
                for each in wordlists
            ],
            "problems": [
                {
                    "path": place(problem.path, WHOLE_FILE),
                    "line": problem.line,
                    "severity": str(problem.severity),
                    "what": problem.what,
                    "fix": problem.fix,
                }
                for problem in problems
            ],
            "mended": {place(path, WHOLE_FILE): dict(what) for path, what in done.items()},
        },
        ensure_ascii=False,
        indent=2,
    )


_IN_DATA: Final = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_IN_PROPERTY: Final = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def annotation(problem: Problem) -> str:
    """Write a problem as a workflow command of GitHub Actions.

    (https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions)
    """
    file = place(problem.path, WHOLE_FILE).translate(_IN_PROPERTY)
    line = f",line={problem.line}" if problem.line != WHOLE_FILE else ""
    text = f"{problem.what}; {problem.fix}".translate(_IN_DATA)
    return f"::{problem.severity} file={file}{line},title=wordlist::{text}"
