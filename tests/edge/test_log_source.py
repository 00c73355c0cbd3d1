"""What a client gets that reads logs: the tail, what comes after it, and what it has missed."""

import asyncio
import errno
import json
import logging
import os
import subprocess
import sys
import threading
from base64 import b64decode
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field
from logtools import STREAMER, can_be_cut, digest
from steps.waiting import until
from streamer import LINE_BYTES, stream

from k1s.config import LogsConfig
from k1s.errors import Code, RequestError
from k1s.events import LogFile, Run
from k1s.job import JobSpec, JobType
from k1s.logkeeper import LogKeeper
from k1s.logs import archive, reader
from k1s.logs import bell as bell_module
from k1s.logs.backups import mark
from k1s.logs.files import open_log
from k1s.logs.inotify import OVERFLOW, Inotify
from k1s.logs.rotation import Rotation, Verdict
from k1s.logs.watcher import identity
from k1s.logsource import LogSource
from k1s.protocol import LogStream

DEADLINE_S = 120.0
LIMITS = LogsConfig(max_bytes=64 * 1024, backups=100)


@define(eq=False)
class Client:
    """Reads a source as a connection does, as fast as it comes."""

    source: LogSource
    lines: list[dict[str, Any]] = field(factory=list)
    reads: int = 0
    _called: asyncio.Event = field(factory=asyncio.Event)

    def open(self) -> "Client":
        self.source.open(self._called.set)
        self._called.set()
        return self

    @property
    def data(self) -> bytes:
        """All bytes that have come."""
        return b"".join(
            b64decode(line["base64"]) if "base64" in line else line["text"].encode()
            for line in self.lines
            if "missedBytes" not in line
        )

    @property
    def missed(self) -> int:
        return sum(line.get("missedBytes", 0) for line in self.lines)

    async def until(self, is_enough: Callable[[], object]) -> None:
        """Read until it is so."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                self.take()
                if is_enough():
                    return
                await self._called.wait()
                self._called.clear()

    async def rest(self) -> bytes:
        """Read until it is over."""
        await self.until(lambda: self.source.is_over)
        self.source.close()
        return self.data

    def take(self) -> None:
        """Read until there is nothing."""
        while data := self.source.read():
            self.reads += 1
            self.lines += [json.loads(line) for line in data.splitlines()]


@asynccontextmanager
async def keeping(limits: LogsConfig = LIMITS) -> AsyncIterator[LogKeeper]:
    keeper = LogKeeper(limits)
    keeper.open()
    try:
        yield keeper
    finally:
        keeper.close()
        assert keeper._archive._descriptors.count == 0
        assert keeper._archive.bell._inotify is None


def reading(
    keeper: LogKeeper, *paths: Path, lines: int | None = None, follow: bool = False
) -> Client:
    """A client of logs that belong to the jobs job-0, job-1, ..."""
    logs = (
        LogFile(f"job-{number}", LogStream.STDOUT, str(path)) for number, path in enumerate(paths)
    )
    return Client(keeper.source(tuple(logs), lines, follow=follow)).open()


def play(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a scenario in an event loop of its own."""
    asyncio.run(scenario())


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where the log is to be."""
    return tmp_path / "out.log"


# The tail


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        (None, b"1\n2\n3\n4\n5\n6"),
        (0, b""),
        (1, b"6"),
        (2, b"5\n6"),
        (4, b"3\n4\n5\n6"),
        (6, b"1\n2\n3\n4\n5\n6"),
        (1_000_000, b"1\n2\n3\n4\n5\n6"),
    ],
)
def test_the_tail_reaches_back_into_backups(log: Path, lines: int | None, wanted: bytes) -> None:
    """The last lines of what the backups and the log hold together, and then it is over."""
    Path(f"{log}.2").write_bytes(b"1\n2")
    Path(f"{log}.1").write_bytes(b"\n3\n4\n")
    log.write_bytes(b"5\n6")

    async def scenario() -> None:
        async with keeping() as keeper:
            assert await reading(keeper, log, lines=lines).rest() == wanted

    play(scenario)


def test_a_log_that_is_not_there_is_empty(log: Path) -> None:
    """Nobody needs to know whether a job has been started yet."""

    async def scenario() -> None:
        async with keeping() as keeper:
            assert await reading(keeper, log).rest() == b""
            assert await reading(keeper, log.parent / "no" / "log").rest() == b""

    play(scenario)


def test_many_lines_are_searched_in_slices(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However far back the tail begins, each turn of the event loop takes a little of the way."""
    data = stream(0, 0, 200_000)
    log.write_bytes(data)
    blocks = 0
    most = 0
    real = os.pread

    def counted(descriptor: int, count: int, offset: int) -> bytes:
        nonlocal blocks
        blocks += 1
        assert count <= reader.CHUNK_BYTES
        return real(descriptor, count, offset)

    monkeypatch.setattr(os, "pread", counted)

    async def scenario() -> None:
        nonlocal blocks, most
        async with keeping() as keeper:
            client = reading(keeper, log, lines=150_000)
            read = client.source.read
            while not client.source.is_over:
                blocks = 0
                got = read()
                most = max(most, blocks)
                client.lines += [json.loads(line) for line in got.splitlines()]
            assert client.data == data[-150_000 * 32 :]
            client.source.close()

    play(scenario)
    assert most <= reader.SEARCH_BLOCKS + 1


