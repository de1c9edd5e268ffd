"""The plots: what they draw, and that they need nothing when they are opened."""

import re

import pytest
from lxml import etree

from results.journal import Journal
from results.judged_run import judge_run
from results.redaction import Redaction
from results.report.history import past
from results.report.plots import Plot, _ticks, draw
from tests.results.examples import RUN, entry, lane_of


@pytest.fixture
def drawn(journal: Journal) -> list[Plot]:
    """The plots of a run with a word full of markup for a category."""
    journal.add_entries(RUN.id, [entry("e", "<b>&\"'")])
    for attempt in lane_of("C" * 30 + "nCnCpCpCpCpC"):
        journal.begin_attempt(attempt)
    run = judge_run(journal, RUN.id)
    return draw([run], past(journal, run.run), Redaction())


def test_one_run_has_four_plots(drawn: list[Plot]) -> None:
    """A single run makes no line over runs; the others are drawn."""
    assert [plot.title for plot in drawn] == [
        "Verdicts by category",
        "Outcomes by condition",
        "Sensitivity and specificity",
        "Health of the lanes",
    ]


def test_plots_are_well_formed_and_name_no_address(drawn: list[Plot]) -> None:
    """Each plot is XML of its own, without script, image or link."""
    for plot in drawn:
        tree = etree.fromstring(plot.svg)
        names = {etree.QName(each).localname for each in tree.iter()}
        assert names <= {"svg", "g", "path", "line", "rect", "text", "title", "defs", "clipPath"}
        assert not re.findall(r"(?:href|src)=|url\(http", plot.svg)


def test_marks_say_what_they_show(drawn: list[Plot]) -> None:
    """A mark has a label with its values, for those who cannot see it."""
    assert 'aria-label="entries: 1; category: REL; what: censored' in drawn[0].svg
    assert "canaries" in drawn[1].svg
    assert 'role="group" aria-label="Verdicts by category"' in drawn[0].svg


def test_colours_are_those_of_the_page(drawn: list[Plot]) -> None:
    """Plots follow the page from light to dark: their marks are coloured by its variables."""
    assert 'fill="var(--censored)"' in drawn[0].svg
    assert 'fill="var(--ink)"' in drawn[0].svg


@pytest.mark.parametrize(
    ("longest", "ticks"),
    [(0, [0]), (2, [0, 1, 2]), (11, [0, 2, 4, 6, 8, 10]), (130, 50), (9999, 2000)],
)
def test_counts_have_whole_ticks(longest: int, ticks: list[int] | int) -> None:
    """An axis of counts has whole numbers only, not many of them."""
    found = _ticks(longest)
    assert found == ticks if isinstance(ticks, list) else found[1] == ticks
    assert len(found) <= 7
