"""Opening a chat that is not in sight, through the app's search."""

from dataclasses import dataclass, field, replace
from typing import cast
from xml.sax.saxutils import quoteattr

import pytest

from drivers.chat_search import open_by_search
from drivers.end import End
from drivers.errors import ScreenUnknown
from drivers.profile import Alternatives, Profile, Selector, SelectorKind
from drivers.profile_file import load_profile
from drivers.screen import Found, Node, Screen
from drivers.testbed import HandsetConfig, load_testbed

ID = "org.undelivered.courier:id/"


def by_id(name: str) -> Alternatives:
    """A selector by an id of the app."""
    return (Selector(kind=SelectorKind.ID, values=(ID + name,)),)


@dataclass
class Searching:
    """A handset whose app has a search, of which a button opens the field.

    Attributes:
        chats: Titles of the chats there are.
        has_button: Whether the app has a search at all.
        looks_until_found: How many looks the search takes.
        typed: What was typed into its field.
        opened: The chat that was opened.
    """

    chats: tuple[str, ...] = ("Bo", "Bo & An", 'Bo" or "1')
    has_button: bool = True
    opens: bool = True
    looks_until_found: int = 2
    is_open: bool = False
    typed: list[tuple[str, bool]] = field(default_factory=list)
    opened: str | None = None

    @property
    def config(self) -> HandsetConfig:
        """That of the shipped testbed, with an app that has a search."""
        return replace(load_testbed("embedded").handsets[1], profile=self.profile)

    @property
    def profile(self) -> Profile:
        """An app with a search."""
        profile = load_profile("courier")
        screens = replace(
            profile.screens,
            search=by_id("search"),
            search_input=by_id("search_field"),
            search_row=by_id("found"),
            search_name=by_id("found_name"),
        )
        return replace(profile, screens=screens if self.has_button else profile.screens)

    def screen(self) -> Screen:
        """The list of chats, or the search."""
        inner = f'<a.B resource-id="{ID}search"/>'
        if self.is_open:
            self.looks_until_found -= bool(self.typed)
            asked = self.typed[-1][0] if self.typed else None
            found = [each for each in self.chats if asked is not None and asked in each]
            inner = f'<a.B resource-id="{ID}search_field" text="Search" hint="Search"/>' + "".join(
                f'<a.B resource-id="{ID}found"><a.B resource-id="{ID}found_name" '
                f"text={quoteattr(each)}/></a.B>"
                for each in found
                if self.looks_until_found <= 0
            )
        return Screen.parse(f"<hierarchy>{inner}</hierarchy>")

    def tap(self, found: Found, what: str) -> None:
        """Open the search."""
        assert found.value == f"{ID}search"
        self.is_open = self.opens

    def type_into(self, found: Found, text: str, what: str, *, clear: bool) -> None:
        """Type what is searched for."""
        assert found.value == f"{ID}search_field"
        self.typed.append((text, clear))

    def tap_node(self, node: Node, what: str) -> None:
        """Open a chat that was found."""
        self.opened = node.element[0].get("text")


def search(handset: Searching, title: str, *, waits: int = 5) -> bool:
    """Whether a chat is opened, if only so many looks are waited for."""
    left = iter(range(waits))
    return open_by_search(cast("End", handset), title, wait=lambda _: next(left, None) is None)


@pytest.mark.parametrize("title", Searching().chats)
def test_chat_is_found_and_opened(title: str) -> None:
    """The chat of exactly this title is opened, whatever is found besides and however late."""
    handset = Searching()
    assert search(handset, title)
    assert handset.opened == title
    assert handset.typed == [(title, False)]


def test_field_that_is_there_already_is_used() -> None:
    """Where the search is open, nothing is tapped to open it."""
    handset = Searching(is_open=True)
    assert search(handset, "Bo")


def test_chat_that_is_not_found_is_not_opened() -> None:
    """Of chats with other titles none is opened."""
    handset = Searching()
    assert not search(handset, "B")
    assert handset.opened is None


def test_app_without_a_search() -> None:
    """Where the profile knows no search, nothing is tapped or typed."""
    handset = Searching(has_button=False)
    assert not search(handset, "Bo")
    assert not handset.typed


def test_search_that_does_not_open_is_explained() -> None:
    """A search that does not come up is no reason to type anywhere else."""
    handset = Searching(opens=False)
    with pytest.raises(ScreenUnknown, match="Correct `search` and `search_input`"):
        search(handset, "Bo")
    assert not handset.typed