# Text and other bytes


def test_a_character_is_never_cut(log: Path) -> None:
    """Text stays text, wherever a piece of it ends."""
    text = "aä€😀" * 50_000
    log.write_bytes(text.encode())

    async def scenario() -> None:
        async with keeping() as keeper:
            client = reading(keeper, log)
            await client.rest()
            assert "".join(line["text"] for line in client.lines) == text
            assert len(client.lines) > 5

    play(scenario)


def test_a_character_that_comes_in_two_writes(log: Path) -> None:
    """A program may write half a character: it is shown when it is whole, or at the end."""
    first, second = "€".encode()[:2], "€".encode()[2:]
    log.write_bytes(b"x" + first)

    async def scenario() -> None:
        async with keeping() as keeper:
            client = reading(keeper, log, follow=True)
            await client.until(lambda: client.lines)
            append(log, second)
            await client.until(lambda: len(client.lines) == 2)
            append(log, first)
            keeper.job_gone("job-0")
            await client.rest()
            assert [line.get("text") for line in client.lines] == ["x", "€", None]
            assert client.data == "x€".encode() + first

    play(scenario)


def test_bytes_that_are_no_text(log: Path) -> None:
    """What is no UTF-8 comes as base64, byte for byte."""
    data = bytes(range(256)) * 1000
    log.write_bytes(data)

    async def scenario() -> None:
        async with keeping() as keeper:
            client = reading(keeper, log)
            assert digest(await client.rest()) == digest(data)
            assert {tuple(line) for line in client.lines} == {("jobId", "stream", "base64")}

    play(scenario)


# Following


def test_a_line_wakes_those_who_follow(log: Path) -> None:
    """Each line is there when it has been written, and nothing is due in between."""
    log.write_bytes(b"old\n")

    async def scenario() -> None:
        async with keeping() as keeper:
            client = reading(keeper, log, lines=0, follow=True)
            client.take()
            assert keeper._archive.bell._timers == {}
            for number in range(20):
                append(log, b"line %d\n" % number)
                await client.until(lambda n=number: client.data.endswith(b"line %d\n" % n))
            assert len(client.lines) == 20
            client.source.close()

    play(scenario)


def test_one_watch_for_all_who_follow_a_log(log: Path) -> None:
    """A hundred followers of a log, by two names, cost the kernel one note, and see the same."""
    log.touch()
    other = log.parent / "same.log"
    os.link(log, other)

    async def scenario() -> None:
        async with keeping() as keeper:
            clients = [reading(keeper, log, other, follow=True) for _ in range(50)]
            for client in clients:
                client.take()
            bell = keeper._archive.bell
            assert len(bell._chains) == 1
            assert keeper._archive._descriptors.count == 2
            append(log, b"seen\n")
            for client in clients:
                await client.until(lambda c=client: len(c.lines) == 2)
                assert client.data == b"seen\n" * 2
            for client in clients:
                client.source.close()
            assert bell._inotify is None

    play(scenario)


