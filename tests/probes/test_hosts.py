"""Many hosts: each measures its part of the lists, and one journal and one report hold all."""

from pathlib import Path

import duckdb
import pytest

from results.journal import Journal
from results.merge import merge
from results.parquet import write_parquet
from results.record import VerdictKind
from tests.probes.sessions import KEYWORDS, ONE_LANE, Sessions
from tests.testbeds import rule, write_testbed


def test_hosts_share_a_list(sessions: Sessions, tmp_path: Path) -> None:
    """Parts measured by several hosts, merged, say of each entry once what it is."""
    testbed = write_testbed(tmp_path / "testbed", [rule("达赖喇嘛")], changes=ONE_LANE)
    journals = []
    for number in (1, 2):
        sessions.results = tmp_path / f"host-{number}"
        result = sessions.measure(testbed, "--shard", f"{number}/2")
        assert result.ret == pytest.ExitCode.OK
        journals.append(sessions.results / "journal.sqlite")
    team = tmp_path / "team" / "journal.sqlite"
    merge(team, journals)
    with Journal.open(team, read_only=True) as journal:
        runs = journal.runs()
        assert sorted(run.settings["shard"] for run in runs) == ["1/2", "2/2"]
        write_parquet(journal, runs, tmp_path / "parquet")
    rows = duckdb.sql(
        f"SELECT keyword, verdict FROM '{tmp_path / 'parquet' / 'verdicts.parquet'}'"
    ).fetchall()
    assert len(rows) == len(KEYWORDS)
    assert dict(rows) == {
        keyword: VerdictKind.CENSORED if keyword == "达赖喇嘛" else VerdictKind.CLEAR
        for keyword in KEYWORDS
    }


def test_part_is_resumed_as_it_was(sessions: Sessions, tmp_path: Path) -> None:
    """A run of a part goes on with that part, without being told."""
    testbed = write_testbed(tmp_path / "testbed", changes=ONE_LANE)
    sessions.measure(testbed, "--shard", "1/2", "--budget", 8)
    part = set(sessions.verdicts())
    assert 0 < len(part) < len(KEYWORDS)
    result = sessions.resume()
    assert result.ret == pytest.ExitCode.OK
    assert set(sessions.verdicts()) == part
    assert sessions.resume("--shard", "2/2").ret == pytest.ExitCode.USAGE_ERROR
