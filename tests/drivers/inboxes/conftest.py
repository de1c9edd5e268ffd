"""What tests of inboxes share."""

import pytest

from tests.drivers.inboxes.contract import Waits


@pytest.fixture
def waits() -> Waits:
    """Waits for nothing, and says how long it was asked to."""
    return Waits()