def spec(log: Path) -> JobSpec:
    """A job with its logs in a folder."""
    return JobSpec(
        id="job-0",
        type=JobType.CONTINUOUS,
        executable="/bin/true",
        stdout_log_path=str(log),
        stderr_log_path=str(log.parent / "err.log"),
        error_log_path=str(log.parent / "error.log"),
    )


def test_a_log_that_a_run_makes(log: Path) -> None:
    """Where there was no log, or not any more, the next run makes one, and it is followed."""

    async def scenario() -> None:
        async with keeping() as keeper:
            client = reading(keeper, log, follow=True)
            client.take()
            for number in range(3):
                keeper.begin(Run("job-0", 1, number), spec(log))
                os.close(open_log(str(log)))
                append(log, b"run %d\n" % number)
                await client.until(lambda n=number: client.data.endswith(b"run %d\n" % n))
                os.unlink(log)
            assert client.data == b"run 0\nrun 1\nrun 2\n"
            client.source.close()

    play(scenario)


def test_the_error_log_is_followed(log: Path) -> None:
    """What k1s itself has to say is there at once, the first line as well."""

    async def scenario() -> None:
        async with keeping() as keeper:
            client = reading(keeper, log, follow=True)
            client.take()
            for number in range(3):
                keeper.append(str(log), f"line {number}\n")
                await client.until(lambda n=number: client.data.endswith(b"line %d\n" % n))
            client.source.close()

    play(scenario)


def test_a_program_that_writes_to_a_log_that_was_deleted(log: Path) -> None:
    """Its words are still read, and after them those in the new log."""

    async def scenario() -> None:
        async with keeping() as keeper:
            client = reading(keeper, log, follow=True)
            keeper.begin(Run("job-0", 1, 1), spec(log))
            descriptor = open_log(str(log))
            os.write(descriptor, b"before\n")
            await client.until(lambda: client.data == b"before\n")
            os.unlink(log)
            os.write(descriptor, b"after\n")
            await client.until(lambda: client.data.endswith(b"after\n"))
            os.write(descriptor, b"last\n")
            os.close(descriptor)
            keeper.append(str(log), "new\n")
            await client.until(lambda: client.data.endswith(b"new\n"))
            assert client.data == b"before\nafter\nlast\nnew\n"
            assert client.missed == 0
            client.source.close()

    play(scenario)


def test_a_job_that_is_deleted_ends_the_following_of_it(log: Path) -> None:
    """Its last words are read, those of others go on, and then it is over."""
    other = log.parent / "other.log"

    async def scenario() -> None:
        async with keeping() as keeper:
            client = reading(keeper, log, other, follow=True)
            client.take()
            append(log, b"last words\n")
            keeper.job_gone("job-0")
            keeper.job_gone("somebody-else")
            append(log, b"of the next job\n")
            keeper.append(str(other), "on\n")
            await client.until(lambda: len(client.lines) == 2)
            assert {line["jobId"]: line["text"] for line in client.lines} == {
                "job-0": "last words\n",
                "job-1": "on\n",
            }
            assert not client.source.is_over
            keeper.job_gone("job-1")
            await client.rest()

    play(scenario)


def test_several_jobs_at_once(tmp_path: Path) -> None:
    """A long log does not keep the others waiting."""
    paths = [tmp_path / f"{number}.log" for number in range(3)]
    for number, path in enumerate(paths):
        path.write_bytes(stream(number, 0, 10_000))

    async def scenario() -> None:
        async with keeping() as keeper:
            client = reading(keeper, *paths)
            await client.rest()
            assert [line["jobId"] for line in client.lines[:3]] == ["job-0", "job-1", "job-2"]
            for number in range(3):
                mine = [x["text"] for x in client.lines if x["jobId"] == f"job-{number}"]
                assert digest("".join(mine).encode()) == digest(stream(number, 0, 10_000))

    play(scenario)


