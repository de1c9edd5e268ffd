"""Texts to send, composed from entries."""

from hypothesis import given
from hypothesis import strategies as st

from probes.message import Message, compose
from results.record import MessageKind


@given(st.lists(st.text(min_size=1), min_size=1, max_size=5), st.sampled_from([" ", "\n", ""]))
def test_every_component_is_in_the_text(components: list[str], joiner: str) -> None:
    """A combination's text holds all its components, in their order, and only the joiner more."""
    text = compose(components, joiner)
    place = 0
    for component in components:
        place = text.index(component, place) + len(component)
    assert len(text) == sum(map(len, components)) + len(joiner) * (len(components) - 1)


def test_one_component_is_sent_as_it_is() -> None:
    """A plain keyword is sent exactly as the list writes it."""
    assert compose(["བོད་ལྗོངས"], "\n") == "བོད་ལྗོངས"


def test_controls_carry_no_entry() -> None:
    """A message carries no entry unless it is told which."""
    assert Message(kind=MessageKind.CONTROL, text="早上好").entries == ()
