"""One snapshot of a screen, and what selectors find on it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.profile import Selector, SelectorKind
from drivers.screen import Bounds, Screen

VALUES = ("a", "b", "c")
KINDS = {
    SelectorKind.ID: "resource-id",
    SelectorKind.DESC: "content-desc",
    SelectorKind.TEXT: "text",
}


def node(attributes: dict[str, str], inner: str) -> str:
    """A node with what is below it."""
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<node{written}>{inner}</node>"


attributes = st.dictionaries(st.sampled_from(list(KINDS.values())), st.sampled_from(VALUES))
leaves = attributes.map(lambda given: node(given, ""))
trees = st.recursive(
    leaves,
    lambda inner: st.builds(node, attributes, st.lists(inner, max_size=4).map("".join)),
    max_leaves=12,
)
selectors = st.one_of(
    st.builds(
        Selector,
        kind=st.sampled_from(list(KINDS)),
        values=st.lists(st.sampled_from((*VALUES, "nowhere")), min_size=1, unique=True).map(tuple),
    ),
    st.builds(
        Selector,
        kind=st.just(SelectorKind.XPATH),
        values=st.sampled_from([("//node[@text]",), ("//node[not(node)]",), ("//nothing",)]),
    ),
)


@given(trees, st.lists(st.lists(selectors, max_size=3).map(tuple), min_size=1, max_size=4))
def test_first_alternative_that_matches_wins(tree: str, places: list[tuple[Selector, ...]]) -> None:
    """All that it finds is told in the order of the screen, whatever was asked before."""
    screen = Screen.parse(f"<hierarchy>{tree}</hierarchy>")
    for alternatives in places:
        each_finds = [(each, list(each.find(screen.root))) for each in alternatives]
        winner, wanted = next((pair for pair in each_finds if pair[1]), (None, []))
        assert [each.element for each in screen.all(alternatives)] == wanted
        first, found = screen.first(alternatives), screen.locate(alternatives)
        if winner is None:
            assert first is None
            assert found is None
        else:
            assert first is not None
            assert found is not None
            assert first.element is found.node.element is wanted[0]
            assert found.kind is winner.kind
            assert found.value in winner.values


def test_bounds_are_told_where_they_are_written() -> None:
    """A rectangle may begin outside the screen; what is none is not taken for one."""
    screen = Screen.parse('<all><node bounds="[-5,0][10,20]"/><node bounds="5,5"/><node/></all>')
    written, broken, without = screen.all((Selector(kind=SelectorKind.XPATH, values=("//node",)),))
    assert written.bounds == Bounds(left=-5, top=0, right=10, bottom=20)
    assert broken.bounds is None
    assert without.bounds is None


def test_width_is_what_the_screen_states_or_shows() -> None:
    """Without a stated width, it is the right edge of what lies furthest right."""
    assert Screen.parse('<all width="1080"/>').width == 1080
    assert (
        Screen.parse('<all><a bounds="[0,0][300,5]"/><b bounds="[0,0][20,5]"/></all>').width == 300
    )
    assert Screen.parse("<all/>").width == 0


def test_of_a_broken_source_whatever_can_be_read_is() -> None:
    """A source that ends in the middle, or is none, gives a screen and no error."""
    cut = Screen.parse('<all><node package="org.example" text="a"/><node')
    assert cut.package == "org.example"
    assert Screen.parse("").package is None


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("&#55357;&#56832;", "😀"),
        ("&#xD83D;&#xDE00;!", "😀!"),
        ("a&#55357;b", "a\ufffdb"),
        ("&#128512;&#57344;", "😀\ue000"),
    ],
)
def test_halves_of_characters_are_put_together(written: str, read: str) -> None:
    """An emoji that a server writes as two references is one; a half alone is told as such."""
    screen = Screen.parse(f'<all><node text="{written}"/></all>')
    (node,) = screen.all((Selector(kind=SelectorKind.XPATH, values=("//node",)),))
    assert node.text == read


def test_what_is_no_node_is_left_out() -> None:
    """Comments and processing instructions are no nodes, and absurd numbers no places."""
    digits = "9" * 5000
    screen = Screen.parse(
        f'<all width="{digits}"><?a b?><!-- c --><node bounds="[0,0][{digits},1]"/></all>'
    )
    assert [each.tag for each in screen.root.iterdescendants()] == ["node"]
    assert screen.width == 0
