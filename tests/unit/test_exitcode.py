"""How the end of a program is told to a shell."""

from signal import SIGKILL, SIGRTMIN, SIGTERM

import pytest

from k1s.cli import exitcode


@pytest.mark.parametrize(
    ("exit_code", "signal", "told"),
    [
        *((0, None, 0), (3, None, 3), (255, None, 255)),
        *((None, "SIGTERM", 128 + SIGTERM), (None, "SIGKILL", 128 + SIGKILL)),
        (None, "SIGRTMIN+3", 128 + SIGRTMIN + 3),
    ],
)
def test_ends_are_told_as_a_shell_tells_them(
    exit_code: int | None, signal: str | None, told: int
) -> None:
    """An exit code as it is, a signal by its number behind 128."""
    assert exitcode.of({"exitCode": exit_code, "signal": signal, "reason": None}) == told
