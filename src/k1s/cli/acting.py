"""Doing the same to several jobs, at the same time; each says for itself what came of it."""

import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

from k1s.cli import asking
from k1s.cli.countdown import Countdown
from k1s.cli.display.output import print_json, print_lines
from k1s.cli.display.progress import Progress
from k1s.cli.failing import REFUSED, complain
from k1s.cli.jobs import Asked
from k1s.destination import Destination


class Failed(NamedTuple):
    """The server did what it was asked, but it came to nothing; the text names the job."""

    text: str


NAMED_MAX: Final = 10

Words = Callable[[str, Any], str | Failed | None]


def _as_it_is(reply: Any) -> Any:
    return reply


class Step(NamedTuple):
    """A request to make for each job, and the words for a reply that is no refusal, if any.

    `amend` puts right what the server cannot know better. What a job is told
    by a request that `ends` it can be heeded until SIGKILL comes; `is_told` if
    an earlier step has told it already.
    """

    request: Callable[[str], dict[str, Any]]
    words: Words
    amend: Callable[[Any], Any] = _as_it_is
    ends: bool = False
    is_told: bool = False


def act(where: Destination, patterns: Sequence[str], doing: str, *steps: Step, json: bool) -> None:
    """Take each job that is meant through the steps, as far as it comes.

    Prints a line for each, or one object of JSON: of each id, the reply to
    its first step, or else the one that refused a later step. Exits with 1
    if any job did not come through.
    """
    asked = Asked(where)
    ids, all_known = asked.meant(patterns)
    with Progress("") as progress:
        work = _Work(where, asked, progress, doing, is_silent=json)
        left = ids
        for step in steps:
            left = work.take(left, step)
    if json:
        print_json({id: work.replies[id] for id in ids})
    if len(left) < len(ids) or not all_known:
        sys.exit(REFUSED)


class _Work:
    """The state of one `act`."""

    def __init__(
        self, where: Destination, asked: Asked, progress: Progress, doing: str, *, is_silent: bool
    ) -> None:
        self.replies: dict[str, Any] = {}
        self._where = where
        self._asked = asked
        self._progress = progress
        self._doing = doing
        self._is_silent = is_silent
        self._countdown = Countdown(where)

    def take(self, ids: Sequence[str], step: Step) -> list[str]:
        """Take these jobs through one step at the same time; those that came through."""
        waiting = dict.fromkeys(ids)
        sent: set[str] = set()
        through: set[str] = set()
        self._progress.show(self._left(waiting))
        try:
            for id, reply in self._replies(ids, step, waiting, sent):
                del waiting[id]
                if self._report(id, step.amend(reply), step.words):
                    through.add(id)
                self._progress.show(self._left(waiting))
        except KeyboardInterrupt:
            begun = {id: None for id in waiting if step.is_told or id in sent}
            if step.ends and begun:
                self._progress.clear()
                untold = len(waiting) - len(begun)
                more = f"; {untold} others have not been told" if untold else ""
                complain(f"only the waiting has ended: k1s goes on {self._left(begun)}{more}")
            raise
        return [id for id in ids if id in through]

    def _replies(
        self, ids: Sequence[str], step: Step, waiting: dict[str, None], sent: set[str]
    ) -> Iterator[tuple[str, Any]]:
        """The replies as they come; who looks on sees what time the first has left meanwhile."""

        def message(id: str) -> dict[str, Any]:
            sent.add(id)
            return step.request(id)

        def count_down() -> None:
            until = self._countdown.of(next(iter(waiting)))
            self._progress.show(self._left(waiting, until))

        when_idle = count_down if step.ends and self._progress.is_shown else None
        for number, reply in asking.replies(self._where, map(message, ids), when_idle):
            yield ids[number], reply

    def _report(self, id: str, reply: Any, words: Words) -> bool:
        refused = asking.is_refusal(reply)
        if refused or id not in self.replies:
            self.replies[id] = reply
        said = Failed(self._asked.explained(id, reply)) if refused else words(id, reply)
        self._progress.clear()
        match said:
            case Failed(text):
                complain(text)
                return False
            case str() if not self._is_silent:
                print_lines([said])
        return True

    def _left(self, waiting: dict[str, None], until: str = "") -> str:
        if not waiting:
            return ""
        named = ", ".join(islice(waiting, NAMED_MAX))
        more = ", ..." if len(waiting) > NAMED_MAX else ""
        return f"{self._doing} {len(waiting)}{until}: {named}{more}"
