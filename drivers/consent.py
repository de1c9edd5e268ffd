"""What has to be promised, and stated, before a run sends through an app that people use."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from typing import Final

from pydantic import Field

from drivers.border import Border
from drivers.testbed_parts import LaneConfig, Pacing

LEAST_PAUSE_S: Final = 5.0
"""Shortest pause between two messages of an account that is accepted for a real app, seconds.

A floor against mistakes, not advice: WeChat turned accounts away after some 60 messages sent one
after the other, and pauses of 15 to 35 s, the default, were reported to be safe.
"""

_PAGE: Final = "docs/safety.md"


def statement() -> str:
    """The project's consent statement, as it has to be acknowledged."""
    return (files("drivers") / "consent.txt").read_text(encoding="utf-8")


def statement_id() -> str:
    """What names the statement: another text has another one."""
    return hashlib.sha256(statement().encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """That somebody has read the consent statement and stands by it.

    Attributes:
        text: Id of the statement that was read.
        acknowledged_by: Who answers for it: a person or an office. It stays in the testbed file.
        when: Day it was acknowledged.
    """

    text: str
    acknowledged_by: str
    when: date

    def __str__(self) -> str:
        return f"{self.text}, {self.when}"


class ConsentTable(Border):
    """The table ``[consent]``."""

    text: str
    acknowledged_by: str = Field(min_length=1)
    date: date

    def to_consent(self) -> Consent:
        """What it says."""
        return Consent(text=self.text, acknowledged_by=self.acknowledged_by, when=self.date)


def objections(
    lanes: Sequence[LaneConfig], consent: Consent | None, pacing: Pacing
) -> Sequence[str]:
    """Why nothing may be sent on these lanes; nothing where all is as it must be.

    Lanes on embedded handsets, on apps made for tests and on servers of one's own need nothing of
    this. That each account is dedicated is seen to when the testbed is loaded.

    Args:
        lanes: The lanes of a run.
        consent: What the testbed says of it.
        pacing: Pace and budget.
    """
    real = sorted({each.sender.profile.title for each in lanes if each.sender.is_real})
    if not real:
        return ()
    problems = [*_consent_problems(consent), *_pacing_problems(pacing)]
    if not problems:
        return ()
    apps = ", ".join(real)
    return (f"{apps}: other people use it, so that this must be stated first:", *problems)


def consent_to_state() -> str:
    """The statement, and how a testbed says that it was acknowledged."""
    today = datetime.now(UTC).date()
    return (
        f"{statement()}\nIf all of this is so, add to the testbed ({_PAGE} explains it):\n\n"
        f'[consent]\ntext = "{statement_id()}"\nacknowledged_by = "who answers for it"\n'
        f"date = {today}\n"
    )


def _consent_problems(consent: Consent | None) -> Iterator[str]:
    if consent is None:
        yield "there is no table [consent]: nobody has acknowledged the statement below"
        return
    if consent.text != statement_id():
        yield (
            f"consent.text = {consent.text!r} is not the statement below, which is "
            f"{statement_id()!r}: read it, since it may have changed"
        )
    if consent.when > (datetime.now(UTC) + timedelta(days=1)).date():
        yield f"consent.date = {consent.when} has not come yet"


def _pacing_problems(pacing: Pacing) -> Iterator[str]:
    if pacing.daily_budget is None:
        yield "pacing.daily_budget is missing: how many messages an account may send in 24 hours"
    if not pacing.is_stated:
        yield "pacing.pause_s is missing: [15, 35] is what was reported to be safe"
    elif pacing.pause_s[0] < LEAST_PAUSE_S:
        yield (
            f"pacing.pause_s: {pacing.pause_s[0]:g} s is shorter than {LEAST_PAUSE_S:g} s, which "
            "gets accounts banned; [15, 35] is what was reported to be safe"
        )
