"""How the unit tests run."""

import pytest
from builders import Desk
from hypothesis import HealthCheck, settings

# A busy machine is no failure: neither an example nor the making of one has a deadline.
settings.register_profile("core", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("core")


@pytest.fixture
def desk() -> Desk:
    """A registry without a job."""
    return Desk()
