"""How a benchmark tells its figures: a table for people, JSON lines for machines, an exit code."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from time import monotonic

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure and its goal.

    Attributes:
        case: What was measured, its seed included.
        figure: Name of the figure.
        value: Its value.
        goal: What it should be, in words; empty where it is only told.
        ok: Whether it is that.
    """

    case: str
    figure: str
    value: float
    goal: str = ""
    ok: bool = True


def at_most(case: str, figure: str, value: float, goal: float) -> Figure:
    """A figure that should not be greater than its goal."""
    return Figure(case=case, figure=figure, value=value, goal=f"≤ {goal:g}", ok=value <= goal)


def exactly(case: str, figure: str, value: float, goal: float) -> Figure:
    """A figure that should be its goal."""
    return Figure(case=case, figure=figure, value=value, goal=f"= {goal:g}", ok=value == goal)


def told(case: str, figure: str, value: float) -> Figure:
    """A figure without a goal."""
    return Figure(case=case, figure=figure, value=value)


def run(
    title: str,
    measure: Callable[[argparse.Namespace], Iterable[Figure]],
    add_arguments: Callable[[argparse.ArgumentParser], object] = lambda _: None,
) -> int:
    """Run a benchmark as a command.

    Args:
        title: What it measures.
        measure: Gives figures as they are measured.
        add_arguments: Adds arguments of its own to ``--quick`` and ``--json``.

    Returns:
        Exit code: 1 if a goal was missed.
    """
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--quick", action="store_true", help="fewer cases, under 40 s on two cores")
    parser.add_argument("--json", action="store_true", help="one JSON object a figure")
    add_arguments(parser)
    arguments = parser.parse_args()
    began = monotonic()
    figures = []
    for figure in measure(arguments):
        figures.append(figure)
        if arguments.json:
            print(json.dumps(asdict(figure), ensure_ascii=False), flush=True)
        elif sys.stderr.isatty():
            print(f"\r\x1b[2K{figure.case}: {figure.figure}", end="", file=sys.stderr, flush=True)
    if not arguments.json:
        if sys.stderr.isatty():
            print("\r\x1b[2K", end="", file=sys.stderr, flush=True)
        _print(title, figures, monotonic() - began)
    return 0 if all(figure.ok for figure in figures) else 1


def _print(title: str, figures: list[Figure], seconds: float) -> None:
    names = list(dict.fromkeys(figure.figure for figure in figures))
    cases = list(dict.fromkeys(figure.case for figure in figures))
    of = {(figure.case, figure.figure): figure for figure in figures}
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("case", no_wrap=True)
    for name in names:
        table.add_column(name, justify="right")
    for case in cases:
        table.add_row(case, *(_cell(of.get((case, name))) for name in names))
    console = Console(width=None if sys.stdout.isatty() else 150, highlight=False)
    console.print(table)
    missed = [figure for figure in figures if not figure.ok]
    for figure in missed:
        console.print(f"MISSED {figure.case}: {figure.figure} = {figure.value:g}, {figure.goal}")
    goals = sum(bool(figure.goal) for figure in figures)
    console.print(f"{goals - len(missed)} of {goals} goals met in {seconds:.1f} s")


def _cell(figure: Figure | None) -> str:
    if figure is None:
        return ""
    value = f"{figure.value:.4g}"
    return value if not figure.goal else f"{value} ({figure.goal})"
