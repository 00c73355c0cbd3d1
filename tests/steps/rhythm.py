"""When runs began and ended, measured by the notes of the programs and the words of the server."""

from itertools import pairwise

from . import values
from .waiting import until
from .world import World

STAMP_S = 0.05  # between the moment of a start and the server's stamp for it


def pauses(world: World, program: str, count: int) -> list[float]:
    """The first pauses between the end of a run and the start of the next."""
    starts = world.wait_for_starts(program, count + 1)
    ends = world.programs[program].times("ends")
    return [starts[i + 1] - ends[i] for i in range(count)]


def first_start(world: World, job_id: str) -> float:
    """When the job's first run began, as the reply to its creation says."""
    return values.seconds(world.created[job_id]["startedAt"])


def next_tick(world: World, job_id: str) -> float:
    """When the job's next tick is due, as the server says now."""
    what = f"the job {job_id} to say when its next tick is due"
    job = until(what, lambda: world.job(job_id), lambda seen: seen["nextRunAt"] is not None)
    return values.seconds(job["nextRunAt"])


def lateness(world: World, job_id: str) -> list[float]:
    """How long after it was due each run but the first has begun, by the words of the server."""
    history = world.ask(command="explain-job", jobId=job_id)["history"]
    pairs = [(before, move) for before, move in pairwise(history) if move["trigger"] == "start"]
    return [
        values.seconds(move["at"]) - values.seconds(before["nextRunAt"])
        for before, move in pairs
        if before["nextRunAt"] is not None
    ]


def off_the_grid(world: World, job_id: str, period: float) -> float:
    """How far the next tick is from a whole number of periods after the first next tick."""
    passed = next_tick(world, job_id) - values.seconds(world.created[job_id]["nextRunAt"])
    return abs(passed - round(passed / period) * period)
