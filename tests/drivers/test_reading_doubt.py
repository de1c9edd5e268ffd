"""Readers of conversations in which not everything can be told."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import cast
from xml.sax.saxutils import quoteattr

import pytest

from drivers.conversation import Overlay
from drivers.errors import ScreenUnknown
from drivers.handset import Handset
from drivers.profile import Selector, SelectorKind
from drivers.profile_file import load_profile
from drivers.reading import TreeReader
from drivers.screen import Node, Screen
from drivers.testbed import HandsetConfig, load_testbed

ID = "org.undelivered.courier:id/"
TITLE = "Weekend walks"
MORE = Selector(kind=SelectorKind.ID, values=(f"{ID}more",))


@dataclass(frozen=True)
class Row:
    """A row: its text, whether it lies on the own side, and the text it unfolds to."""

    text: str
    is_right: bool = False
    whole: str | None = None


@dataclass
class Folding:
    """A handset whose chat shows rows, of which some are folded.

    Attributes:
        rows: The rows, oldest first.
        unfolds: What a tap does: ``row`` to show all of the text, ``screen`` to open another one.
        tapped: How often something was unfolded.
    """

    rows: Sequence[Row] = ()
    unfolds: str = "row"
    tapped: int = 0
    went_back: int = 0
    is_elsewhere: bool = False
    done: set[str] = field(default_factory=set)

    @property
    def config(self) -> HandsetConfig:
        """That of the shipped testbed, with an app that folds texts."""
        profile = load_profile("courier")
        profile = replace(profile, screens=replace(profile.screens, more=(MORE,)))
        return replace(load_testbed("embedded").handsets[1], profile=profile)

    def screen(self) -> Screen:
        """The chat, or what else is open."""
        if self.is_elsewhere:
            return Screen.parse('<hierarchy><a.B package="org.undelivered.courier"/></hierarchy>')
        rows = "".join(self._row(number, row) for number, row in enumerate(self.rows))
        return Screen.parse(
            f'<hierarchy width="1000"><a.B resource-id="{ID}chat_title" text="{TITLE}"/>{rows}'
            "</hierarchy>"
        )

    def _row(self, number: int, row: Row) -> str:
        bounds = "[500,0][980,9]" if row.is_right else "[20,0][500,9]"
        is_folded = row.whole is not None and row.text not in self.done
        text = row.text if row.whole is None or is_folded else row.whole
        more = f'<a.B resource-id="{ID}more" text="{number}"/>' if is_folded else ""
        return (
            f'<a.B resource-id="{ID}message_row"><a.B resource-id="{ID}message_text" '
            f'text={quoteattr(text)} bounds="{bounds}"/>{more}</a.B>'
        )

    def tap_node(self, node: Node, what: str) -> None:
        """Unfold a message, as this app does it."""
        self.tapped += 1
        self.is_elsewhere = self.unfolds == "screen"
        if self.unfolds == "row":
            self.done.add(self.rows[int(node.text)].text)

    def go_back(self) -> None:
        """Leave another screen."""
        self.went_back += 1
        self.is_elsewhere = False

    def scroll_back(self) -> bool:
        """Nothing is above."""
        return False

    def scroll_forward(self) -> bool:
        """Nothing is below."""
        return False


def reader_of(handset: Folding) -> TreeReader:
    """A reader that has begun."""
    reader = TreeReader(cast("Handset", handset), TITLE)
    reader.begin(is_resumed=False)
    return reader


def test_folded_message_is_unfolded() -> None:
    """A long message is unfolded before it is read."""
    handset = Folding([Row("a")])
    reader = reader_of(handset)
    handset.rows = [Row("a"), Row("begin…", whole="begin and end"), Row("c")]
    assert reader.look(("a",), expected=2).new == ("begin and end", "c")
    assert reader.look(("a", "begin and end", "c"), expected=1).new == ()
    assert handset.tapped == 1


@pytest.mark.parametrize("unfolds", ["nothing", "screen"])
def test_message_that_does_not_unfold_is_told_once(unfolds: str) -> None:
    """A message that stays folded is no arrival; it is told of once, and the chat is read on."""
    handset = Folding([Row("a")], unfolds=unfolds)
    reader = reader_of(handset)
    handset.rows = [Row("a"), Row("begin…", whole="begin and end"), Row("c")]
    with pytest.raises(ScreenUnknown, match="may or may not have come in"):
        reader.look(("a",), expected=2)
    assert reader.look(("a",), expected=2).new == ("c",)
    assert handset.tapped == 1
    assert handset.went_back == (unfolds == "screen")


def test_message_that_folds_again_is_unfolded_again() -> None:
    """A message that the app has folded again, as after scrolling, is the same, and is unfolded."""
    handset = Folding([Row("a"), Row("begin…", whole="begin and end")])
    reader = reader_of(handset)
    handset.done.clear()
    assert reader.look(("a", "begin and end"), expected=1) == Overlay(
        new=(), before=(), gone=(), top=0, is_joined=True
    )
    assert handset.tapped == 2


def test_doubtful_message_with_a_text_of_before_is_told_again() -> None:
    """That an equal text was in doubt before does not let a second one pass for nothing."""
    handset = Folding([Row("a")])
    reader = reader_of(handset)
    doubtful = Row("whose?", is_right=True)
    handset.rows = [Row("a"), doubtful, Row("b")]
    with pytest.raises(ScreenUnknown):
        reader.look(("a",), expected=2)
    assert reader.look(("a",), expected=2).new == ("b",)
    handset.rows = [Row("b"), doubtful]
    with pytest.raises(ScreenUnknown):
        reader.look(("a", "b"), expected=1)
    handset.rows = [Row("b"), doubtful, doubtful]
    with pytest.raises(ScreenUnknown):
        reader.look(("a", "b"), expected=1)
    assert reader.look(("a", "b"), expected=1).new == ()


def test_message_that_is_nobodys_is_told_once() -> None:
    """A message of which it cannot be told whose it is is neither an arrival nor passed over."""
    handset = Folding([Row("a")])
    reader = reader_of(handset)
    handset.rows = [Row("a"), Row("whose?", is_right=True)]
    with pytest.raises(ScreenUnknown, match="cannot be told whose they are"):
        reader.look(("a",), expected=1)
    assert reader.look(("a",), expected=1).new == ()


def test_doubtful_messages_of_before_are_let_be() -> None:
    """What could not be told when reading began bears on nothing that is measured."""
    handset = Folding([Row("a"), Row("whose?", is_right=True), Row("b")])
    reader = reader_of(handset)
    handset.rows = [*handset.rows, Row("c")]
    assert reader.look(("a", "b"), expected=1).new == ("c",)


def test_nothing_is_gone_that_may_be_in_doubt() -> None:
    """A known message is not called gone while one on the screen may be it."""
    handset = Folding([Row("a"), Row("b"), Row("c")])
    reader = reader_of(handset)
    known = ("a", "b", "c")
    handset.rows = [Row("a"), Row("b", is_right=True), Row("c")]
    over = reader.look(known, expected=1)
    assert (over.new, over.gone) == ((), ())
    handset.rows = [Row("a"), Row("c")]
    assert reader.look(known, expected=1).gone == (1,)
