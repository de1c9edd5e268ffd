"""`undelivered plan`: how many messages and how long, for what `pytest probes` would be asked.

The same estimate as `pytest probes --plan`, with assumptions of one's own and without a list of all
entries.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

import typer

from drivers.testbed import load_testbed
from probes.errors import UNDELIVERED_ERRORS, CampaignError
from probes.expectation import Expectation, expected
from probes.options import Measured
from probes.plan import Plan, lines_of, plan_of
from probes.selection import select, to_record
from probes.strategy import STRATEGIES
from results.record import ChatKind

DEFAULT_JOURNAL: Final = Path("results/runs/journal.sqlite")
_MOST_SHARE: Final = 0.9
_MOST_RATE: Final = 0.4

app = typer.Typer()


@app.command()
def plan(
    *,
    testbed: Annotated[
        str, typer.Option(metavar="NAME", help="testbed.toml, or 'embedded'.")
    ] = "embedded",
    wordlist: Annotated[
        list[str] | None, typer.Option(help="A list's name or path; default: all. Repeatable.")
    ] = None,
    category: Annotated[
        list[str] | None, typer.Option(help="Keep entries of this category only. Repeatable.")
    ] = None,
    language: Annotated[
        list[str] | None, typer.Option(help="Keep entries of this language only. Repeatable.")
    ] = None,
    entry: Annotated[
        list[str] | None, typer.Option(help="Keep this keyword or entry id only. Repeatable.")
    ] = None,
    chat: Annotated[ChatKind, typer.Option(help="Kind of chat.")] = ChatKind.DIRECT,
    strategy: Annotated[str, typer.Option(help=f"What to send: {', '.join(STRATEGIES)}.")] = next(
        iter(STRATEGIES)
    ),
    budget: Annotated[
        int | None, typer.Option(min=1, help="Most messages, controls included.")
    ] = None,
    share: Annotated[
        tuple[float, float] | None,
        typer.Option(
            metavar="LOW HIGH",
            help="Least and most share of entries censored, such as 0.01 0.05; default: what "
            "earlier verdicts say, else 0.005 0.1.",
        ),
    ] = None,
    loss: Annotated[
        float, typer.Option(min=0.0001, max=_MOST_RATE, help="Share of messages lost.")
    ] = Expectation().loss,
    slip: Annotated[
        float, typer.Option(min=0.0001, max=_MOST_RATE, help="Share of censored ones let through.")
    ] = Expectation().slip,
    journal: Annotated[
        Path, typer.Option(metavar="PATH", help="Where earlier runs are.")
    ] = DEFAULT_JOURNAL,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Predict messages and time of a run; nothing is sent."""
    try:
        if strategy not in STRATEGIES:
            raise CampaignError(f"--strategy {strategy!r} is none of {', '.join(STRATEGIES)}")
        measured = Measured(
            testbed=testbed,
            wordlists=tuple(wordlist or ()),
            categories=tuple(category or ()),
            languages=tuple(language or ()),
            entries=tuple(entry or ()),
            chat=chat,
            strategy=strategy,
            seed=0,
        )
        loaded = load_testbed(testbed)
        entries = [to_record(each) for each in select(measured).entries]
        lanes = loaded.lanes_with(chat)
        known = expected(journal, lanes, chat, [each.id for each in entries])
        made = plan_of(
            entries,
            strategy,
            loaded,
            chat,
            budget=budget,
            journal=journal,
            given=_given(replace(known, loss=loss, slip=slip), share),
        )
    except UNDELIVERED_ERRORS as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    if as_json:
        typer.echo(json.dumps(_as_json(made, strategy), indent=2))
        return
    for line in lines_of(made, strategy, loaded.pacing):
        typer.echo(line)


def _given(known: Expectation, share: tuple[float, float] | None) -> Expectation:
    if share is None:
        return known
    low, high = share
    if not 0 < low <= high <= _MOST_SHARE:
        raise CampaignError(
            f"--share {low:g} {high:g}: give the least and the most share of entries that you "
            f"expect to be censored, above 0 and up to {_MOST_SHARE}"
        )
    return replace(known, shares=share, basis="as given")


def _as_json(made: Plan, strategy: str) -> dict[str, object]:
    return {
        "entries": made.entries,
        "lanes": made.lanes,
        "strategy": strategy,
        "messages": list(made.messages),
        "seconds": [round(each, 1) for each in made.seconds],
        "days": list(made.days),
        "one_by_one": made.one_by_one,
        "assumed": {
            "shares": list(made.expectation.shares),
            "basis": made.expectation.basis,
            "loss": made.expectation.loss,
            "slip": made.expectation.slip,
        },
    }
