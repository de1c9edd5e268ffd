"""Reading the dates of published lists."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordlists.importers.dates import DateOrder, read_date, tell_order

MONTH_FIRST, DAY_FIRST = DateOrder.MONTH_FIRST, DateOrder.DAY_FIRST


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("2016-07-01", None, "2016-07-01"),
        ("2016/7/1", None, "2016-07-01"),
        ("2016年7月1日", None, "2016-07-01"),
        ("2019-12-31 03:00 GMT", None, "2019-12-31"),
        ("2025-01-10T07:10:34Z", None, "2025-01-10"),
        ("07/2016", None, "2016-07-01"),
        ("2016", None, "2016-01-01"),
        ("7/1/2016", MONTH_FIRST, "2016-07-01"),
        ("7/1/2016", DAY_FIRST, "2016-01-07"),
        ("7/7/2016", None, "2016-07-07"),
        ("7/13/2016", None, "2016-07-13"),
        ("13/7/2016", None, "2016-07-13"),
        ("7/1/2016", None, None),
        ("31/31/2016", MONTH_FIRST, None),
        ("2016-02-30", None, None),
        ("yesterday", None, None),
    ],
)
def test_dates(text: str, order: DateOrder | None, day: str | None) -> None:
    """Each form is read; what is no date, or may be two, is not guessed at."""
    found = read_date(text, order)
    assert found == (datetime.date.fromisoformat(day) if day else None)


@given(st.dates(), st.sampled_from(list(DateOrder)))
def test_order_decides(day: datetime.date, order: DateOrder) -> None:
    """A date written in an order is read in that order."""
    first, second = (day.month, day.day) if order is MONTH_FIRST else (day.day, day.month)
    assert read_date(f"{first}/{second}/{day.year:04}", order) == day


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["7/1/2016", "1/25/2017"], MONTH_FIRST),
        (["7/1/2016", "25/1/2017"], DAY_FIRST),
        (["7/1/2016", "7/7/2016", "2016-01-13"], None),
        (["25/1/2017", "1/25/2017"], None),
        ([], None),
    ],
)
def test_order_is_told_by_the_whole_file(texts: list[str], order: DateOrder | None) -> None:
    """One date with a day over 12 tells the order of all; two that disagree tell nothing."""
    assert tell_order(texts) is order
