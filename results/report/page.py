"""The page: a template, its styles and script, the plots, and what is shown as data.

The page forbids itself every address (Content-Security-Policy), and every script but its own. Texts
are in its data, and its script puts them on the page as text; the few in its title and headline are
escaped here.
"""

import base64
import html
import json
from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Final

from results.csv_files import whole
from results.export import writing_to
from results.journal import LATEST, Journal
from results.judged_run import judge_run
from results.redaction import Redaction
from results.report.evidence import Block, JsonValue, pack
from results.report.history import past
from results.report.model import model
from results.report.plots import Plot, can_draw, draw

REPORT: Final = "report.html"

_NO_PLOTS: Final = (
    "There are no plots: they are drawn by a library that is not installed. "
    "“pip install 'undelivered[report]'” installs it, “undelivered report” writes this page again."
)


def write_report(
    journal: Journal,
    runs: Sequence[str] = (LATEST,),
    path: Path | None = None,
    *,
    redaction: Redaction | None = None,
) -> Path:
    """Write a report, whole or not at all.

    Args:
        journal: Where the runs are.
        runs: Ids of runs, beginnings of ids, or ``latest``.
        path: Where to; report.html in the folder of the latest run, beside the journal, if left
            out.
        redaction: What is withheld; all that identifies if left out.

    Returns:
        The path of the page.

    Raises:
        JournalError: There is no such run, or the page cannot be written.
    """
    redaction = redaction or Redaction()
    found = {run.id: run for run in map(journal.run, runs)}
    judged = [
        judge_run(journal, run.id)
        for run in sorted(found.values(), key=lambda run: (run.started_at, run.id))
    ]
    earlier = past(journal, judged[-1].run)
    values, order = model(judged, earlier, redaction)
    text = page(values, draw(judged, earlier, redaction), pack(judged, order, redaction))
    path = path or journal.path.parent / judged[-1].run.id / REPORT
    with writing_to(path.parent), whole(path) as file:
        file.write(text)
    return path


def page(values: JsonValue, plots: Sequence[Plot], blocks: Sequence[Block]) -> str:
    """Put a page together.

    Args:
        values: What is shown (`results.report.model.model`).
        plots: The plots.
        blocks: The evidence.
    """
    script, styles = _part("report.js"), _part("report.css")
    parts = {
        "csp": _policy(script),
        "styles": styles,
        "plots": "\n".join(map(_figure, plots)) or f"<p>{html.escape(_why_none())}</p>",
        "values": _data(values),
        "evidence": "\n".join(
            f'<script type="text/plain" id="evidence-{number}">{block.text}</script>'
            for number, block in enumerate(blocks)
        ),
        "script": script,
    }
    text = _part("report.html")
    head, *rest = text.split("<!--")
    # Each part is put in once, so that nothing inside a part is taken for a place of another.
    return head + "".join(
        parts[name.strip()] + after for name, _, after in (piece.partition("-->") for piece in rest)
    )


def _why_none() -> str:
    return "There is nothing to plot." if can_draw() else _NO_PLOTS


def _part(name: str) -> str:
    return files("results.report").joinpath(name).read_text(encoding="utf-8")


def _policy(script: str) -> str:
    digest = base64.b64encode(sha256(script.encode()).digest()).decode("ascii")
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "base-uri 'none'; form-action 'none'"
    )


def _data(values: JsonValue) -> str:
    """JSON that cannot end the element it is in, or begin another one."""
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _figure(plot: Plot) -> str:
    return (
        f"<figure><figcaption><h3>{html.escape(plot.title)}</h3>"
        f"<p>{html.escape(plot.text)}</p></figcaption>"
        f'<div class="plot" tabindex="0" role="region" aria-label="{html.escape(plot.title)}">'
        f"{plot.svg}</div></figure>"
    )
