"""``import``: turn somebody's table into a list."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final

import typer

from wordlists.catalogue import Description, Origin, describe
from wordlists.commands.console import (
    ask,
    count,
    is_interactive,
    library_of,
    plain_errors,
    today,
)
from wordlists.comparison import compare
from wordlists.entry import Entry
from wordlists.errors import WHOLE_FILE, Problem, WordlistError, file_error, place
from wordlists.importers.dates import DateOrder
from wordlists.importers.download import MAX_BYTES
from wordlists.importers.families import FAMILIES, OWN, Family, named_family
from wordlists.importers.importing import Import, Wishes, outline, read_foreign
from wordlists.importers.report import ImportReport, write_refusals
from wordlists.importers.separators import Separator
from wordlists.importers.sources import Source, open_source
from wordlists.importers.tables import Format, Opening
from wordlists.licences import UNKNOWN, detect_beside, obstacle
from wordlists.places import SUFFIX, Library, suggest_name
from wordlists.wordlist import load
from wordlists.writer import write_list

_SHOWN: Final = 20
_MEBIBYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class _Licence:
    """A licence, and how it is known."""

    name: str
    why: str


def import_(
    context: typer.Context,
    *,
    source: Annotated[str, typer.Argument(help="A path, or an https address.")],
    name: Annotated[
        str | None,
        typer.Option("--as", help="What to call the list; the name of the file by default."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(help="Where to write it; by default local/NAME.csv."),
    ] = None,
    local: Annotated[
        bool,
        typer.Option(
            "--local/--shipped",
            help="Keep it in local/, which git ignores, or among the lists that ship, if its "
            "licence allows that.",
        ),
    ] = True,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a list that is already there.")
    ] = False,
    licence: Annotated[
        str, typer.Option(help="Its licence, an SPDX identifier; told or asked if not given.")
    ] = "",
    publisher: Annotated[
        str, typer.Option("--source", help="Where it is from, for each entry's source.")
    ] = "",
    language: Annotated[
        str, typer.Option(help="Language of texts that neither the file nor their script tells.")
    ] = "",
    category: Annotated[
        str, typer.Option(help="Category of rows that have none of our codes.")
    ] = "",
    separator: Annotated[
        Separator | None, typer.Option(help="What stands between components.")
    ] = None,
    dates: Annotated[
        DateOrder | None, typer.Option(help="What comes first in dates like 7/1/2016.")
    ] = None,
    keyword_column: Annotated[
        str | None, typer.Option(help="The column that holds the keywords.")
    ] = None,
    family: Annotated[
        str | None, typer.Option(help="What the file is, if its columns do not tell.")
    ] = None,
    format_: Annotated[
        Format | None, typer.Option("--format", help="How it is written, if its name lies.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="Its encoding, if not UTF-8: gb18030, big5 …")
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="The sheet of a workbook.")] = None,
    sha256: Annotated[
        str | None, typer.Option(help="The hash the file must have, hexadecimal.")
    ] = None,
    max_mib: Annotated[
        int, typer.Option(min=1, help="The largest file to fetch, in MiB.")
    ] = MAX_BYTES // _MEBIBYTE,
) -> None:
    """Turn somebody's table into a list; say of every row what became of it.

    Read are CSV, TSV, XLSX, JSON lines and plain text (a keyword a line), the published lists of
    Citizen Lab among them. What a column said that ours do not have is kept in notes and source.
    """
    library = library_of(context)
    with plain_errors():
        chosen = _family(family)
        found = open_source(source, max_bytes=max_mib * _MEBIBYTE, expected=sha256)
        path = _destination(library, name, found, output, local=local)
        wishes = Wishes(
            opening=Opening(format=format_, encoding=encoding, sheet=sheet),
            family=chosen,
            keyword_column=keyword_column,
            separator=separator,
            language=language,
            category=category,
            publisher=publisher,
            order=dates,
            today=today(),
        )
        about = outline(found.path, name=found.name, wishes=wishes)
        known = _licence(licence, about.family, found)
        library.judge_shipping(path, known.name)
        wishes = _with_licence(wishes, known.name)
        with read_foreign(
            found.path, name=found.name, wordlist=path.stem, destination=path, wishes=wishes
        ) as read:
            _write(read, path, force=force, source=found, licence=known.name, publisher=publisher)
            _tell(read, found, path, known, library)


def _family(name: str | None) -> Family | None:
    if name is None:
        return None
    found = named_family(name)
    if found is None:
        known = ", ".join(each.name for each in FAMILIES)
        raise file_error(
            Path(name), "there is no such family of lists", f"use one of {known}, other"
        )
    return found


def _destination(
    library: Library, name: str | None, source: Source, output: Path | None, *, local: bool
) -> Path:
    """Where the list goes.

    Raises:
        WordlistError: The place is none for an import.
    """
    if output is None:
        return library.place(name or suggest_name(Path(source.name).stem), ships=not local)
    if output.suffix != SUFFIX:
        raise file_error(output, "a list must have the suffix .csv", f"write {output.stem}{SUFFIX}")
    if library.is_shipped(output) and local:
        what = "lists in this folder ship with the project"
        fix = f"say --shipped if the licence allows it, or write to {library.local / output.name}"
        raise file_error(output, what, fix)
    library.judge_name(name or output.stem, path=output)
    return output


def _licence(given: str, family: Family, source: Source) -> _Licence:
    """Tell the licence of a file, from an option, its family, a file beside it, or an answer."""
    if given:
        return _Licence(name=given, why="as you say")
    if family.licence != UNKNOWN:
        return _Licence(name=family.licence, why=f"as {family.publisher} has it")
    beside = detect_beside(source.path) if source.address == source.name else None
    if beside is not None:
        return _Licence(name=beside[0], why=f"as {beside[1]} says")
    if is_interactive():
        answer = ask("licence (SPDX identifier, or NOASSERTION)", default=UNKNOWN)
        return _Licence(name=answer, why="as you say")
    return _Licence(name=UNKNOWN, why="nobody states one; say --licence if you know it")


def _with_licence(wishes: Wishes, licence: str) -> Wishes:
    known = licence if licence != UNKNOWN else ""
    return replace(wishes, licence=known)


def _write(
    read: Import, path: Path, *, force: bool, source: Source, licence: str, publisher: str
) -> None:
    """Write the list, the rows that were refused, and where it is from."""
    if read.report.taken == 0:
        reasons = [*read.report.refused[:_SHOWN]]
        what = f"none of the {read.report.read:,} rows can be taken, so nothing was written"
        raise WordlistError(
            [
                Problem(path=source.name, line=WHOLE_FILE, what=what, fix="see the reasons below"),
                *reasons,
            ]
        )
    before = _load_old(path) if force else None
    write_list(read.entries(), path, overwrite=force, with_variants=read.has_variants)
    refused = _refused_path(path)
    if read.report.refused_rows:
        write_refusals(read.refusals(), refused)
    else:
        refused.unlink(missing_ok=True)
    describe(
        path.parent,
        {path.stem: _describe(read, path, source=source, licence=licence, publisher=publisher)},
    )
    if before is not None:
        change = compare(before, load(path).entries)
        typer.echo(
            f"since the last import: {len(change.added):,} added, {len(change.removed):,} removed, "
            f"{len(change.changed):,} changed"
        )


def _load_old(path: Path) -> Sequence[Entry] | None:
    try:
        return load(path).entries if path.is_file() else None
    except WordlistError:
        return None  # it is about to be replaced


def _describe(
    read: Import, path: Path, *, source: Source, licence: str, publisher: str
) -> Description:
    report = read.report
    who = publisher or read.family.publisher
    return Description(
        title=path.stem,
        description=f"Imported from {source.name}{f', {who}' if who else ''}.",
        maintainers=(who or "not stated",),
        licence=licence,
        origin=Origin(
            source=source.address,
            sha256=source.sha256,
            retrieved=today(),
            family=read.family.name,
            format=str(read.format),
            rows_read=report.read,
            rows_taken=report.taken,
            rows_merged=report.merged,
            rows_refused=report.refused_rows,
        ),
    )


def _tell(read: Import, source: Source, path: Path, licence: _Licence, library: Library) -> None:
    report = read.report
    if source.is_cached:
        typer.echo("not changed on the server; taken from the cache")
    kind = "a list of ours" if read.family is OWN else read.family.name
    typer.echo(f"{source.name}: {kind}, {read.format}, licence {licence.name} ({licence.why})")
    _tell_rows(report, path)
    typer.echo(
        f"{count(report.read, 'row')} read: {report.taken:,} taken, {report.merged:,} merged, "
        f"{report.refused_rows:,} refused"
    )
    why = obstacle(licence.name)
    if why is not None:
        typer.echo(f"not to be shipped: {why}")
    argument = path.stem if path.parent == library.local else path
    typer.echo(
        f"{count(report.taken, 'entry', 'entries')} written to {place(path, WHOLE_FILE)}\n"
        f"Measure them with: pytest probes --wordlist {argument}"
    )


def _tell_rows(report: ImportReport, path: Path) -> None:
    for problem in report.remarks[:_SHOWN]:
        typer.echo(f"look at: {problem}", err=True)
    if report.remarked_rows > _SHOWN:
        typer.echo(f"look at: {report.remarked_rows - _SHOWN:,} more rows", err=True)
    for problem in report.refused[:_SHOWN]:
        typer.echo(f"refused: {problem}", err=True)
    if report.refused_rows > _SHOWN:
        for reason, number in report.reasons[:_SHOWN]:
            typer.echo(f"refused: {count(number, 'row')}: {reason}", err=True)
    if report.refused_rows:
        where = place(_refused_path(path), WHOLE_FILE)
        typer.echo(f"every refused row, with the reason: {where}", err=True)


def _refused_path(path: Path) -> Path:
    return path.with_name(f"{path.stem}.refused{SUFFIX}")
