"""The command ``undelivered wordlist``: look at lists, check them, change them, import others'."""

from pathlib import Path
from typing import Annotated

import typer

from wordlists.commands.checking import check
from wordlists.commands.deriving import controls, variants
from wordlists.commands.editing import add, export, merge, new, split
from wordlists.commands.importing import import_
from wordlists.commands.showing import diff, list_, show, stats
from wordlists.places import Library
from wordlists.wordlist import SHIPPED

app = typer.Typer(
    name="wordlist",
    no_args_is_help=True,
    help="Look at wordlists, check, change and import them.",
    rich_markup_mode=None,
)


@app.callback()
def choose_folder(
    context: typer.Context,
    folder: Annotated[
        Path,
        typer.Option(
            envvar="UNDELIVERED_WORDLISTS",
            help="Where the lists are, with their lists.toml; those of the project by default.",
            show_default=False,
        ),
    ] = SHIPPED,
) -> None:
    """Look at wordlists, check, change and import them."""
    context.obj = Library(folder=folder)


app.command("list")(list_)
app.command("import")(import_)
for _command in (show, stats, check, add, new, diff, split, merge, export, variants, controls):
    app.command()(_command)
