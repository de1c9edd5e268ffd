"""``add``, ``new``, ``split``, ``merge``, ``export``: change lists and make new ones."""

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from wordlists.adding import (
    Request,
    check_request,
    find_twin,
    insert,
    parse_request,
    suggest_language,
)
from wordlists.advice import find_spoilt_controls, find_unmatched
from wordlists.catalogue import Description, describe, read_catalogue
from wordlists.categories import categories
from wordlists.commands.checking import load_lenient_controls
from wordlists.commands.console import (
    ask,
    count,
    is_interactive,
    latest_day,
    library_of,
    plain_errors,
    today,
)
from wordlists.entry import Entry, format_keyword
from wordlists.errors import WHOLE_FILE, Problem, WordlistError, file_error, place
from wordlists.exporting import export as write_export
from wordlists.findings import check_category, check_keyword, check_language, check_source
from wordlists.licences import UNKNOWN
from wordlists.places import SUFFIX, Library
from wordlists.regrouping import Grouping, Union
from wordlists.regrouping import merge as merge_lists
from wordlists.regrouping import split as split_list
from wordlists.wordlist import Wordlist, examine, load
from wordlists.writer import write_list

_OURS = "CC0-1.0"

ListName = Annotated[str, typer.Argument(metavar="LIST", help="Name or path of a list.")]
Local = Annotated[
    bool,
    typer.Option("--local", help="Keep it in local/, which git ignores, and out of what ships."),
]


def add(
    context: typer.Context,
    *,
    name: ListName,
    text: Annotated[
        str, typer.Argument(help="The keyword; components of a combination joined by ' + '.")
    ],
    component: Annotated[
        list[str] | None,
        typer.Option(help="One more text that must be in the same message; may be repeated."),
    ] = None,
    language: Annotated[str, typer.Option(help="BCP 47: zh-Hans, zh-Hant, bo, ug, en …")] = "",
    category: Annotated[str, typer.Option(help="A code of categories.csv.")] = "",
    source: Annotated[str, typer.Option(help="Where this is public: a reference, its URL.")] = "",
    notes: Annotated[str, typer.Option(help="Anything else, such as a translation.")] = "",
    date: Annotated[
        datetime.datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day it is added; today if not given."),
    ] = None,
) -> None:
    """Add an entry in its place. What is missing is asked for on a terminal."""
    library = library_of(context)
    with plain_errors():
        path = library.find(name)
        components = parse_request(text, component or ())
        there = _entries_to_meet(library, path)
        _judge_keyword(path, components)
        _refuse_twin(path, components, there)
        in_list = [entry for entry in there if entry.path == path]
        request = Request(
            components=components,
            language=language or _ask_language(components, in_list, there),
            category=category or _ask_category(in_list),
            date=date.date() if date else today(),
            source=source or _ask_source(),
            notes=notes,
        )
        _judge(path, request)
        entry = insert(path, request)
    typer.echo(
        f"{place(path, entry.line)}: added {entry.keyword} ({entry.language}, {entry.category})"
    )
    controls = load_lenient_controls(library)
    for warning in (*find_unmatched([entry], controls), *find_spoilt_controls([entry], controls)):
        typer.echo(str(warning), err=True)


def new(
    context: typer.Context,
    *,
    name: Annotated[str, typer.Argument(help="Its name: small letters, digits, hyphens.")],
    title: Annotated[str, typer.Option(help="What people call it.")] = "",
    description: Annotated[str, typer.Option(help="What it is about, in a sentence.")] = "",
    maintainer: Annotated[
        list[str] | None, typer.Option(help="Who answers questions; may be repeated.")
    ] = None,
    licence: Annotated[str, typer.Option(help="An SPDX identifier.")] = "",
    local: Local = False,
) -> None:
    """Make an empty list, with what it is about in lists.toml."""
    library = library_of(context)
    with plain_errors():
        path = library.place(name, ships=not local)
        missing = {
            "--title": title,
            "--description": description,
            "--maintainer": "; ".join(maintainer or ()),
        }
        answers = _ask_missing(path, missing)
        about = Description(
            title=answers["--title"],
            description=answers["--description"],
            maintainers=tuple(maintainer or (answers["--maintainer"],)),
            licence=licence or (UNKNOWN if local else _OURS),
        )
        library.judge_shipping(path, about.licence)
        write_list([], path)
        describe(path.parent, {name: about})
    typer.echo(f"{place(path, WHOLE_FILE)}: made; now add a word to it:")
    typer.echo(f'undelivered wordlist add {name} "the word"')


