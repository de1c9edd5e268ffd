"""The `undelivered` command: the other packages' subcommands under one name."""

import typer

from drivers.cli import app as drivers_app
from probes.evidence_command import app as evidence_app
from probes.plan_command import app as plan_app
from probes.schedule_command import app as schedule_app
from results.cli import app as results_app
from wordlists.cli import app as wordlist_app

app = typer.Typer(
    name="undelivered",
    help="Find out which words never arrive. To measure: pytest probes",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(results_app)
app.add_typer(plan_app)
app.add_typer(schedule_app)
app.add_typer(evidence_app)
app.add_typer(drivers_app)
app.add_typer(wordlist_app, name="wordlist", help="Look at, check and import wordlists.")


def main() -> None:
    """Run the command."""
    app()
