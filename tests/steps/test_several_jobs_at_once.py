"""Steps of the feature "Several jobs at once" that no other feature has."""

import shlex
from typing import Any

from pytest_bdd import given, scenarios, then, when

from .phrases import phrase
from .wire import connect, encode, exchange, read_all
from .world import World

scenarios("several_jobs_at_once.feature")

# The server has taken in a long line when it has answered as many others in turn.
PIECES = 5


def several(world: World, count: int, type_: str, program: str) -> dict[str, Any]:
    """A request for so many jobs of one program."""
    executable, *arguments = shlex.split(world.executable(program))
    jobs = [
        {"id": f"job-{number}", "type": type_, "executable": executable, "arguments": arguments}
        for number in range(1, count + 1)
    ]
    return {"command": "create-jobs", "jobs": jobs}


@given(phrase('{count:d} {type_:word} jobs at once that run "{program}"'))
@when(phrase('I create {count:d} {type_:word} jobs at once that run "{program}"'))
def create_several(world: World, count: int, type_: str, program: str) -> None:
    """One line asks for all of them."""
    world.last_reply = exchange(world.address, encode(several(world, count, type_, program)))


@then(phrase('each job of the reply is "{state}" and has a process'))
def each_runs(world: World, state: str) -> None:
    """The reply came when all had been started."""
    assert all(job["state"] == state and job["pid"] for job in world.reply.json)


@when(
    phrase(
        'I create {count:d} {type_:word} jobs at once that run "{program}"'
        " and do not wait for the reply"
    )
)
def create_without_waiting(world: World, count: int, type_: str, program: str) -> None:
    """The line has gone out, and right behind it the question of somebody else.

    All of the line but its end is there before: nobody else comes in between then,
    and however long we are held up from here on, the question is not late.
    """
    client, other = connect(world.address), connect(world.address)
    world.clients += [other, client]
    line = encode(several(world, count, type_, program))
    client.sendall(line[:-1])
    for _ in range(PIECES):
        assert world.jobs() == []
    client.sendall(line[-1:])
    other.sendall(encode({"command": "get-all-jobs"}))


@then("the server answers others meanwhile, before all have been started")
def others_are_answered(world: World) -> None:
    """Somebody else sees jobs whose programs have not been started yet."""
    other, _ = world.clients
    jobs = read_all(other).json
    waiting = [job for job in jobs if job["state"] == "running" and job["pid"] is None]
    assert jobs, "the jobs were not created before the question was answered"
    assert waiting, "all had been started before anybody was answered"


@then("the server has only said that it stops 600 jobs")
def only_stops(world: World) -> None:
    """That is its whole error output."""
    words = "k1s is stopping 600 jobs; another signal ends all at once"
    assert world.server.complained == f"{words}\n"


@then(phrase("all {count:d} jobs are answered for"))
def all_answered(world: World, count: int) -> None:
    """The reply has all of them, each of them tried."""
    jobs = read_all(world.clients[-1]).json
    assert len(jobs) == count
    assert all(job["runCount"] == 1 for job in jobs)
