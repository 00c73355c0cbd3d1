"""What the tests of the benchmarks share."""

import pytest
from apparatus.programs import Programs, prepare


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Programs:
    """The programs that jobs run and that floors are, compiled where that can be."""
    return prepare(tmp_path_factory.mktemp("programs"))
