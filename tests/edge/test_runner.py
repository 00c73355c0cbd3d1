"""The runner by itself: what becomes of mistakes that nobody foresaw."""

import asyncio
import logging
from pathlib import Path

import pytest

from k1s.engines.local import LocalEngine
from k1s.job import JobSpec, JobType, State
from k1s.logkeeper import LogKeeper
from k1s.logs.rotator import Rotator
from k1s.protocol import CreateJob, DeleteJob, JobReply, Message, Reply
from k1s.registry import Registry
from k1s.runner import Runner

DEADLINE_S = 60.0


def runner(folder: Path, replies: list[Reply]) -> Runner:
    """A runner whose clients all get their replies here."""
    return Runner(Registry(str(folder)), lambda _, reply: replies.append(reply), lambda _, __: None)


@pytest.mark.fault("S4")
@pytest.mark.parametrize(
    ("owner", "call"), [(LogKeeper, "begin"), (Rotator, "_join"), (LocalEngine, "start")]
)
def test_a_mistake_in_a_start(
    owner: type,
    call: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It ends that run and is logged once: else the job would run for ever without a process."""
    replies: list[Reply] = []

    def blunder(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(owner, call, blunder)

    async def scenario() -> None:
        one = runner(tmp_path, replies)
        one.handle(CreateJob(JobSpec("it", JobType.ONE_TIME, "true")), 1)
        one.handle(DeleteJob("it"), 2)
        one.close()

    with caplog.at_level(logging.ERROR):
        asyncio.run(scenario())
    created, deleted = replies
    assert isinstance(created, JobReply)
    assert created.job.state is State.EXHAUSTED
    assert created.job.last_error == (
        "could not start: k1s made a mistake (the server's output says which)"
    )
    assert deleted == Message("Job deleted")
    assert caplog.text.count("a start failed") == 1


@pytest.mark.fault("S4")
def test_a_mistake_in_a_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever else has ended is told of without another SIGCHLD, which might never come."""

    async def scenario() -> int:
        one, calls, again = runner(tmp_path, []), [0], asyncio.Event()

        def reap(engine: LocalEngine) -> None:
            calls[0] += 1
            if calls[0] == 1:
                raise ZeroDivisionError
            engine.others.add(0)  # as if the guardian were well
            again.set()

        monkeypatch.setattr(LocalEngine, "reap", reap)
        with pytest.raises(ZeroDivisionError):
            one._reap()
        await asyncio.wait_for(again.wait(), DEADLINE_S)
        one.close()
        return calls[0]

    assert asyncio.run(scenario()) == 2
