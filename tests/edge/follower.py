"""A client who follows every move of a server's jobs, and holds it against all that is shown."""

import json
import socket
from typing import Any, Final, Self

from attrs import define, field, frozen
from steps.server import Server
from steps.waiting import until
from steps.wire import ask, connect, encode, send

from k1s.job import FINAL, JobType
from k1s.lifecycle import ROWS

_TABLE: Final = {
    JobType(type_): {(row.trigger, row.source, row.target) for row in rows}
    for type_, rows in ROWS.items()
}
_INFO: Final = {"command": "get-server-info"}


@frozen
class Shown:
    """What one view has shown of a job."""

    type: str
    state: str
    run_count: int
    failed_count: int


@define(eq=False)
class Follower:
    """Hears of all moves from the moment that it is opened. A `life` of an id ends with a delete.

    A view belongs to the life that began when the view says that the job was created.
    """

    server: Server
    sequence: int = field(init=False)
    lives: dict[str, list[list[dict[str, Any]]]] = field(factory=dict, init=False)
    views: dict[tuple[str, str], set[Shown]] = field(factory=dict, init=False)
    _socket: socket.socket = field(init=False)
    _rest: bytes = field(default=b"", init=False)

    def __attrs_post_init__(self) -> None:
        self.sequence = self._latest()
        self._socket = connect(self.server.address)
        send(self._socket, encode({"command": "watch-jobs", "from": self.sequence}))
        self._socket.settimeout(0)
        self._latest()  # requests are taken in order: the stream has begun when this is answered

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def see(self, view: dict[str, Any]) -> None:
        """Somebody has been shown this."""
        shown = Shown(view["type"], view["state"], view["runCount"], view["failedCount"])
        self.views.setdefault((view["id"], view["createdAt"]), set()).add(shown)

    def hear(self) -> None:
        """Take what has come: numbered without a gap, each move of a job from where it was."""
        while True:
            try:
                data = self._socket.recv(1 << 16)
            except BlockingIOError:
                return
            assert data, "the server has ended the stream"
            *lines, self._rest = (self._rest + data).split(b"\n")
            for line in lines:
                self._take(json.loads(line))

    def agree(self, job_id: str) -> None:
        """What the server shows of a job now is where its latest move has brought it.

        Or one of those that it makes while we look: some jobs never stand still.
        """
        before = self._latest()
        view = ask(self.server.address, {"command": "get-job-by-id", "jobId": job_id})
        after = self._latest()
        self._hear_until(after)
        moves = [move for life in self.lives.get(job_id, ()) for move in life]
        earlier = [move for move in moves if move["sequence"] <= before][-1:] or [{"to": None}]
        meanwhile = [move for move in moves if before < move["sequence"] <= after]
        assert any(_has_led_to(view, move) for move in earlier + meanwhile), (
            view,
            earlier,
            meanwhile,
        )

    def finish(self) -> None:
        """All has been heard: every life obeys the table, and explains all views of it."""
        self._hear_until(self._latest())
        assert self.lives, "every history creates a job"
        for job_id, lives in self.lives.items():
            for life in lives:
                seen = self.views.get((job_id, life[0]["at"]), set())
                kinds = {shown.type for shown in seen}
                _check_life(life, kinds or set(JobType))
                told = {(move["to"], move["runCount"], move["failedCount"]) for move in life}
                for shown in seen:
                    assert (shown.state, shown.run_count, shown.failed_count) in told, (shown, life)

    def _latest(self) -> int:
        sequence: int = ask(self.server.address, _INFO)["sequence"]
        return sequence

    def _hear_until(self, sequence: int) -> None:
        def has_heard() -> bool:
            self.hear()
            return self.sequence >= sequence

        until(f"move {sequence} to be told", has_heard)

    def _take(self, move: dict[str, Any]) -> None:
        assert "sequence" in move, move
        self.sequence += 1
        assert move["sequence"] == self.sequence, move
        lives = self.lives.setdefault(move["jobId"], [])
        if move["trigger"] == "create":
            assert not lives or lives[-1][-1]["to"] is None, move
            lives.append([])
        else:
            assert move["from"] == lives[-1][-1]["to"], (lives[-1][-1], move)
        lives[-1].append(move)


def _has_led_to(view: dict[str, Any], move: dict[str, Any]) -> bool:
    """Whether a view shows where a move has brought a job."""
    if move["to"] is None or "code" in view:
        return move["to"] is None and view.get("code") == "job-not-found"
    words = [("state", "to"), *((word, word) for word in ("runCount", "failedCount"))]
    if move["trigger"] in {"succeed", "fail", "end"}:
        words += [("exitCode", "exitCode"), ("signal", "signal")]
    return all(view[word] == move[key] for word, key in words)


def _check_life(life: list[dict[str, Any]], types: set[str]) -> None:
    """One of these types of job can have made these moves, and their counts follow one another."""
    moves = [move for move in life if None not in {move["from"], move["to"]}]
    rows = {(move["trigger"], move["from"], move["to"]) for move in moves}
    assert any(rows <= _TABLE[JobType(type_)] for type_ in types), (types, life)
    runs = failed = 0
    for move in life:
        is_start = move["trigger"] == "start"
        runs += is_start
        if move["trigger"] == "succeed" or (is_start and move["ordered"]):
            failed = 0
        failed += move["trigger"] == "fail"
        assert (move["runCount"], move["failedCount"]) == (runs, failed), (move, life)
        assert not is_start or move["ordered"] or move["from"] not in FINAL, move
