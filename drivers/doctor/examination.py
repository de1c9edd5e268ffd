"""A whole testbed examined, from its file to the arrival of a message."""

from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from time import sleep
from typing import Final

from drivers.doctor.exchange import RECEIVER_CHECKS, SENDER_CHECKS, Exchange, harmless_text
from drivers.doctor.finding import Examination, Finding, Status
from drivers.doctor.patient import MANAGED_CHECKS, REMOTE_CHECKS, SESSION_CHECKS, Patient
from drivers.doctor.screens import SCREEN_CHECKS
from drivers.doctor.workbench import WORKBENCH_CHECKS, Workbench
from drivers.handset import Handset
from drivers.lane import Lane
from drivers.testbed import HandsetConfig, LaneConfig
from drivers.tools import Places

_LONGEST_PAUSE_S: Final = 600.0  # one handset waits while the others are examined


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
            ends = _patients(bench, lane)
            for patient in ends:
                name = patient.config.name
                first = MANAGED_CHECKS if patient.config.is_managed else REMOTE_CHECKS
                checks = (*first, *SESSION_CHECKS, *SCREEN_CHECKS)
                if patient.handset is not None:
                    closing.callback(patient.handset.stop)
                yield from examination.make(checks, patient, handset=name)
            yield from _exchange(examination, bench, lane, ends, sends=sends)


def _patients(bench: Workbench, lane: LaneConfig) -> tuple[Patient, Patient]:
    chat = next(each for each in lane.chats if each.kind == bench.chat)
    return (
        _patient(bench, lane.sender, chat.sender_title),
        _patient(bench, lane.receiver, chat.receiver_title),
    )


def _patient(bench: Workbench, config: HandsetConfig, title: str) -> Patient:
    door = bench.ways.get(config.name)
    return Patient(
        config=config,
        title=title,
        udid=bench.udid(config),
        door=door,
        server=bench.server if config.is_managed else None,
        handset=None if door is None else Handset(config, door, longest_pause_s=_LONGEST_PAUSE_S),
        settle_s=bench.loaded.timing.settle_s,
        folder=bench.folder,
    )


def _exchange(
    examination: Examination,
    bench: Workbench,
    config: LaneConfig,
    ends: tuple[Patient, Patient],
    *,
    sends: bool,
) -> Iterator[Finding]:
    sender, receiver = ends
    lane = None
    if sender.handset is not None and receiver.handset is not None:
        lane = Lane(
            config,
            chat=next(each for each in config.chats if each.kind == bench.chat),
            sender=sender.handset,
            receiver=receiver.handset,
            timing=bench.loaded.timing,
            wait=sleep,
        )
    control = harmless_text()
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
