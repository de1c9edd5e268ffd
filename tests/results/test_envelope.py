"""Measurements in OONI's envelope."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from results.bracketing import BracketLimits
from results.envelope import write_envelopes
from results.journal import Journal
from results.record import MessageKind
from results.redaction import Redaction
from results.rules import score
from results.scope import Scope
from tests.results.examples import RUN, arrived, entry, lane_of, sent

_TIME = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$"


class BaseDataFormat(BaseModel):
    """The top level of a measurement, after OONI's df-000-base (data format version 0.2.0)."""

    model_config = ConfigDict(extra="forbid", strict=True)

    annotations: dict[str, str]
    data_format_version: Literal["0.2.0"]
    extensions: dict[str, int]
    input: str | None
    measurement_start_time: str = Field(pattern=_TIME)
    options: list[str]
    probe_asn: str = Field(pattern=r"^AS\d+$")
    probe_cc: str = Field(pattern=r"^[A-Z]{2}$")
    probe_ip: Literal["127.0.0.1"]
    report_id: str
    software_name: str = Field(min_length=1)
    software_version: str = Field(min_length=1)
    test_keys: dict[str, object]
    test_name: str = Field(pattern=r"^[a-z_]+$")
    test_runtime: float = Field(ge=0)
    test_start_time: str = Field(pattern=_TIME)
    test_version: str = Field(min_length=1)


def written(journal: Journal, folder: Path) -> list[Mapping[str, object]]:
    """The measurements of the only run, each checked against the base data format."""
    path = write_envelopes(journal, journal.runs(), folder, Scope(), Redaction())
    lines = path.read_text(encoding="utf-8").splitlines()
    for line in lines:
        BaseDataFormat.model_validate_json(line)
    return [json.loads(line) for line in lines]


def test_every_line_validates(journal: Journal, tmp_path: Path) -> None:
    """Each verdict is one line of the base format, with control, target and result."""
    journal.add_entries(RUN.id, [entry("e", "達賴\n喇嘛", "\ud83d\0\u2028"), entry("f")])
    for attempt in lane_of("CpCPcNnC"):
        journal.begin_attempt(attempt)
    measured, unmeasured = written(journal, tmp_path)
    keys = measured["test_keys"]
    assert isinstance(keys, dict)
    assert sorted(keys) == ["control", "result", "target"]
    assert measured["input"] == "達賴\n喇嘛 + \ufffd\0\u2028"
    assert keys["result"]["verdict"] == "inconclusive"
    assert [each["outcome"] for each in keys["target"]] == ["missing", "delivered"]
    assert keys["control"]["controls_lost"] == 1
    assert unmeasured["test_runtime"] == 0
    assert re.match(_TIME, str(unmeasured["measurement_start_time"]))


def test_message_is_a_target_of_each_of_its_entries(journal: Journal, tmp_path: Path) -> None:
    """A pool is among what was sent for each entry it carried, and says which they were."""
    journal.add_entries(RUN.id, [entry("e"), entry("f")])
    control, after = (arrived(sent(seq, MessageKind.CONTROL)) for seq in (0, 2))
    pool = replace(sent(1, MessageKind.PROBE, "e", "f"), text="e\nf")
    for attempt in (control, pool, after):
        journal.begin_attempt(attempt)
    assert score([control, pool, after], BracketLimits())[pool.id].outcome.is_blocked
    targets = [measurement["test_keys"]["target"] for measurement in written(journal, tmp_path)]
    assert [[each["id"] for each in target] for target in targets] == [[pool.id], [pool.id]]
    assert targets[0][0]["entries"] == ["e", "f"]
