"""The `undelivered` subcommands about the journal: export, report, compare, explain and others."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Column, Table

from results.aggregates import Period
from results.baselines import reference
from results.compare import LEVEL, comparison_lines
from results.compare import compare as compare_runs
from results.data_package import DEFAULT_LICENCE, write_package
from results.envelope import write_envelopes
from results.errors import JournalError
from results.explain import explanation_lines, explanation_row, meant
from results.explanation import explain as explain_entry
from results.export import write_runs
from results.journal import LATEST, Journal
from results.judged_run import judge_run
from results.merge import Taken
from results.merge import merge as merge_journals
from results.parquet import write_parquet
from results.record import ChatKind
from results.redaction import Redaction
from results.report import write_report
from results.rescore import rescore as rescore_run
from results.rescore import rescoring_lines
from results.rescore import save as save_verdicts
from results.rules import RULES_VERSION
from results.scope import Scope, moment

DEFAULT_JOURNAL: Final = Path("results/runs/journal.sqlite")

app = typer.Typer(no_args_is_help=True)

JournalOption = Annotated[
    Path, typer.Option("--journal", metavar="PATH", help="The journal that holds the runs.")
]


class Format(StrEnum):
    """What runs can be exported as."""

    CSV = "csv"
    PARQUET = "parquet"
    JSONL = "jsonl"
    PACKAGE = "package"


@app.command()
def export(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN]...",
            help="Run ids, beginnings of ids, or 'latest'; without any: the latest run, or all of "
            "--since and --until.",
        ),
    ] = None,
    *,
    output_format: Annotated[
        Format,
        typer.Option(
            "--format",
            help="csv; parquet (typed columns); jsonl (OONI's envelope); package (CSV with a "
            "datapackage.json).",
        ),
    ] = Format.CSV,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="TIME", help="Runs that began then or later, UTC."),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="Runs that began before, UTC.")
    ] = None,
    app_name: Annotated[
        str | None, typer.Option("--app", metavar="NAME", help="Only what was sent by this app.")
    ] = None,
    chat: Annotated[
        ChatKind | None, typer.Option("--chat", help="Only what was sent in this kind of chat.")
    ] = None,
    sender_region: Annotated[
        str | None,
        typer.Option("--sender-region", metavar="CC", help="Only from accounts of this region."),
    ] = None,
    receiver_region: Annotated[
        str | None,
        typer.Option("--receiver-region", metavar="CC", help="Only to accounts of this region."),
    ] = None,
    per: Annotated[
        Period | None,
        typer.Option("--per", help="Also count by period, in aggregates.csv."),
    ] = None,
    excel: Annotated[
        bool, typer.Option("--excel", help="Begin CSV files with the mark that Excel wants.")
    ] = False,
    licence: Annotated[
        str, typer.Option("--licence", metavar="SPDX", help="Licence named in the data package.")
    ] = DEFAULT_LICENCE,
    unredacted: Annotated[
        bool,
        typer.Option(
            "--unredacted",
            help="Withhold nothing: faults in words, numbers, folders.",
        ),
    ] = False,
    journal: JournalOption = DEFAULT_JOURNAL,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            metavar="DIR",
            help="Where to; default: beside the journal, by run id, or export/ for several.",
        ),
    ] = None,
) -> None:
    """Write runs as files for other programs; what identifies is withheld."""
    if excel and output_format is not Format.CSV:
        raise typer.BadParameter("goes with --format csv only", param_hint="--excel")
    scope = Scope(
        runs=tuple(runs or ()),
        since=_moment(since, "--since"),
        until=_moment(until, "--until"),
        app=app_name,
        chat=chat,
        sender_region=sender_region,
        receiver_region=receiver_region,
    )
    redaction = Redaction(is_on=not unredacted)
    with _plain_errors(), Journal.open(journal, read_only=True) as source:
        found = scope.find(source)
        folder = output or journal.parent / (found[0].id if len(found) == 1 else "export")
        match output_format:
            case Format.CSV:
                files = write_runs(
                    source,
                    found,
                    folder,
                    scope=scope,
                    redaction=redaction,
                    excel=excel,
                    period=per,
                )
            case Format.PARQUET:
                files = write_parquet(
                    source,
                    found,
                    folder,
                    scope=scope,
                    redaction=redaction,
                    period=per or Period.DAY,
                )
            case Format.JSONL:
                files = [write_envelopes(source, found, folder, scope, redaction)]
            case Format.PACKAGE:
                files = write_package(
                    source,
                    found,
                    output or folder / "package",
                    scope=scope,
                    redaction=redaction,
                    period=per or Period.DAY,
                    licence=licence,
                )
    for file in files:
        typer.echo(str(file))


@app.command()
def report(
    runs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RUN]...", help="Runs to report on; default: the latest."),
    ] = None,
    *,
    journal: JournalOption = DEFAULT_JOURNAL,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            metavar="FILE",
            help="Where to; default: report.html in the run's folder.",
        ),
    ] = None,
    unredacted: Annotated[
        bool, typer.Option("--unredacted", help="Withhold nothing. Not to publish.")
    ] = False,
) -> None:
    """Write one page that shows runs, to be opened without a network."""
    with _plain_errors(), Journal.open(journal, read_only=True) as source:
        path = write_report(
            source, runs or (LATEST,), output, redaction=Redaction(is_on=not unredacted)
        )
    typer.echo(str(path))


@app.command()
def compare(
    before: Annotated[
        str,
        typer.Argument(
            metavar="[A]", help="The earlier run; default: the last before B of the same kind."
        ),
    ] = LATEST,
    after: Annotated[str, typer.Argument(metavar="[B]", help="The later run.")] = LATEST,
    *,
    level: Annotated[
        float,
        typer.Option(
            "--level", min=0.0001, max=0.5, help="Largest share of wrong ones among the changes."
        ),
    ] = LEVEL,
    fail_on_change: Annotated[
        bool, typer.Option("--fail-on-change", help="End with exit code 1 if something changed.")
    ] = False,
    journal: JournalOption = DEFAULT_JOURNAL,
) -> None:
    """Say which entries are newly censored or newly clear, and which only flicker."""
    with _plain_errors(), Journal.open(journal, read_only=True) as source:
        later = source.run(after)
        known = reference(source, later, before)
        if known is None:
            raise JournalError(
                f"{journal} has no run before {later.id} that measured the same; name one"
            )
        found = compare_runs(
            known.runs[0],
            judge_run(source, later.id),
            earlier=known.runs[1:],
            settled=known.settled,
            level=level,
        )
        lines = comparison_lines(source, found)
    for line in lines:
        typer.echo(line)
    if fail_on_change and found.changed:
        raise typer.Exit(1)


@app.command()
def merge(
    journals: Annotated[
        list[Path],
        typer.Argument(metavar="JOURNAL...", help="The journals whose runs are to be taken over."),
    ],
    *,
    journal: JournalOption = DEFAULT_JOURNAL,
) -> None:
    """Take over the runs of other journals, such as those of other hosts."""
    with _plain_errors():
        merged = merge_journals(journal, journals)
    for each in merged:
        typer.echo(f"{each.run_id}: {each.taken} ({each.source})")
    counts = Counter(each.taken for each in merged)
    told = ", ".join(f"{counts[taken]} {taken}" for taken in Taken if counts[taken])
    typer.echo(f"{journal}: {told or 'the others hold no runs'}")


@app.command()
def rescore(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run id, the beginning of one, or 'latest'.")
    ] = LATEST,
    *,
    rules: Annotated[
        str, typer.Option("--rules", metavar="VERSION", help="Version of the rules to apply.")
    ] = RULES_VERSION,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, and write nothing.")
    ] = False,
    journal: JournalOption = DEFAULT_JOURNAL,
) -> None:
    """Compute the verdicts of a run again from what was observed, and save them."""
    with _plain_errors(), Journal.open(journal, read_only=dry_run) as source:
        made = rescore_run(source, run, rules=rules)
        if not dry_run:
            save_verdicts(source, made)
    for line in rescoring_lines(made, is_saved=not dry_run):
        typer.echo(line)


@app.command()
def explain(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run id, the beginning of one, or 'latest'.")
    ],
    entry: Annotated[
        str, typer.Argument(metavar="ENTRY", help="A keyword, an id, or a part that only one has.")
    ],
    *,
    journal: JournalOption = DEFAULT_JOURNAL,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say of one entry, message by message, how its verdict came about."""
    with _plain_errors(), Journal.open(journal, read_only=True) as source:
        judged = judge_run(source, run)
        explained = explain_entry(judged, meant(judged.entries, entry).id)
    if as_json:
        rows = [explanation_row(each) for each in explained]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    console = Console(markup=False, highlight=False, emoji=False)
    for each in explained:
        for line in explanation_lines(each):
            console.print(line)