# Those who are slow


def test_one_that_is_slow_gets_all_that_is_there(log: Path) -> None:
    """However far it is behind, it goes on where it was; nothing is kept for it."""
    first, data = stream(0, 0, 40_000), stream(0, 1, 1_000_000)
    log.write_bytes(first)

    async def scenario() -> None:
        async with keeping() as keeper:
            client = reading(keeper, log, follow=True)
            client.take()
            assert digest(client.data) == digest(first)
            client.lines.clear()
            append(log, data)
            await client.until(lambda: total(client) == len(data))
            assert digest(client.data) == digest(data)
            client.source.close()

    play(scenario)


def test_backups_that_go_before_they_are_read(log: Path) -> None:
    """A flood that pushes what was not read out of the last backup is counted to the byte."""
    if not can_be_cut(log.parent):
        pytest.skip(f"the file system of {log.parent} has no FALLOC_FL_COLLAPSE_RANGE")
    limits = LogsConfig(64 * 1024, backups=2)
    data = stream(0, 0, 100_000)
    log.write_bytes(data[:100])

    async def scenario() -> None:
        async with keeping(limits) as keeper:
            client = reading(keeper, log, follow=True)
            client.take()
            append(log, data[100:])
            turn(keeper, log, limits)
            await client.until(lambda: total(client) == len(data))
            assert client.missed > len(data) - 4 * 64 * 1024
            assert data.endswith(client.data[100:])
            client.source.close()

    play(scenario)


def turn(keeper: LogKeeper, log: Path, limits: LogsConfig = LIMITS) -> Verdict:
    """A turn of the rotation of a log, as its thread does it."""
    gate = keeper._rotator.gate(str(log))
    return Rotation(str(log), identity(log.stat()), limits, lambda: False, gate).run().verdict


# Rotation meanwhile

# Who reads just now keeps the log from being cut, for a moment.
ROTATES = {Verdict.DONE, Verdict.MORE, Verdict.BUSY}


def test_following_a_log_that_is_rotated_under_its_writer(log: Path) -> None:
    """Nothing is lost, doubled or moved for one who reads while another cuts and a third writes."""
    if not can_be_cut(log.parent):
        pytest.skip(f"the file system of {log.parent} has no FALLOC_FL_COLLAPSE_RANGE")
    count, runs, is_done = 15_000, 10, False

    async def scenario() -> None:
        async with keeping() as keeper:
            client = reading(keeper, log, follow=True)
            client.take()
            keeper.begin(Run("job-0", 1, 1), spec(log))
            os.close(open_log(str(log)))

            def rotate() -> None:
                while not is_done:
                    assert turn(keeper, log) in ROTATES

            thread = threading.Thread(target=rotate)
            thread.start()
            try:
                # Nobody can be left behind by more than one run, however little he gets to do.
                for run in range(runs):
                    with start_writer(log, run, count) as writer:
                        wanted = (run + 1) * count * LINE_BYTES
                        await client.until(lambda wanted=wanted: total(client) >= wanted)
                    assert writer.returncode == 0
                    await asyncio.to_thread(wait_short, log)
            finally:
                nonlocal is_done
                is_done = True
                thread.join()
            assert client.missed == 0
            written = b"".join(stream(0, run, count) for run in range(runs))
            assert digest(client.data) == digest(written)
            assert len(list(log.parent.glob("out.log.*"))) > 20
            client.source.close()

    play(scenario)


def wait_short(log: Path) -> None:
    """Wait until nothing is left to rotate."""
    until(
        "the last rotation",
        lambda: log.stat().st_size,
        lambda size: size <= LIMITS.max_bytes,
        DEADLINE_S,
    )


