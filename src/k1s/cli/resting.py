"""What those are told who follow logs, once a job is over: that nothing comes until it is started.

The server tells of the moves of jobs on a connection of its own. After one to an
end the job is asked for: a restart is no end, nor is one a deletion, and a server
that stops has nobody started again. Where that question is refused, as when all
connections are taken, the end may stay untold.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Self

from k1s.cli import asking
from k1s.cli.display.listing import counts
from k1s.cli.display.output import say
from k1s.cli.display.wording import counted, standing
from k1s.client.transport import ServerGoneError, Stream, request
from k1s.destination import Destination, DestinationError

NAMED_MAX: Final = 5
_OVER: Final = frozenset({"killed", "exhausted", "done"})

Job = Mapping[str, Any]
End = tuple[Any, ...]


def sequence(where: Destination) -> int:
    """The number of the latest move; what comes after it is told by `Ends`, and nothing is lost."""
    return int(asking.answer(where, {"command": "get-server-info"})["sequence"])


class Ends:
    """Says of some jobs that they are over: of those that are at the beginning, and as it comes.

    Nothing is said of an end that was `told`, whoever has told it.
    """

    def __init__(self, where: Destination, ids: Sequence[str], known: int, told: set[End]) -> None:
        self._where = where
        self._ids = ids
        self._created: dict[str, str] = {}
        self._told = told
        watch = {"command": "watch-jobs", "from": known, "jobIds": list(ids)}
        self._moves: Stream = asking.stream(where, watch)
        self._tell(ids)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._moves.close()

    def fileno(self) -> int:
        """For a poll, which says when it is time to `hear`."""
        return self._moves.fileno()

    def hear(self) -> bool:
        """Take what has come, and say it; False if there will be no more."""
        try:
            moves = self._moves.arrived()
        except ServerGoneError:  # who reads the logs is told that, too
            return False
        if moves is None:
            return False
        if any("missed" in move for move in moves):
            self._tell(self._ids)
        else:
            latest = {move["jobId"]: move["to"] for move in moves if "jobId" in move}
            self._tell([id for id, state in latest.items() if state in _OVER])
        return not any(asking.is_refusal(move) for move in moves)

    def _tell(self, ids: Sequence[str]) -> None:
        news = [job for job in self._asked(ids) if self._is_news(job)]
        # Asked last: what a server has ended because it stops is not started again.
        if news and self._is_stopping():
            return
        if len(news) > NAMED_MAX:
            jobs = counted(len(news), "job")
            say(f"{jobs} are over ({counts(news)}); waiting for their next starts, Ctrl-C ends")
            return
        for job in news:
            say(f"{standing(job)}; waiting for its next start, Ctrl-C ends")

    def _is_news(self, job: Job) -> bool:
        """Whether a followed job is over, and that has not been told of this run.

        Of another one that has got its name since, no logs are shown.
        """
        is_followed = self._created.setdefault(job["id"], job["createdAt"]) == job["createdAt"]
        if not is_followed or job["state"] not in _OVER:
            return False
        end = job["id"], job["createdAt"], job["runCount"]
        is_new = end not in self._told
        self._told.add(end)
        return is_new

    def _asked(self, ids: Sequence[str]) -> Iterable[Job]:
        """The jobs as they are now, as far as the server tells."""
        if not ids:
            return []
        one = {"command": "get-job-by-id", "jobId": ids[0]}
        found = self._answer(one if len(ids) == 1 else {"command": "get-all-jobs"})
        if found is None:
            return []
        jobs = [found] if len(ids) == 1 else found
        return [job for job in jobs if job["id"] in set(ids)]

    def _is_stopping(self) -> bool:
        """Whether the server stops, or has gone by now; an older one does not say so."""
        info = self._answer({"command": "get-server-info"})
        return info is None or bool(info.get("stopping"))

    def _answer(self, message: dict[str, Any]) -> Any:
        """The answer of the server; None if there is none, or it says no."""
        try:
            found = request(self._where, message)
        except (ServerGoneError, DestinationError):
            return None
        return None if asking.is_refusal(found) else found
