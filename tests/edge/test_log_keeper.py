"""The edge of rotation: its thread, and what becomes of mistakes in it."""

import asyncio
import logging
import threading
from pathlib import Path

import pytest

from k1s.config import LogsConfig
from k1s.engines.rotation import Outcome, Verdict
from k1s.logkeeper import LogKeeper


@pytest.mark.fault("S4")
def test_a_mistake_in_a_rotation(caplog: pytest.LogCaptureFixture) -> None:
    """An exception that nobody foresaw ends one rotation, is logged once, and no more."""

    async def scenario() -> list[Outcome]:
        keeper, outcomes, both = LogKeeper(LogsConfig()), list[Outcome](), asyncio.Event()

        def done(outcome: Outcome) -> None:
            outcomes.append(outcome)
            if len(outcomes) == 2:
                both.set()

        keeper.open()
        keeper.in_thread(lambda: Outcome(Verdict[str(1 / 0)]), done)
        keeper.in_thread(lambda: Outcome(Verdict.DONE, threading.current_thread().name), done)
        await asyncio.wait_for(both.wait(), 10)
        keeper.close()
        return outcomes

    with caplog.at_level(logging.ERROR):
        failed, worked = asyncio.run(scenario())
    assert failed.verdict is Verdict.FAILED
    assert worked == Outcome(Verdict.DONE, "rotation_0")
    assert caplog.text.count("a rotation failed") == 1
    assert "rotation_0" not in [thread.name for thread in threading.enumerate()]


def test_no_thread_without_a_rotation(tmp_path: Path) -> None:
    """A server whose logs are small has no thread for them."""

    async def scenario() -> None:
        before = threading.active_count()
        keeper = LogKeeper(LogsConfig())
        keeper.open()
        keeper.append(str(tmp_path / "error.log"), "a line\n")
        assert threading.active_count() == before
        keeper.close()

    asyncio.run(scenario())
    assert (tmp_path / "error.log").read_text() == "a line\n"