def start_writer(log: Path, run: int, count: int) -> "subprocess.Popen[bytes]":
    """A program that writes so many lines to a log."""
    descriptor = open_log(str(log))
    words = [sys.executable, "-S", STREAMER, *map(str, (0, run, count, 100, 0.0003))]
    writer = subprocess.Popen(words, stdout=descriptor)
    os.close(descriptor)
    return writer


def total(client: Client) -> int:
    """How many bytes have come; all of them are ASCII here."""
    return sum(len(line.get("text", "")) + line.get("missedBytes", 0) for line in client.lines)


def test_while_bytes_are_cut_off_nobody_reads(log: Path) -> None:
    """A reader that finds the gate closed comes back when it is open; the loop goes on."""
    log.write_bytes(b"words\n")

    async def scenario() -> None:
        async with keeping() as keeper:
            client = reading(keeper, log, follow=True)
            with keeper._rotator.gate(str(log)).closed():
                client.take()
                keeper.job_gone("job-0")
                client.take()
                await asyncio.sleep(0)
                assert client.lines == []
            assert await client.rest() == b"words\n"

    play(scenario)


def test_a_log_is_settled_before_it_is_read(log: Path) -> None:
    """What a server that died had cut off, but not yet named as a backup, is read as well."""
    workshop = Path(f"{log}.rotating")
    workshop.write_bytes(b"first\n")
    with workshop.open("rb+") as file:
        try:
            mark(file.fileno(), 4096)
        except OSError as error:
            pytest.skip(f"there are no extended attributes here: {error}")
    log.write_bytes(b"second\n")

    async def scenario() -> None:
        async with keeping() as keeper:
            assert await reading(keeper, log).rest() == b"first\nsecond\n"

    play(scenario)


# What is in the way


@pytest.mark.fault("R9")
@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("link", "it is a symbolic link, which logs do not follow"),
        ("folder", "it is not a regular file"),
        ("pipe", "it is not a regular file"),
        ("device", "it is not a regular file"),
        ("below a file", "not a directory"),
    ],
)
def test_what_is_no_log_is_refused_in_words(log: Path, kind: str, why: str) -> None:
    """Nothing but a regular file is opened, and nothing at all is read of it."""
    match kind:
        case "link":
            log.symlink_to("/etc/passwd")
        case "folder":
            log.mkdir()
        case "pipe":
            os.mkfifo(log)
        case "device":
            log = Path("/dev/zero")
        case _:
            log.write_bytes(b"")
            log = log / "log"

    async def scenario() -> None:
        async with keeping() as keeper:
            with pytest.raises(RequestError) as error:
                reading(keeper, log)
            assert error.value.code is Code.UNREADABLE_LOG
            assert error.value.message == f"Log file {log}: {why}"

    play(scenario)


def test_a_link_that_takes_the_place_of_a_log(log: Path) -> None:
    """Whoever replaces a log by a link while it is followed shows nobody what it leads to."""
    victim = log.parent / "victim"
    victim.write_bytes(b"secret\n")
    log.write_bytes(b"words\n")

    async def scenario() -> None:
        async with keeping() as keeper:
            client = reading(keeper, log, follow=True)
            client.take()
            os.unlink(log)
            os.symlink(victim, log)
            keeper.changed(str(log))
            append(victim, b"more\n")
            client.take()
            assert client.data == b"words\n"
            client.source.close()

    play(scenario)