def split(
    context: typer.Context,
    name: ListName,
    by: Annotated[Grouping, typer.Option(help="What the entries of a part have in common.")],
    folder: Annotated[
        Path | None, typer.Option(help="Where the parts go; by default the folder of the list.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Remove the list; its entries are in the parts.")
    ] = False,
) -> None:
    """Split a list by language, category or the month its entries were added in."""
    library = library_of(context)
    with plain_errors():
        path = library.find(name)
        wordlist = load(path)
        place_of_parts = folder or path.parent
        if library.is_shipped(path) and folder is None and not replace:
            what = "the parts would be duplicates of the list beside them"
            fix = "say --replace to put them in its place, or --folder to put them elsewhere"
            raise file_error(path, what, fix)
        parts = split_list(wordlist.entries, path.stem, by)
        _write_parts(wordlist, parts, place_of_parts, library)
        if replace:
            path.unlink()
            if path.stem in read_catalogue(path.parent)[0]:
                describe(path.parent, {path.stem: None})
    for part, entries in parts.items():
        where = place_of_parts / f"{part}{SUFFIX}"
        typer.echo(f"{place(where, WHOLE_FILE)}: {count(len(entries), 'entry', 'entries')}")


def merge(
    context: typer.Context,
    *,
    into: Annotated[str, typer.Argument(metavar="LIST", help="The list that prevails.")],
    others: Annotated[list[str], typer.Argument(metavar="OTHER…", help="Lists to merge with it.")],
    name: Annotated[
        str | None,
        typer.Option("--as", help="Make a new list of this name; LIST itself grows if not given."),
    ] = None,
    local: Local = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a list of that name that is already there.")
    ] = False,
) -> None:
    """Merge lists. Of entries that several lists have, that of the first one stays."""
    library = library_of(context)
    with plain_errors():
        wordlists = [load(library.find(each)) for each in (into, *others)]
        first = wordlists[0]
        path = library.place(name, ships=not local) if name else first.path
        for other in wordlists[1:]:
            # A list that nothing is said of is the work of whoever merges it; one that was imported
            # without a licence says NOASSERTION.
            if other.licence not in {"", first.licence}:
                library.judge_shipping(path, other.licence)
        union = merge_lists([each.entries for each in wordlists])
        has_variants = any(entry.variant is not None for entry in union.entries)
        write_list(union.entries, path, overwrite=force or name is None, with_variants=has_variants)
        if name:
            describe(path.parent, {name: _about_union(name, wordlists)})
    _tell_union(union, wordlists, path)


def export(
    context: typer.Context,
    name: ListName,
    file: Annotated[Path, typer.Argument(help="Where to: .csv, .tsv, .jsonl or .xlsx.")],
    force: Annotated[
        bool, typer.Option("--force", help="Replace a file that is already there.")
    ] = False,
) -> None:
    """Write a list for a spreadsheet or a program; `import` gives the same list back."""
    with plain_errors():
        wordlist = load(library_of(context).find(name))
        write_export(wordlist.entries, file, overwrite=force)
    typer.echo(f"{file}: {count(len(wordlist.entries), 'entry', 'entries')}")


def _entries_to_meet(library: Library, path: Path) -> tuple[Entry, ...]:
    """The entries that an addition must not repeat: shipped lists are used together."""
    is_shipped = library.is_shipped(path)
    # What is wrong with other lists, or with a new one that has no rows, is no reason to refuse.
    there = examine(() if is_shipped else (path,), with_controls=is_shipped, folder=library.folder)
    return tuple(entry for wordlist in there.wordlists for entry in wordlist.entries)


def _judge_keyword(path: Path, components: tuple[str, ...]) -> None:
    findings = list(check_keyword(format_keyword(components)))
    if findings:
        raise WordlistError(
            Problem(path=path, line=WHOLE_FILE, what=what, fix=fix) for what, fix in findings
        )


