"""(f) How long the list of all jobs takes, as a user types it: from a process's start to its end.

Beside the lists of the peers with as many jobs, and beside an interpreter that
does nothing and one that imports cyclopts. At the full size, compiled code is
kept in the folder of the measure and made before the first sample, so that
every side finds its own, however this machine is set up.
"""

import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from time import perf_counter

from apparatus import wire
from apparatus.announcements import Announcements
from apparatus.figures import Aim, Figure, Size
from apparatus.guests import Guests
from apparatus.processes import K1S, clean_environment, compiled_code, k1s_server
from apparatus.rounds import interleaved
from apparatus.setting import Setting
from attrs import frozen
from peers.peer import Peer, PeerJob, standing

NAME = "list"
COMPLETION = "completion"
ORIGINAL = "k1s client -c get-all-jobs"
BARE, CYCLOPTS = "python -c pass", 'python -c "import cyclopts"'
TIMEOUT_S = 60


@frozen
class Plan:
    """How many jobs, and how long at most that may take (ms).

    The short table has the original client where there is least to list.
    """

    jobs: int
    rounds: int
    peer_rounds: int
    aim_ms: float
    tells_original: bool = False


PLANS: dict[Size, tuple[Plan, ...]] = {
    "small": (Plan(3, 1, 1, 150, tells_original=True),),
    "full": (Plan(0, 20, 5, 110, tells_original=True), Plan(1000, 10, 3, 150)),
}


def measure(setting: Setting) -> Iterator[Figure]:
    """Milliseconds, beside the peers and beside Python."""
    for plan in PLANS[setting.size]:
        setting.progress.step(f"{plan.jobs:,} jobs")
        yield from _measure(setting, plan)


def _measure(setting: Setting, plan: Plan) -> list[Figure]:
    inner, guests = setting.within(f"{plan.jobs}-jobs"), Guests(setting.progress)
    variables = compiled_code(inner.folder) if setting.size == "full" else {}
    run = partial(_run, inner.folder, variables)
    with ExitStack() as stack:
        server = stack.enter_context(k1s_server(inner.folder / "k1s"))
        wire.exchange_all(server.address, map(wire.create_job, wire.sleepers(0, plan.jobs)))
        port = str(server.address[1])
        command = [K1S, "list", "--port", port]
        complete = [K1S, "_complete", "fish", "kill", "--port", port, ""]
        sides: dict[str, Callable[[], float]] = {
            "k1s": partial(run, command),
            COMPLETION: partial(run, complete),
            ORIGINAL: partial(run, [K1S, *ORIGINAL.split()[1:], "-p", port]),
            BARE: partial(run, [sys.executable, "-c", "pass"]),
            CYCLOPTS: partial(run, [sys.executable, "-c", "import cyclopts"]),
        }
        peers: dict[str, Callable[[], float]] = {}
        for peer in setting.peers:
            if lists := guests.host(peer.name, partial(_listing, inner, stack, peer, plan.jobs)):
                peers[peer.name] = lists
        for side in sides.values() if variables else ():
            side()
        for name, lists in peers.items():
            guests.host(name, lists)
        present = {name: lists for name, lists in peers.items() if name not in guests.gone}
        samples = interleaved(setting.progress, plan.rounds, sides, present, plan.peer_rounds)
    silent = [peer.name for peer in setting.peers if peer.name in guests.gone]
    return _figures(plan, command, samples | {name: [] for name in silent})


def _figures(
    plan: Plan, command: Sequence[str], samples: Mapping[str, list[float]]
) -> list[Figure]:
    words = " ".join(word for word in command[1:] if not word.isdigit() and word != "-p")
    what = f"`k1s {words}` with {plan.jobs:,} jobs"
    k1s = samples["k1s"]
    ours = ("k1s", COMPLETION, ORIGINAL, BARE, CYCLOPTS)
    known = {name: samples[name] for name in samples if name not in ours}
    aim = Aim(plan.aim_ms, of="value")
    return [
        Figure(
            NAME,
            f"{what}, beside `{BARE}`",
            "ms",
            k1s,
            samples[BARE],
            [aim, Aim(1, of="peers")],
            peers=known,
            picture=what.replace("`", ""),
            is_main=True,
        ),
        Figure(NAME, f"{what}, beside `{CYCLOPTS}`", "ms", k1s, samples[CYCLOPTS]),
        *(
            Figure(
                NAME,
                f"`{ORIGINAL}` with {plan.jobs:,} jobs, beside `{other}`",
                "ms",
                samples[ORIGINAL],
                samples[other],
                is_main=plan.tells_original,
            )
            for other in (BARE, CYCLOPTS)
        ),
        Figure(
            NAME,
            f"the completion of `k1s kill` with {plan.jobs:,} jobs, beside `{BARE}`",
            "ms",
            samples[COMPLETION],
            samples[BARE],
            [aim],
        ),
    ]


def _listing(
    setting: Setting, stack: ExitStack, peer: Peer, jobs: int
) -> Callable[[], float] | None:
    """A peer with as many jobs, all of them running, and its command; None without one."""
    programs = setting.programs
    told = stack.enter_context(Announcements(setting.folder / f"fifo-{peer.name}"))
    wanted = [PeerJob(f"job-{n}", programs.staying(told.path, n)) for n in range(jobs)]
    daemon = stack.enter_context(standing(peer, setting.folder / peer.name, wanted))
    told.take(jobs)
    if not daemon.list_command:
        return None
    return partial(_run, setting.folder, daemon.environment, daemon.list_command)


def _run(folder: Path, variables: Mapping[str, str], command: Sequence[str]) -> float:
    environment, said = clean_environment(variables), folder / "complaints"
    with said.open("wb") as complaints:
        begin = perf_counter()
        with subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
        ) as process:
            _await_end(process)
        took_s = perf_counter() - begin
    assert process.returncode == 0, f"{command} ends with {process.returncode}: {said.read_text()}"
    return took_s * 1000


def _await_end(process: "subprocess.Popen[bytes]") -> None:
    """Wait for it in the kernel: `wait` with a timeout looks in ever longer steps, up to 50 ms."""
    pidfd = os.pidfd_open(process.pid)
    try:
        if not select.select([pidfd], [], [], TIMEOUT_S)[0]:
            process.kill()
    finally:
        os.close(pidfd)
