"""Reads the dates of published lists, which are written in many ways."""

import datetime
import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

_YEAR_FIRST = re.compile(r"(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?(?:[T ].*)?")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?:[T ].*)?")
_MONTH_YEAR = re.compile(r"(\d{1,2})[-/.](\d{4})")
_YEAR = re.compile(r"\d{4}")
_MONTHS: Final = 12


class DateOrder(StrEnum):
    """What the first number of a date with its year at the end is."""

    MONTH_FIRST = "month-first"
    DAY_FIRST = "day-first"


def read_date(text: str, order: DateOrder | None) -> datetime.date | None:
    """Read a date: ``2016-07-01``, ``2019-12-31 03:00 GMT``, ``7/1/2016``, ``07/2016``, ``2016``.

    Args:
        text: The date. A month or a year means its first day; a time of day is left out.
        order: What comes first in ``7/1/2016``; None if that is not known.

    Returns:
        The day; None if the text is no date, or may mean either of two days.
    """
    text = text.strip()
    if match := _YEAR_FIRST.fullmatch(text):
        return _date(int(match[1]), int(match[2]), int(match[3] or 1))
    if match := _YEAR_LAST.fullmatch(text):
        first, second, year = (int(each) for each in match.groups())
        known = _order_of(first, second) or order
        if known is None:
            return None
        is_month_first = known is DateOrder.MONTH_FIRST
        return _date(year, *((first, second) if is_month_first else (second, first)))
    if match := _MONTH_YEAR.fullmatch(text):
        return _date(int(match[2]), int(match[1]), 1)
    return _date(int(text), 1, 1) if _YEAR.fullmatch(text) else None


def tell_order(texts: Iterable[str]) -> DateOrder | None:
    """Tell from all dates of a file which order they are in.

    Returns:
        None if no date tells, or if two tell otherwise.
    """
    orders: set[DateOrder | None] = set()
    for text in texts:
        match = _YEAR_LAST.fullmatch(text.strip())
        if match is None:
            continue
        first, second = int(match[1]), int(match[2])
        if first != second:
            orders.add(_order_of(first, second))
    orders.discard(None)
    return orders.pop() if len(orders) == 1 else None


def _order_of(first: int, second: int) -> DateOrder | None:
    """What two numbers tell of their order; None if each could be the month."""
    if first == second or second > _MONTHS:
        return DateOrder.MONTH_FIRST
    return DateOrder.DAY_FIRST if first > _MONTHS else None


def _date(year: int, month: int, day: int) -> datetime.date | None:
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return None