def _refuse_twin(path: Path, components: tuple[str, ...], there: Sequence[Entry]) -> None:
    twin = find_twin(components, there)
    if twin is not None:
        keyword = format_keyword(components)
        raise WordlistError(
            [
                Problem(
                    path=twin.path,
                    line=twin.line,
                    what=f"{keyword!r} is there already, as {twin.keyword!r} "
                    f"({twin.language}, {twin.category})",
                    fix=f"change that line if need be; nothing was added to {path.name}",
                )
            ]
        )


def _judge(path: Path, request: Request) -> None:
    findings = check_request(request, latest_day())
    if findings:
        raise WordlistError(
            Problem(path=path, line=WHOLE_FILE, what=f"nothing was added: {what}", fix=fix)
            for what, fix in findings
        )


def _ask_language(
    components: tuple[str, ...], in_list: Sequence[Entry], there: Sequence[Entry]
) -> str:
    suggested = suggest_language(components, in_list) or suggest_language(components, there)
    if not is_interactive():
        return suggested
    return ask("language (BCP 47)", default=suggested, check=check_language)


def _ask_category(there: Sequence[Entry]) -> str:
    if not is_interactive():
        return ""
    usual = Counter(entry.category for entry in there).most_common(1)
    for code, description in categories().items():
        typer.echo(f"  {code:6}{description}")
    return ask("category", default=usual[0][0] if usual else "", check=check_category)


def _ask_source() -> str:
    if not is_interactive():
        return ""
    return ask("source: where is this public? (reference and URL)", check=check_source)


def _ask_missing(path: Path, answers: Mapping[str, str]) -> dict[str, str]:
    """Ask for the options that were not given, or name all of them at once."""
    missing = [option for option, answer in answers.items() if not answer]
    if missing and not is_interactive():
        raise file_error(path, f"{', '.join(missing)} missing", "say what it is about")
    return {option: answer or ask(option.removeprefix("--")) for option, answer in answers.items()}


def _write_parts(
    wordlist: Wordlist,
    parts: Mapping[str, tuple[Entry, ...]],
    folder: Path,
    library: Library,
) -> None:
    paths = {part: folder / f"{part}{SUFFIX}" for part in parts}
    for path in paths.values():
        if path.exists():
            raise file_error(path, "there is already a file", "choose another place with --folder")
        library.judge_shipping(path, wordlist.licence)
    for part, entries in parts.items():
        has_variants = any(entry.variant is not None for entry in entries)
        write_list(entries, paths[part], with_variants=has_variants)
    about = read_catalogue(wordlist.path.parent)[0].get(wordlist.name)
    if about is not None:
        describe(
            folder,
            {
                part: about.model_copy(
                    update={"title": f"{about.title}: {part.removeprefix(f'{wordlist.name}-')}"}
                )
                for part in parts
            },
        )


def _about_union(name: str, wordlists: Sequence[Wordlist]) -> Description:
    licences = dict.fromkeys(each.licence or UNKNOWN for each in wordlists)
    maintainers = dict.fromkeys(who for each in wordlists for who in each.maintainers)
    return Description(
        title=name,
        description=f"Merged from {', '.join(each.name for each in wordlists)}.",
        maintainers=tuple(maintainers) or ("not stated",),
        licence=next(iter(licences)) if len(licences) == 1 else UNKNOWN,
    )


def _tell_union(union: Union, wordlists: Sequence[Wordlist], path: Path) -> None:
    for change in union.kept_out:
        typer.echo(
            f"{place(change.after.path, change.after.line)}: {change.after.keyword!r} left out; "
            f"{place(change.before.path, change.before.line)} stays, which differs in "
            f"{', '.join(change.columns)}",
            err=True,
        )
    for wordlist, taken in zip(wordlists, union.taken, strict=True):
        typer.echo(f"{wordlist.name}: {taken:,} of {len(wordlist.entries):,} taken")
    typer.echo(
        f"{place(path, WHOLE_FILE)}: {count(len(union.entries), 'entry', 'entries')}, "
        f"{union.same:,} equal ones and {len(union.kept_out):,} that differ left out"
    )
