"""What can be asked of a server."""

from signal import SIGINT

from k1s.cli.commands import logs
from k1s.protocol import LINES_MAX, KillJob


def test_a_kill_is_sigint_by_default() -> None:
    """A kill that names no signal interrupts."""
    assert KillJob("a").signal is SIGINT


def test_the_command_line_knows_the_bound_of_lines() -> None:
    """It repeats the number, for what it is in takes long to import."""
    assert logs.LINES_MAX == LINES_MAX
