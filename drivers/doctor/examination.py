"""A whole testbed examined, from its file to the arrival of a message."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from time import sleep
from typing import Final

from drivers.doctor.exchange import RECEIVER_CHECKS, SENDER_CHECKS, Exchange, harmless_text
from drivers.doctor.finding import Check, Examination, Finding, Status
from drivers.doctor.inbox import INBOX_CHECKS, InboxPatient
from drivers.doctor.patient import MANAGED_CHECKS, REMOTE_CHECKS, SESSION_CHECKS, Patient
from drivers.doctor.screens import SCREEN_CHECKS
from drivers.doctor.web import WEB_CHECKS
from drivers.doctor.workbench import WORKBENCH_CHECKS, Workbench
from drivers.door import Door
from drivers.end import End
from drivers.ends import end_behind
from drivers.errors import ConfigError
from drivers.handset_receiver import HandsetReceiver
from drivers.lane import Lane
from drivers.testbed import HandsetConfig, LaneConfig
from drivers.tools import Places

_LONGEST_PAUSE_S: Final = 600.0  # one handset waits while the others are examined
_INBOX: Final = "not checked: what is sent would be read from an inbox, which nothing is taken from"


def examine(
    testbed: str, *, chat: str, sends: bool, folder: Path, places: Places
) -> Generator[Finding, None, None]:
    """Examine a testbed; findings come as soon as they are made.

    Args:
        testbed: Path of the testbed, or ``embedded``.
        chat: ``direct`` or ``group``.
        sends: Whether to send one harmless control on each lane.
        folder: Where logs, and screens on which something is missing, are kept.
        places: Where tools are looked for.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as closing:
        bench = Workbench(name=testbed, chat=chat, folder=folder, places=places, closing=closing)
        examination = Examination()
        yield from examination.make(WORKBENCH_CHECKS, bench)
        if not examination.is_met("testbed"):
            yield Finding(
                check="handsets",
                handset=None,
                status=Status.SKIPPED,
                detail="not checked: it builds upon 'testbed', which did not succeed",
                remedy="",
            )
        for lane in bench.lanes:
            sender, receivers = _patients(bench, lane)
            for patient in (sender, *receivers):
                name = patient.config.name
                if isinstance(patient, InboxPatient):
                    yield from examination.make(INBOX_CHECKS, patient, handset=name)
                    continue
                checks = (*_checks(patient.config), *SCREEN_CHECKS)
                if patient.handset is not None:
                    closing.callback(patient.handset.stop)
                yield from examination.make(checks, patient, handset=name)
            yield from _exchange(examination, bench, lane, (sender, receivers[0]), sends=sends)


def _checks(config: HandsetConfig) -> tuple[Check[Patient], ...]:
    """What is checked before the screens."""
    if config.web is not None:
        return (*(() if config.is_managed else REMOTE_CHECKS), *WEB_CHECKS)
    return (*(MANAGED_CHECKS if config.is_managed else REMOTE_CHECKS), *SESSION_CHECKS)


def _patients(
    bench: Workbench, lane: LaneConfig
) -> tuple[Patient, Sequence[Patient | InboxPatient]]:
    """The sender, and all that reads."""
    chat = next(each for each in lane.chats if each.kind == bench.chat)
    return (
        _patient(bench, lane.sender, chat.sender_title, is_receiver=False),
        [
            _patient(bench, each, chat.receiver_title, is_receiver=True)
            if isinstance(each, HandsetConfig)
            else InboxPatient(config=each, folder=bench.folder, wait=sleep)
            for each in lane.receivers(bench.chat)
        ],
    )


def _patient(bench: Workbench, config: HandsetConfig, title: str, *, is_receiver: bool) -> Patient:
    door = bench.ways.get(config.name)
    return Patient(
        config=config,
        title=title,
        udid=bench.udid(config),
        door=door,
        server=bench.server if config.is_managed else None,
        handset=None if door is None else _end(config, door),
        emulator=bench.fleet.of_handset(config.name),
        is_receiver=is_receiver,
        settle_s=bench.loaded.timing.settle_s,
        folder=bench.folder,
    )


def _end(config: HandsetConfig, door: Door) -> End | None:
    try:
        return end_behind(config, door, longest_pause_s=_LONGEST_PAUSE_S)
    except ConfigError:
        return None  # a log-in is not set; the check of that says so


def _exchange(
    examination: Examination,
    bench: Workbench,
    config: LaneConfig,
    ends: tuple[Patient, Patient | InboxPatient],
    *,
    sends: bool,
) -> Iterator[Finding]:
    sender, receiver = ends
    control = harmless_text()
    if isinstance(receiver, InboxPatient):
        # To read it would take what an interrupted run may still have to read.
        exchange = Exchange(
            patient=sender, is_sender=True, lane=None, control=control, sends=False, reason=_INBOX
        )
        yield from examination.make(SENDER_CHECKS, exchange, handset=sender.config.name)
        return
    lane = None
    if sender.handset is not None and receiver.handset is not None:
        lane = Lane(
            config,
            chat=next(each for each in config.chats if each.kind == bench.chat),
            sender=sender.handset,
            receiver=HandsetReceiver(receiver.handset, receiver.title, wait=sleep),
            timing=bench.loaded.timing,
            wait=sleep,
        )
    for end, other, checks in (
        (sender, receiver, SENDER_CHECKS),
        (receiver, sender, RECEIVER_CHECKS),
    ):
        exchange = Exchange(
            patient=end, is_sender=end is sender, lane=lane, control=control, sends=sends
        )
        yield from examination.make(
            checks, exchange, handset=end.config.name, other=other.config.name
        )
