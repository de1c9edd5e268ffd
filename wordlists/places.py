"""Where lists are, and where new ones may go: names that are names, and folders that are ours."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wordlists.categories import CATEGORIES_FILE
from wordlists.errors import file_error
from wordlists.licences import UNKNOWN, obstacle
from wordlists.wordlist import CONTROLS_NAME, LOCAL, SHIPPED, resolve, shipped_names

SUFFIX: Final = ".csv"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_NOT_NAME = re.compile(r"[^a-z0-9_-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """The folder of the shipped lists, with that of the local ones in it."""

    folder: Path = SHIPPED
    """Where the shipped lists are, with their lists.toml."""

    @property
    def local(self) -> Path:
        """Where the lists are that do not ship; git ignores it."""
        return self.folder / LOCAL.name

    def find(self, name_or_path: str) -> Path:
        """Find the file of a list, shipped, local or anywhere.

        Raises:
            WordlistError: There is none.
        """
        path = resolve(name_or_path, folder=self.folder)
        if not path.is_file():
            what = "there is no such list"
            fix = "check the path, or make it: undelivered wordlist new NAME"
            raise file_error(path, what, fix)
        return path

    def names(self) -> tuple[str, ...]:
        """The shipped lists, the controls among them, then the local ones."""
        return (*shipped_names(self.folder), CONTROLS_NAME, *shipped_names(self.local))

    def is_shipped(self, path: Path) -> bool:
        """Whether a file lies among the shipped lists."""
        return path.resolve().parent == self.folder.resolve()

    def place(self, name: str, *, ships: bool) -> Path:
        """Where a new list of a name goes.

        Raises:
            WordlistError: The name is none, or taken among the shipped lists.
        """
        self.judge_name(name)
        return (self.folder if ships else self.local) / f"{name}{SUFFIX}"

    def judge_name(self, name: str, *, path: Path | None = None) -> None:
        """See that a new list may have a name.

        Args:
            name: The name.
            path: Its file; in the folder of the local lists if None.

        Raises:
            WordlistError: It may not.
        """
        where = path or self.local / "lists"
        if not _NAME.fullmatch(name):
            what = f"{name!r} is not a name for a list"
            fix = f"use small letters, digits and hyphens, such as {suggest_name(name)}"
            raise file_error(where, what, fix)
        if name in {*shipped_names(self.folder), CONTROLS_NAME, CATEGORIES_FILE.stem}:
            what = f"a shipped list is named {name!r}"
            raise file_error(where, what, "choose another name with --as")

    def judge_shipping(self, path: Path, licence: str) -> None:
        """See that a list under a licence may lie where it is to go.

        Raises:
            WordlistError: It would ship, and its licence forbids that.
        """
        if not self.is_shipped(path):
            return
        why = obstacle(licence)
        if why is not None:
            what = f"lists in this folder ship with the project, and {why}"
            fix = f"keep it out of there, with --local or as {self.local / path.name}"
            if licence == UNKNOWN:
                fix += "; if the list is your own, import it with --licence CC0-1.0"
            raise file_error(path, what, fix)


def suggest_name(text: str) -> str:
    """Make a name for a list of a text, such as the name of a file."""
    return _NOT_NAME.sub("-", text.lower()).strip("-_")[:64].rstrip("-_") or "list"
