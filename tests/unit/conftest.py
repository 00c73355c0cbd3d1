"""What the unit tests share."""

import pytest
from builders import Desk


@pytest.fixture
def desk() -> Desk:
    """A registry without a job."""
    return Desk()


@pytest.fixture
def unsaid(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable says where a server is."""
    for name in ("K1S_HOST", "K1S_PORT", "K1S_SOCKET"):
        monkeypatch.delenv(name, raising=False)
