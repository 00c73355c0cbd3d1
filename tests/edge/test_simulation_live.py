"""What is simulated is what happens: the same file and script, played by a real server.

Real programs do what the script says, and a client kills at the times that it
says. The moves of each job must be the same ones, and the time between one and
the next the same to 50 ms. A program notes itself when it ends, so that one that comes
late on a busy machine is not taken for a late server. How late the machine is
besides is measured by programs that are not ours: only if they are late is
there a fresh attempt, more slowly if need be, so that what comes late still comes
in its turn; and in the last one the server may be as late as they.
"""

import json
import select
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import combinations, pairwise
from pathlib import Path
from subprocess import run
from typing import Any, Final

import pytest
from attrs import define, frozen
from served import PortServer, ask, connect, served
from steps.values import seconds

from k1s.job import FINAL, RESTART_DELAY_S, JobSpec, JobType
from k1s.jobsfile.parsing import parse
from k1s.simulation.play import Played, play
from k1s.simulation.script import FOR_EVER, Script, read
from k1s.transition import Transition, Trigger
from k1s.views import TransitionView

TOLERANCE_S: Final = 0.05
# Moves of different jobs that are nearer than this in the simulation may change places.
APART_S: Final = 0.25
STALL_S: Final = 0.025
# How slowly each attempt is played.
PACES: Final = (1, 1, 2, 4, 8)
PROBE_S: Final = 0.02
DEADLINE_S: Final = 30

ACTOR: Final = """\
#!/bin/sh
# The run of this number does what the line of this number says: lasts, and exits.
run=0
[ -f "$1.runs" ] && read -r run < "$1.runs"
run=$((run + 1))
echo $run > "$1.runs"
number=0
while [ $number -lt $run ] && read -r lasts code; do number=$((number + 1)); done < "$1.script"
[ "$lasts" = forever ] && exec sleep 1000
sleep "$lasts"
read -r uptime idle < /proc/uptime
echo "$run $uptime" >> "$1.ends"
exit "$code"
"""


@frozen
class Scene:
    """The jobs and what happens to them."""

    jobs: str
    script: Script
    span_s: float

    @property
    def specs(self) -> tuple[JobSpec, ...]:
        """The jobs, as a server reads them."""
        return parse(self.jobs.encode(), "jobs.toml").jobs


def scene(pace: int) -> Scene:
    """The same scene, so many times slower."""

    def s(seconds: float) -> str:
        return f"{seconds * pace:g}"

    jobs = f"""\
[job.db]
type = "continuous"
executable = "./actor"
arguments = ["db"]
max_retry = 2
restart_delay_seconds = {s(RESTART_DELAY_S)}

[job.web]
type = "continuous"
executable = "./actor"
arguments = ["web"]
max_retry = -1
restart_delay_seconds = {s(RESTART_DELAY_S)}
healthy_after_seconds = {s(1)}

[job.loop]
type = "continuous"
executable = "./actor"
arguments = ["loop"]
restart_delay_seconds = {s(RESTART_DELAY_S)}

[job.tick]
type = "periodic"
executable = "./actor"
arguments = ["tick"]
period_in_seconds = {s(1)}
max_retry = 1

[job.worn]
type = "periodic"
executable = "./actor"
arguments = ["worn"]
period_in_seconds = {s(0.8)}
max_retry = 1

[job.once]
type = "one-time"
executable = "./actor"
arguments = ["once"]
max_retry = 2
restart_delay_seconds = {s(0.3)}

[job.lost]
type = "one-time"
executable = "./actor"
arguments = ["lost"]
"""
    script = read(
        parse(jobs.encode(), "jobs.toml").jobs,
        [
            *(f"db=all:{s(0.3)}s", f"web=1-2:{s(0.2)}s", "tick=3", "worn=2-"),
            *(f"once=1:{s(0.4)}s", f"lost=all:{s(0.7)}s"),
        ],
        [f"loop={s(0.5)}s", f"tick=2:{s(1.5)}s"],
        [f"web={s(3.9)}s", f"loop={s(2.1)}s", f"tick={s(3.6)}s"],
    )
    return Scene(jobs, script, 4.2 * pace)


