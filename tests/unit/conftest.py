"""What the unit tests share."""

import pytest
from builders import Desk


@pytest.fixture
def desk() -> Desk:
    """A registry without a job."""
    return Desk()