def test_too_many_readers(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The memory that all readers take is bounded."""
    monkeypatch.setattr(archive, "READERS_MAX", 3)

    async def scenario() -> None:
        async with keeping() as keeper:
            first = reading(keeper, log, log, follow=True)
            with pytest.raises(RequestError, match="Too many logs are being read"):
                reading(keeper, log, log)
            first.source.close()
            await reading(keeper, log, log, log).rest()

    play(scenario)


def test_without_watches(
    log: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """When there are none to be had, a log is looked at now and then, and that is said once."""

    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Inotify, "arm", refuse)
    monkeypatch.setattr(bell_module, "LOOK_S", 0.02)
    log.touch()

    async def scenario() -> None:
        async with keeping() as keeper:
            client = reading(keeper, log, follow=True)
            for number in range(3):
                client.take()
                append(log, b"line %d\n" % number)
                await client.until(lambda n=number: client.data.endswith(b"line %d\n" % n))
            client.source.close()
            assert keeper._archive.bell._timers == {}

    with caplog.at_level(logging.WARNING):
        play(scenario)
    assert caplog.text.count("cannot watch every log that is followed (no space left") == 1


def test_when_the_kernel_loses_events(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an overflow everybody looks."""
    log.touch()

    async def scenario() -> None:
        async with keeping() as keeper:
            client = reading(keeper, log, follow=True)
            client.take()
            real = Inotify.read

            def lost(inotify: Inotify) -> list[int]:
                real(inotify)
                return [OVERFLOW]

            monkeypatch.setattr(Inotify, "read", lost)
            append(log, b"words\n")
            await client.until(lambda: client.data == b"words\n")
            client.source.close()

    play(scenario)


def test_nobody_who_follows_costs_nothing(log: Path) -> None:
    """Without readers, a log has no descriptor, no watch and no note of its changes."""

    async def scenario() -> None:
        async with keeping() as keeper:
            before = len(os.listdir("/proc/self/fd"))
            client = reading(keeper, log, follow=True)
            keeper.append(str(log), "words\n")
            await client.until(lambda: client.data)
            client.source.close()
            assert len(os.listdir("/proc/self/fd")) == before
            assert not keeper._archive.is_read(str(log))
            assert not keeper._sources

    play(scenario)


def test_what_comes_while_a_log_is_read_comes_in_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log that grows in the middle of a read does not push its end before its middle."""
    one, two = tmp_path / "one.log", tmp_path / "two.log"
    one.write_bytes(b"a1\n")
    two.write_bytes(b"b1\n")

    async def scenario() -> None:
        async with keeping() as keeper:
            client = reading(keeper, one, two, follow=True)
            pumped: list[bytes] = []
            client.source._wake = lambda: pumped.append(client.source.read())
            arm = bell_module.Bell.arm

            def grow(bell: Any, chain: Any) -> None:
                arm(bell, chain)
                if b"2" not in two.read_bytes():
                    append(two, b"b2\n")
                    append(one, b"a2\n")

            monkeypatch.setattr(bell_module.Bell, "arm", grow)
            client.take()
            assert pumped == [], "it was read while it was read"
            texts = [line["text"] for line in client.lines]
            assert texts.index("b1\n") < texts.index("b2\n")
            assert texts.index("a1\n") < texts.index("a2\n")
            client.source.close()

    play(scenario)


def test_two_ways_to_one_log_of_which_one_ends_the_other(tmp_path: Path) -> None:
    """A client that is lost as one path tells of a change leaves nothing by the other."""
    log, other = tmp_path / "out.log", tmp_path / "other.log"
    log.write_bytes(b"1\n")
    os.link(log, other)

    async def scenario() -> None:
        async with keeping() as keeper:
            client = reading(keeper, log, other, follow=True)
            await client.until(lambda: client.data == b"1\n1\n")
            gone = asyncio.Event()

            def lose() -> None:
                client.source.close()
                gone.set()

            client.source._wake = lose
            append(log, b"2\n")
            async with asyncio.timeout(DEADLINE_S):
                await gone.wait()
            assert not keeper._sources

    play(scenario)


def test_a_client_that_is_lost_while_it_finishes(tmp_path: Path) -> None:
    """Readers that have been let go are not asked again, and no log stays open."""
    logs = [tmp_path / f"{number}.log" for number in range(5)]
    for log in logs:
        log.write_bytes(b"1\n")

    async def scenario() -> None:
        async with keeping() as keeper:
            client = reading(keeper, *logs, follow=True)
            client.source._wake = client.source.close
            client.source.finish()
            client.source.close()
            assert keeper._archive._descriptors.count == 0

    play(scenario)