SPECS: Final = scene(1).specs
TICKING: Final = frozenset(spec.id for spec in SPECS if spec.type is JobType.PERIODIC)


@frozen
class Move:
    """A move of a job, without its number and its time."""

    job_id: str
    what: tuple[object, ...]


@frozen
class Moment:
    """When a move came, in seconds since the first one; `ended`: when the program says it did."""

    at: float
    move: Move
    ended: float | None = None


@define
class Probe:
    """How late programs are that other people start, at worst."""

    late_s: float = 0


def test_the_simulation_is_what_happens(tmp_path: Path) -> None:
    """The same moves of each job in the same order, and each at the same time."""
    for attempt, pace in enumerate(PACES, start=1):
        ours = scene(pace)
        played = play(ours.specs, ours.script, ours.span_s)
        home = tmp_path / str(attempt)
        home.mkdir()
        with probed() as probe:
            live, missed = play_live(home, ours)
        late_s = probe.late_s if attempt == len(PACES) else 0
        simulated = list(moments(played))
        complaints = list(compare(simulated, live, TOLERANCE_S + late_s, APART_S * pace))
        if not complaints:
            assert missed == {job.id: job.missed_count for job in played.jobs}
            return
        assert probe.late_s > STALL_S, complaints
    pytest.fail(f"other programs were {probe.late_s:.3f} s late, but {complaints}")


def moments(played: Played) -> Iterator[Moment]:
    """What happened in a simulation."""
    for event in played.events:
        if isinstance(event, Transition):
            view = TransitionView.of(event)
            yield Moment(
                event.at,
                Move(
                    event.job_id,
                    (
                        *(view.trigger, view.from_, view.to, view.run_count, view.failed_count),
                        *(view.exit_code, view.signal, view.reason),
                    ),
                ),
            )


def live_moment(line: dict[str, Any], first: float, ends: dict[int, float]) -> Moment:
    """What a server tells of a move, and a program of its end."""
    keys = ("trigger", "from", "to", "runCount", "failedCount", "exitCode", "signal", "reason")
    move = Move(line["jobId"], tuple(line[key] for key in keys))
    ended = ends.get(line["runCount"]) if line["trigger"] in {"succeed", "fail"} else None
    return Moment(seconds(line["at"]) - first, move, ended)


# Live


def play_live(home: Path, ours: Scene) -> tuple[list[Moment], dict[str, int]]:
    """What happens on a real server, and how many ticks each job has missed in the end."""
    folder = home / "server"
    write_script(folder, ours.script)
    with served(home, ours.jobs) as server:
        with connect(server.address) as watch:
            watch.sendall(b'{"command": "watch-jobs", "from": 0}\n')
            lines = list(watched(watch, server, ours.script))
        shown = ask(server.address, encode({"command": "get-all-jobs"}))
    first = seconds(lines[0]["at"])
    ends = {spec.id: noted_ends(folder / f"{spec.id}.ends", first) for spec in SPECS}
    return (
        [live_moment(line, first, ends[line["jobId"]]) for line in lines],
        {job["id"]: job["missedCount"] for job in shown},
    )


def noted_ends(path: Path, first: float) -> dict[int, float]:
    """When the runs of a program came to their end, by their own notes."""
    if not path.exists():
        return {}
    booted = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    notes = [line.split() for line in path.read_text().splitlines()]
    return {int(number): booted + float(uptime) - first for number, uptime in notes}


