"""A report as a test reads it: its values, and its evidence opened."""

import base64
import gzip
import json
import re
from pathlib import Path

_VALUES = re.compile(r'<script type="application/json" id="values">(.*?)</script>', re.DOTALL)
_EVIDENCE = re.compile(r'<script type="text/plain" id="evidence-\d+">(.*?)</script>')


def values(path: Path) -> dict[str, object]:
    """The values of a report."""
    found = _VALUES.search(path.read_text(encoding="utf-8"))
    assert found is not None
    return dict(json.loads(found[1]))


def evidence(path: Path) -> dict[str, list[dict[str, object]]]:
    """The attempts of each entry."""
    attempts = {}
    for block in _EVIDENCE.findall(path.read_text(encoding="utf-8")):
        attempts |= json.loads(gzip.decompress(base64.b64decode(block)))
    return attempts


def unpacked(path: Path) -> str:
    """All texts of a report."""
    return json.dumps([values(path), evidence(path)], ensure_ascii=False)
