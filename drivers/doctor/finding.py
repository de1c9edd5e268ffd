"""What a check found, and the running of checks in order.

A check is data: a name, the checks it builds upon, and one small function. One that builds upon a
check that failed is not made, and says so.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from textwrap import indent
from typing import Generic, TypeVar

from drivers.errors import ConfigError, DriverError, SessionLost

SESSION = "session"
"""Name of the check that opens a session: when one is lost, whatever builds upon it is not made."""


class Status(StrEnum):
    """How a check went."""

    OK = "ok"
    WARN = "warn"  # measuring is possible, but something should be looked at
    FAIL = "fail"
    SKIPPED = "skipped"  # not made; the detail says why


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a check's function says.

    Attributes:
        status: How it went.
        detail: What was seen, or what is wrong.
        remedy: What to do; empty where there is nothing to be done.
    """

    status: Status
    detail: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found.

    Attributes:
        check: Name of the check.
        handset: The handset it is about; ``None`` for all of the testbed.
        status: How it went.
        detail: What was seen, or what is wrong.
        remedy: What to do; empty where there is nothing to be done.
    """

    check: str
    handset: str | None
    status: Status
    detail: str
    remedy: str


def report_line(finding: Finding) -> str:
    """A finding for people: what, where, and below it what to do."""
    place = f"{finding.handset}  " if finding.handset else ""
    line = f"{finding.status:<8} {place}{finding.check}: {finding.detail}"
    return line + indent(f"\n{finding.remedy}" if finding.remedy else "", " " * 9)


def ok(detail: str) -> Result:
    """All is well."""
    return Result(status=Status.OK, detail=detail)


def warn(detail: str, remedy: str) -> Result:
    """Something should be looked at."""
    return Result(status=Status.WARN, detail=detail, remedy=remedy)


def fail(detail: str, remedy: str) -> Result:
    """Nothing can be measured like this."""
    return Result(status=Status.FAIL, detail=detail, remedy=remedy)


def skipped(detail: str) -> Result:
    """The check does not apply here, or was not asked for."""
    return Result(status=Status.SKIPPED, detail=detail)


Subject = TypeVar("Subject")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Generic[Subject]):
    """A check of something.

    Attributes:
        name: What it is called, as in "ok  phone-1  typing".
        look: Looks, and says what it saw. What it raises is a failure with the error's message.
        remedy: What to do when it raises.
        needs: Checks, of the same handset or the testbed, without which it cannot be made.
        needs_of_other: Checks of the lane's other handset without which it cannot be made.
    """

    name: str
    look: Callable[[Subject], Result]
    remedy: str = ""
    needs: tuple[str, ...] = ()
    needs_of_other: tuple[str, ...] = ()


class Examination:
    """Makes checks, one after the other, and remembers which of them others cannot build upon."""

    def __init__(self) -> None:
        """Begin."""
        # Checks nothing can build upon, by name and handset, with the failure at the bottom of it.
        self._unmet: dict[tuple[str, str | None], str] = {}

    def make(
        self,
        checks: Iterable[Check[Subject]],
        subject: Subject,
        *,
        handset: str | None = None,
        other: str | None = None,
    ) -> Iterator[Finding]:
        """Make checks and tell of each.

        Args:
            checks: What to check, in this order.
            subject: What their functions look at.
            handset: The handset they are about.
            other: The handset at the other end of its lane.
        """
        for check in checks:
            failure = self._failure_below(check, handset, other)
            if failure is None:
                result = self._look(check, subject, handset)
                if result.status is Status.FAIL:
                    self._unmet[check.name, handset] = _called(check.name, handset)
            else:
                result = skipped(f"not checked: it builds upon {failure!r}, which did not succeed")
                self._unmet[check.name, handset] = failure
            yield Finding(
                check=check.name,
                handset=handset,
                status=result.status,
                detail=result.detail,
                remedy=result.remedy,
            )

    def is_met(self, check: str) -> bool:
        """Whether nothing stands against what builds upon a check of the testbed."""
        return (check, None) not in self._unmet

    def _failure_below(
        self, check: Check[Subject], handset: str | None, other: str | None
    ) -> str | None:
        keys = [(need, place) for need in check.needs for place in (handset, None)]
        keys += [(need, other) for need in check.needs_of_other]
        return next((self._unmet[key] for key in keys if key in self._unmet), None)

    def _look(self, check: Check[Subject], subject: Subject, handset: str | None) -> Result:
        try:
            return check.look(subject)
        except (ConfigError, DriverError) as error:
            if isinstance(error, SessionLost):
                self._unmet[SESSION, handset] = _called(SESSION, handset)
            return fail(str(error), check.remedy)


def _called(check: str, handset: str | None) -> str:
    return f"{handset} {check}" if handset else check