@app.command()
def runs(journal: JournalOption = DEFAULT_JOURNAL) -> None:
    """List the runs in the journal, the newest first."""
    table = Table(
        Column("run", overflow="fold"),
        "testbed",
        "strategy",
        "messages",
        "ended",
        box=None,
        pad_edge=False,
    )
    with _plain_errors(), Journal.open(journal, read_only=True) as source:
        for run in source.runs():
            ended = (
                f"{run.finished_at:%Y-%m-%d %H:%M} UTC" if run.finished_at else "not yet, or killed"
            )
            table.add_row(
                run.id,
                run.testbed,
                run.strategy,
                str(source.count_attempts(run.id)),
                f"{ended} ({run.stopped})" if run.stopped else ended,
            )
    if not table.row_count:
        typer.echo(f"{journal} holds no runs yet; run `pytest probes` first")
        return
    Console(markup=False, highlight=False).print(table)


def _moment(text: str | None, option: str) -> datetime | None:
    if text is None:
        return None
    try:
        return moment(text)
    except ValueError as error:
        raise typer.BadParameter(
            f"{text!r} is neither a date (2026-05-01) nor a time (2026-05-01T06:00)",
            param_hint=option,
        ) from error


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Tell an error in one plain line, with exit code 1."""
    try:
        yield
    except JournalError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
