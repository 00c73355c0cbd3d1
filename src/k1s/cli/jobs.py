"""The jobs that the ids and globs of a command mean, by asking the server."""

from collections.abc import Sequence
from typing import Any, Final

from k1s.cli.asking import answer, is_refusal, reply
from k1s.cli.failing import complain
from k1s.cli.line.matching import explain_unknown, is_glob, match
from k1s.destination import Destination

_HINTS: Final = {
    "not-killable": "while it runs, k1s kill --one-time {0} ends it; k1s delete {0} removes it",
    "already-finished": "run it again with k1s start {}",
    "job-exists": "k1s delete {0} makes room for another, k1s start {0} runs it again",
    "being-killed": "try again when k1s wait {} has returned",
    "not-running": "see k1s show {}",
}


class Asked:
    """What one command wants to know of the jobs of a server, asked at the most once."""

    def __init__(self, where: Destination) -> None:
        self._where = where
        self._all: list[dict[str, Any]] | None = None

    @property
    def all(self) -> list[dict[str, Any]]:
        """Every job, in the order of creation."""
        if self._all is None:
            self._all = answer(self._where, {"command": "get-all-jobs"})
        return self._all

    def meant(self, patterns: Sequence[str]) -> tuple[list[str], bool]:
        """The ids that are meant, and whether each pattern means any; complains where not.

        The server is asked only for globs: what an id means it knows best itself.
        """
        if not any(map(is_glob, patterns)):
            return list(dict.fromkeys(patterns)), True
        ids = [job["id"] for job in self.all]
        matched = match(patterns, ids)
        for pattern in matched.unknown:
            complain(explain_unknown(pattern, ids))
        return matched.ids, not matched.unknown

    def each(self, patterns: Sequence[str], command: str) -> tuple[list[dict[str, Any]], bool]:
        """What the server answers for each job that is meant, and whether it answers for all.

        Complains about those that it does not know.
        """
        meant, all_known = self.meant(patterns)
        answers: list[dict[str, Any]] = []
        for id in meant:
            found = reply(self._where, {"command": command, "jobId": id})
            if is_refusal(found):
                complain(self.explained(id, found))
            else:
                answers.append(found)
        return answers, all_known and len(answers) == len(meant)

    def explained(self, id: str, refusal: dict[str, Any]) -> str:
        """A refusal that concerns one job as a sentence that names it."""
        if refusal.get("code") == "job-not-found":
            return explain_unknown(id, [job["id"] for job in self.all])
        hint = _HINTS.get(str(refusal.get("code")))
        return f"{id}: {refusal['error']}{f': {hint.format(id)}' if hint else ''}"
