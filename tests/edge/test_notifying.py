"""What a service manager hears, whatever the environment says, and what nobody hears."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notified import Manager

from k1s.notifying import Notifier

VARIABLES = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
# What an environment can hold.
TEXTS = st.text(st.characters(exclude_characters="\0", codec="utf-8"))
# A server that stops as soon as it listens, where telling people takes until its input ends.
HELD = """
import os, signal, sys
from k1s.jobsfile.parsing import parse
from k1s.server import serve

file = parse(b"[server]\\nport = 0", "k1s.toml")
serve(file, lambda _: os.kill(os.getpid(), signal.SIGTERM), lambda _: sys.stdin.read())
"""
TIMES = TEXTS | st.integers(0, 10**5000).map(lambda number: f"{number:x}") | st.just("9" * 5000)


@given(st.fixed_dictionaries({}, optional=dict(zip(VARIABLES, (TEXTS, TIMES, TEXTS), strict=True))))
def test_no_environment_keeps_the_server_from_serving(environ: dict[str, str]) -> None:
    """Whatever stands there, it is taken away, and what is said is said or complained of."""
    kept = {**environ, "LISTENER": "me"}
    notifier = Notifier.taken_from(kept)
    assert kept == {"LISTENER": "me"}
    assert notifier.watchdog_s is None or notifier.watchdog_s > 0
    notifier.ready("127.0.0.1:4567")


@pytest.mark.parametrize(
    ("where", "reason"),
    [
        ("/" + "long" * 27, "cannot tell the service manager: AF_UNIX path too long"),
        ("vsock:2:1234", "wants a path, or a name behind @, got 'vsock:2:1234'"),
    ],
)
def test_a_manager_that_cannot_be_is_complained_of_once(
    where: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The sentence names the variable."""
    notifier = Notifier.taken_from({"NOTIFY_SOCKET": where})
    notifier.ready("127.0.0.1:4567")
    notifier.stopping(0, 0)
    assert [record.getMessage() for record in caplog.records] == [f"NOTIFY_SOCKET: {reason}"]


def test_a_manager_that_goes_away_is_missed_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody listens any more where it was."""
    with Manager(f"{tmp_path}/notify") as manager:
        notifier = Notifier(manager.where)
        notifier.ready("127.0.0.1:4567")
    notifier.stopping(1, 1)
    notifier.stopping(0, 0)
    reason = "NOTIFY_SOCKET: cannot tell the service manager: connection refused"
    assert [record.getMessage() for record in caplog.records] == [reason]


@pytest.mark.parametrize(
    ("environ", "watchdog_s"),
    [
        ({"WATCHDOG_USEC": "2000"}, 0.002),
        ({"WATCHDOG_USEC": "2000", "WATCHDOG_PID": str(os.getpid())}, 0.002),
        ({"WATCHDOG_USEC": "2000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_PID": str(os.getpid())}, None),
    ],
)
def test_only_who_watches_over_this_process_wants_to_hear_of_it(
    environ: dict[str, str], watchdog_s: float | None
) -> None:
    """And only one that says how often."""
    assert Notifier.taken_from({**environ}).watchdog_s == watchdog_s


def test_the_path_of_a_socket_cannot_say_anything_to_the_manager(tmp_path: Path) -> None:
    """It may have any character, and a line would be a message of its own."""
    with Manager(f"{tmp_path}/notify") as manager:
        Notifier(manager.where).ready("/run/k1s\nMAINPID=1\r\nSTOPPING=1")
        assert manager.hear() == {
            "READY": "1",
            "STATUS": "listening on /run/k1s MAINPID=1 STOPPING=1",
        }


def test_one_job_is_no_jobs(tmp_path: Path) -> None:
    """The status is a sentence for people."""
    with Manager(f"{tmp_path}/notify") as manager:
        Notifier(manager.where).stopping(1, 0.25)
        assert manager.hear() == {
            "STOPPING": "1",
            "STATUS": "stopping 1 job",
            "EXTEND_TIMEOUT_USEC": "250000",
        }


class Loop:
    """Calls nobody later, and keeps when that was to be."""

    def __init__(self) -> None:
        self.delays: list[float] = []

    def call_later(self, delay: float, _: Callable[[], None]) -> None:
        """Note it."""
        self.delays.append(delay)


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Loop:
    """The event loop that runs."""
    loop = Loop()
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: loop)
    return loop


@pytest.mark.parametrize("watchdog_s", [0.1, 30, 86400])
def test_the_server_says_that_it_is_well_twice_in_the_time(
    tmp_path: Path, loop: Loop, watchdog_s: float
) -> None:
    """Once could come too late, whatever time it is."""
    with Manager(f"{tmp_path}/notify") as manager:
        Notifier(manager.where, watchdog_s).keep_well()
        assert manager.hear() == {"WATCHDOG": "1"}
        assert loop.delays == [watchdog_s / 2]
        assert manager.hears_nothing()


@pytest.mark.parametrize(("usec", "pause_s"), [("1", 0.01), ("20000", 0.01), ("20002", 0.010001)])
def test_a_time_that_is_next_to_none_does_not_keep_the_server_busy(
    tmp_path: Path, loop: Loop, usec: str, pause_s: float
) -> None:
    """Saying that it is well is not all that it has to do."""
    with Manager(f"{tmp_path}/notify") as manager:
        environ = {"NOTIFY_SOCKET": manager.where, "WATCHDOG_USEC": usec}
        Notifier.taken_from(environ).keep_well()
        assert loop.delays == [pause_s]


def test_a_manager_that_comes_back_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It may be executed anew at the same path; that it was missed is said once."""
    notifier = Notifier(f"{tmp_path}/notify")
    notifier.ready("nobody")
    notifier.ready("nobody")
    with Manager(f"{tmp_path}/notify") as manager:
        notifier.ready("somebody")
        assert manager.hear()["STATUS"] == "listening on somebody"
    assert [record.getMessage() for record in caplog.records] == [
        "NOTIFY_SOCKET: cannot tell the service manager: no such file or directory"
    ]


def test_the_manager_hears_that_the_server_stops_before_people_who_may_hold_it(
    tmp_path: Path,
) -> None:
    """An output that cannot be opened anew is waited for."""
    with Manager(f"{tmp_path}/notify") as manager:
        server = subprocess.Popen(
            [sys.executable, "-c", HELD],
            cwd=tmp_path,
            env={**os.environ, "NOTIFY_SOCKET": manager.where},
            stdin=subprocess.PIPE,
        )
        try:
            assert manager.hear()["READY"] == "1"
            assert manager.hear()["STOPPING"] == "1"
        finally:
            server.communicate()
    assert server.returncode == 0