def write_script(folder: Path, script: Script) -> None:
    """Let each program know what its runs do."""
    folder.mkdir()
    (folder / "actor").write_text(ACTOR)
    (folder / "actor").chmod(0o755)
    for spec in SPECS:
        runs = [script.part(spec).run(number) for number in range(1, 30)]
        lines = [
            f"{'forever' if run.lasts_s == FOR_EVER else run.lasts_s} {run.exit.code}\n"
            for run in runs
        ]
        (folder / f"{spec.id}.script").write_text("".join(lines))


def encode(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode() + b"\n"


def watched(watch: socket.socket, server: PortServer, script: Script) -> Iterator[dict[str, Any]]:
    """The moves until all jobs are over; they are killed meanwhile when it is time for it."""
    kills = sorted((at_s, spec.id) for spec in SPECS for at_s in script.kill_times(spec))
    left = {spec.id for spec in SPECS}
    begin, received = time.time(), b""
    while left:
        patience = begin + kills[0][0] - time.time() if kills else DEADLINE_S
        readable, _, _ = select.select([watch], [], [], max(patience, 0))
        if not readable:
            assert kills, f"these jobs have no end: {left}"
            ask(server.address, encode({"command": "kill-job", "jobId": kills.pop(0)[1]}))
            continue
        received += watch.recv(1 << 16)
        *whole, received = received.split(b"\n")
        for line in map(json.loads, whole):
            begin = seconds(line["at"]) if line["sequence"] == 1 else begin
            left -= {line["jobId"]} if line["to"] in FINAL else set()
            yield line


# Comparing


def compare(
    simulated: list[Moment], live: list[Moment], allowed_s: float, apart_s: float
) -> Iterator[str]:
    """What is different, in words."""
    told, seen = by_job(simulated), by_job(live)
    for spec in SPECS:
        yield from compare_job(told[spec.id], seen[spec.id], allowed_s)
    places = {moment.move: place for place, moment in enumerate(live)}
    for earlier, later in combinations(simulated, 2):
        is_known = earlier.move in places and later.move in places
        is_ordered = later.at - earlier.at > apart_s
        if is_known and is_ordered and places[earlier.move] > places[later.move]:
            yield f"{later} came before {earlier}"


def compare_job(simulated: list[Moment], live: list[Moment], allowed_s: float) -> Iterator[str]:
    """Ticks and kills come by the clock; all else comes so long after what was before it."""
    if [moment.move for moment in simulated] != [moment.move for moment in live]:
        yield f"{live} happened instead of {simulated}"
        return
    for told, seen in zip(pairwise(simulated), pairwise(live), strict=True):
        late = seen[1].at - told[1].at
        if not is_by_the_clock(told[1].move):
            late -= seen[0].at - told[0].at
        if seen[1].ended is not None:
            late -= max(seen[1].ended - seen[0].at - (told[1].at - told[0].at), 0)
        if abs(late) > allowed_s:
            yield f"{seen[1]} is {late:.3f} s late"


def is_by_the_clock(move: Move) -> bool:
    """Whether a move comes at its own time, however late others are."""
    is_tick = move.job_id in TICKING and move.what[0] is Trigger.START
    return is_tick or move.what[0] is Trigger.KILL


def by_job(moments: Iterable[Moment]) -> dict[str, list[Moment]]:
    """The moves of each job."""
    jobs = defaultdict(list)
    for moment in moments:
        jobs[moment.move.job_id].append(moment)
    return jobs


# Measuring the machine


@contextmanager
def probed() -> Iterator[Probe]:
    """Meanwhile another program is started again and again, and it is measured how late it is."""
    probe, is_over = Probe(), threading.Event()

    def look() -> None:
        end = time.monotonic()
        while not is_over.wait(PROBE_S):
            run(["/bin/sh", "-c", f"sleep {PROBE_S}; exit 0"], check=True)
            # The pause counts as well: a stall may begin in it.
            begin, end = end, time.monotonic()
            probe.late_s = max(probe.late_s, end - begin - 2 * PROBE_S)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield probe
    finally:
        is_over.set()
        thread.join()
