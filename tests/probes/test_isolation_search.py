"""The search for one combination, message by message."""

import pytest

from probes.isolation_choice import Room
from probes.isolation_prior import words
from probes.isolation_search import Search, State
from probes.isolation_text import Pieces
from tests.probes.isolation_filters import EXACT, LANE, Blocks, all_of, channel

TEXT = "昨天下午我们在城里的图书馆开会,讨论了明年的读书计划"
CHANNELS = {LANE: EXACT}


def begin(text: str = TEXT, within: Pieces | None = None, *, characters: int = 200) -> Search:
    """A search in a text."""
    return Search(
        text,
        within or ((0, len(text)),),
        words=words(text),
        room=Room(characters=characters, joiner="\n"),
        alpha=0.003,
        blocked_prior=0.98,
    )


def drive(search: Search, blocks: Blocks, most: int = 100) -> list[tuple[str, bool]]:
    """Send what a search asks for until it is at its end."""
    sent = []
    while search.state(CHANNELS) is State.OPEN and len(sent) < most:
        pieces = search.next(CHANNELS, LANE)
        assert pieces is not None
        text = search.spell(pieces)
        search.send(len(sent), pieces, LANE)
        search.put(len(sent), blocks(text))
        sent.append((text, blocks(text)))
    return sent


def test_found_combination_was_shown_to_a_reader_without_prior() -> None:
    """What is found was blocked alone, and for each component everything less was delivered."""
    components = ("图书馆", "计划")
    search = begin()
    sent = drive(search, all_of(*components))
    assert search.state(CHANNELS) is State.FOUND
    assert [TEXT[start:end] for start, end in search.components(CHANNELS)] == [*components]
    assert ("图书馆\n计划", True) in sent
    for component, other in zip(components, reversed(components), strict=True):
        assert any(
            other in text
            and component[1:] in text
            and component[:-1] in text
            and component not in text
            for text, is_blocked in sent
            if not is_blocked
        )


def test_only_what_is_searched_is_sent() -> None:
    """Nothing that lies outside the pieces searched is in any message."""
    search = begin(within=((0, 10), (16, len(TEXT))))
    sent = drive(search, all_of("城里", "计划"))
    assert search.state(CHANNELS) is State.FOUND
    assert not any("图书馆" in text for text, _ in sent)


def test_text_that_arrives_has_nothing() -> None:
    """If the whole arrives, there is no combination."""
    search = begin()
    drive(search, lambda _: False)
    assert search.state(CHANNELS) is State.NOTHING


def test_void_message_leaves_no_trace() -> None:
    """A message that proved nothing is asked for again, as if it had not been sent."""
    search = begin()
    pieces = search.next(CHANNELS, LANE)
    assert pieces is not None
    search.send(0, pieces, LANE)
    search.put(0, None)
    assert search.next(CHANNELS, LANE) == pieces


def test_search_waits_when_all_is_on_its_way() -> None:
    """When every message that could tell something is on its way, there is nothing to send."""
    search = begin("好")
    pieces = search.next(CHANNELS, LANE)
    assert pieces == ((0, 1),)
    search.send(0, pieces, LANE)
    assert search.next(CHANNELS, LANE) is None


def test_longer_components_are_looked_for_when_needed() -> None:
    """A component longer than those looked for at first is found in few messages."""
    text = TEXT + "。会后有人提到达赖喇嘛和菩提伽耶,大家决定下个月再见面,带上各自喜欢的书。"
    component = text[4:44]
    search = begin(text)
    sent = drive(search, all_of(component))
    assert [text[start:end] for start, end in search.components(CHANNELS)] == [component]
    assert len(sent) < 60


def test_contradictions_are_not_explained_away() -> None:
    """If the same text is blocked and delivered on a lane that never errs, nothing explains it."""
    search = begin()
    for message in range(6):
        search.send(message, ((0, len(TEXT)),), LANE)
        search.put(message, message % 2 == 0)
    assert search.state(CHANNELS) is State.UNEXPLAINED


def test_more_is_known_of_a_lane() -> None:
    """When a lane turns out to err, what was certain is open again."""
    search = begin("好")
    search.send(0, ((0, 1),), LANE)
    search.put(0, True)
    assert search.state(CHANNELS) is State.FOUND
    search.forget()
    assert search.state({LANE: channel(0.3, 0.01)}) is State.OPEN


@pytest.mark.parametrize("count", [1, 2, 3])
def test_components_of_one_character(count: int) -> None:
    """Single characters are found, each with all its places."""
    components = ("城", "会", "划")[:count]
    search = begin()
    drive(search, all_of(*components))
    found = search.components(CHANNELS)
    assert {TEXT[start:end] for start, end in found} == set(components)
    assert all(search.occurrences(each) == (each,) for each in found)
