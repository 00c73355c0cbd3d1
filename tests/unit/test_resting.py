"""What is said of the ends of jobs whose logs are followed, whatever the server answers."""

from collections.abc import Callable
from typing import Any

import pytest

from k1s.cli import resting
from k1s.cli.resting import NAMED_MAX, Ends
from k1s.client.transport import ServerGoneError
from k1s.destination import Destination, DestinationError

HERE = Destination()
JOB: dict[str, Any] = {
    "id": "web",
    "state": "killed",
    "exitCode": None,
    "signal": "SIGINT",
    "createdAt": "2026-11-23T06:35:15.123Z",
    "runCount": 1,
    "endedAt": "2026-11-23T06:35:15.123Z",
    "lastError": None,
}
RUNNING = {**JOB, "state": "running"}
GOES_ON = {"stopping": False}
WAITS = "waiting for its next start, Ctrl-C ends"


class Moves(list[Any]):
    """What comes of the moves, piece by piece; an exception is raised."""

    def arrived(self) -> Any:
        """The next piece."""
        if isinstance(piece := self.pop(0), Exception):
            raise piece
        return piece


Following = Callable[..., Ends]


@pytest.fixture
def following(monkeypatch: pytest.MonkeyPatch) -> Following:
    """Makes what follows some jobs, of what the server answers."""

    def make(ids: list[str], answers: list[Any], moves: list[Any]) -> Ends:
        def request(_: Destination, __: object) -> Any:
            if isinstance(answer := answers.pop(0), Exception):
                raise answer
            return answer

        monkeypatch.setattr(resting, "request", request)
        monkeypatch.setattr(resting.asking, "stream", lambda _, __: Moves(moves))
        return Ends(HERE, ids, 0, set())

    return make


def _move(to: str | None, id: str = "web") -> dict[str, Any]:
    return {"jobId": id, "to": to}


def test_an_end_is_told_once(following: Following, capsys: pytest.CaptureFixture[str]) -> None:
    """Until the job has run again."""
    again = {**JOB, "runCount": 2, "state": "exhausted", "exitCode": 3, "signal": None}
    ends = following(
        ["web"], [JOB, GOES_ON, JOB, again, {}], [[_move("killed")], [_move("exhausted")]]
    )
    assert ends.hear()
    assert capsys.readouterr().err == f"web is killed; {WAITS}\n"
    assert ends.hear()
    assert capsys.readouterr().err == f"web is exhausted (exit 3); {WAITS}\n"


@pytest.mark.parametrize(
    ("moves", "asked"),
    [
        ([_move("killed"), _move("running")], JOB),
        ([_move("killed"), _move(None)], JOB),
        ([_move("done")], RUNNING),
    ],
)
def test_what_goes_on_is_no_end(
    following: Following, capsys: pytest.CaptureFixture[str], moves: list[Any], asked: Any
) -> None:
    """A restart and a deletion, after which nothing is asked, and an end that was a moment ago."""
    ends = following(["web"], [RUNNING, asked], [moves])
    assert ends.hear()
    assert capsys.readouterr().err == ""


def test_another_job_of_that_name_is_not_followed(
    following: Following, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its logs are not shown, so nobody waits for its next start."""
    other = {**JOB, "createdAt": "2026-11-23T06:36:00.000Z"}
    ends = following(["web"], [RUNNING, other], [[_move(None), _move("killed")]])
    assert ends.hear()
    assert capsys.readouterr().err == ""


def test_who_has_missed_moves_asks_for_all(
    following: Following, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of many ends the number is told, and of jobs that are not followed nothing."""
    jobs = [{**JOB, "id": f"job-{number}"} for number in range(NAMED_MAX + 1)]
    ids = [job["id"] for job in jobs]
    ends = following(ids, [[], [*jobs, {**JOB, "id": "other"}], GOES_ON], [[{"missed": 3}]])
    assert ends.hear()
    assert capsys.readouterr().err == (
        f"{len(ids)} jobs are over ({len(ids)} killed);"
        " waiting for their next starts, Ctrl-C ends\n"
    )


@pytest.mark.parametrize(
    "answer",
    [ServerGoneError("gone"), DestinationError("no token"), {"error": "No", "code": "not-allowed"}],
)
def test_a_server_that_does_not_answer(
    following: Following, capsys: pytest.CaptureFixture[str], answer: Any
) -> None:
    """Whoever reads the logs is told what is wrong, if anything is."""
    ends = following(["web"], [answer, answer], [[_move("killed")]])
    assert ends.hear()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("info", [{"stopping": True}, ServerGoneError("gone")])
def test_nobody_waits_for_a_start_when_the_server_stops(
    following: Following, capsys: pytest.CaptureFixture[str], info: Any
) -> None:
    """What has been ended with the server is not started again."""
    ends = following(["web"], [RUNNING, JOB, info], [[_move("killed")]])
    assert ends.hear()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("last", [None, ServerGoneError("gone"), [{"error": "No", "code": "x"}]])
def test_no_more_moves(following: Following, last: Any) -> None:
    """The stream is over, has broken, or was refused."""
    assert not following(["web"], [RUNNING], [last]).hear()
