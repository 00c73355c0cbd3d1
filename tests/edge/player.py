"""Plays histories on a real server, one step after the other, and checks after each.

Nothing is waited for but conditions. What a step leads to is not always known,
for programs end when they like: then any answer that could be true is taken,
and what follows is held against what is shown.
"""

import os
from contextlib import ExitStack
from pathlib import Path
from signal import Signals, pidfd_send_signal
from typing import Any, Final

from attrs import define, field
from follower import Follower
from histories import Step, payload
from pace import Stopwatch
from steps import processes
from steps.server import Server
from steps.waiting import until
from steps.wire import ask, break_off, connect, encode, read_all, send
from witness import FINAL, Witness, bears, holdings, is_within, survivors

ANSWER_S: Final = 1.0
GONE_S: Final = 1.0
KILLED: Final = {"message": "Job killed"}
DELETED: Final = {"message": "Job deleted"}
NOT_FOUND: Final = {"error": "Job not found", "code": "job-not-found"}
SIGNAL_SENT: Final = {"message": "Signal sent"}
WAIT_S: Final = 0.1
NOT_KILLABLE: Final = {"error": "Job is not continuous or periodic", "code": "not-killable"}
FINISHED: Final = [
    {"error": f"Job has already finished: it is {state}", "code": "already-finished"}
    for state in ("done", "exhausted")
]


@define(eq=False)
class Player:
    """One history on one server. `folder` is for the notes of its programs.

    `present` says of each id whether there is such a job; None is not known.
    """

    server: Server
    folder: Path
    seed: str
    witnesses: dict[str, Witness] = field(factory=dict, init=False)
    present: dict[str, bool | None] = field(factory=dict, init=False)
    follower: Follower = field(init=False)

    def play(self, steps: list[Step]) -> None:
        """Play all steps while somebody follows, and see that all was told and nothing is left."""
        with Follower(self.server) as self.follower:
            self._play(steps)
            self.follower.finish()

    def _play(self, steps: list[Step]) -> None:
        """Play all steps, then delete every job and see that nothing is left of any."""
        before = holdings(self.server.pid)
        for step in steps:
            getattr(self, f"_{step[0]}")(*step[1:])
            self._check()
        for job_id in self.present:
            self.follower.agree(job_id)
            self._delete_by_id(job_id)
        assert self._list() == []
        self._check_traces(before)

    def pulses(self) -> dict[Path, int]:
        """How often the processes that programs have left behind have beaten."""
        return {path: path.stat().st_size for path in self.folder.glob("*.pulse")}

    # Steps

    def _create(self, name: str, type_: str, program: str, limits: dict[str, Any]) -> None:
        job_id, request = self._creation(name, type_, program, limits)
        self._check_creation(job_id, self._ask(request))

    def _several(self, jobs: list[Step]) -> None:
        """A client wants several jobs at once: it gets all of them, or none."""
        wanted = [self._creation(*job) for job in jobs]
        payloads = [request["job"] for _, request in wanted]
        reply = self._ask({"command": "create-jobs", "jobs": payloads})
        known = [self.present[job_id] for job_id, _ in wanted]
        if isinstance(reply, dict):
            assert reply["code"] == "job-exists", reply
            assert not all(is_there is False for is_there in known), reply
        else:
            for (job_id, _), view in zip(wanted, reply, strict=True):
                self._check_creation(job_id, view)

    def _start(self, name: str) -> None:
        """A job runs afterwards, or could not be started."""
        job_id = self._id(name)
        self._check_begin(job_id, self._begin("start-job", job_id), "being-killed")

    def _restart(self, name: str) -> None:
        """A job runs afterwards, and it is another run than before."""
        job_id = self._id(name)
        old, reply = self.witnesses[job_id].view, self._begin("restart-job", job_id)
        self._check_begin(job_id, reply, *(["overtaken"] if self.present[job_id] is None else []))
        if old is not None and old["createdAt"] == reply.get("createdAt"):
            assert reply["runCount"] > old["runCount"], (old, reply)

    def _overtake(self, name: str, command: str) -> None:
        """One client restarts, another ends: who comes first has his will, and each is told."""
        job_id = self._id(name)
        witness = self.witnesses[job_id]
        witness.is_to_begin = True
        self._note_signal(job_id, "SIGINT")
        restarting = {"command": "restart-job", "jobId": job_id}
        begun, ended = self._together(restarting, {"command": command, "jobId": job_id})
        if command == "delete-job":
            self._check_deletion(job_id, ended)
            assert begun.get("code") in {None, "overtaken", "job-not-found"}, begun
        else:
            assert ended in self._answers_to_a_kill(job_id), ended
            assert begun.get("code") in {None, "overtaken"} or not self.present[job_id], begun
            self._see_what_is_there(job_id)
        witness.is_to_begin = False

    def _signal(self, name: str, signal: str) -> None:
        """A main process gets a signal, if there is one."""
        job_id = self._id(name)
        self._note_signal(job_id, signal)
        reply = self._ask({"command": "signal-job", "jobId": job_id, "signal": signal})
        if self.present[job_id] is False:
            assert reply == NOT_FOUND
        else:
            assert reply == SIGNAL_SENT or reply["code"] in {"not-running", "job-not-found"}, reply
            assert self.present[job_id] is None or reply != NOT_FOUND

    def _wait(self, name: str, state: str | None, meanwhile: str | None) -> None:
        """Somebody waits for a state, and somebody else may order something."""
        job_id = self._id(name)
        waiting = {"command": "wait-job", "jobId": job_id, "for": state, "timeoutSeconds": WAIT_S}
        if meanwhile is None:
            reply = self._ask(waiting)
        else:
            self._note_signal(job_id, "SIGINT")
            self.witnesses[job_id].is_to_begin |= meanwhile in {"start-job", "restart-job"}
            reply, other = self._together(waiting, {"command": meanwhile, "jobId": job_id})
            if meanwhile == "delete-job":
                self._check_deletion(job_id, other)
        if "code" not in reply:
            assert reply["state"] == state if state else reply["state"] in FINAL, reply
            self.follower.see(reply)
        else:
            codes = {"timed-out", "unreachable-state", "job-not-found"}
            assert reply["code"] in codes, reply
        if meanwhile != "delete-job":
            self._see_what_is_there(job_id)
        self.witnesses[job_id].is_to_begin = False

    def _begin(self, command: str, job_id: str) -> Any:
        self._note_signal(job_id, "SIGINT")
        self.witnesses[job_id].is_to_begin = True
        return self._ask({"command": command, "jobId": job_id})

    def _check_begin(self, job_id: str, reply: Any, *codes: str) -> None:
        if reply == NOT_FOUND:
            assert not self.present[job_id], reply
        elif "code" in reply:
            assert reply["code"] in codes, reply
        else:
            assert reply["state"] == "running" or "is-missing" in reply["arguments"], reply
            assert self.present[job_id] is not False, reply
            self._see(job_id, reply)
        self.witnesses[job_id].is_to_begin = False

    def _see_what_is_there(self, job_id: str) -> None:
        view = self._ask({"command": "get-job-by-id", "jobId": job_id})
        if view != NOT_FOUND:
            self._see(job_id, view)

    def _see(self, job_id: str, view: Any) -> None:
        self.witnesses[job_id].see(view)
        self.follower.see(view)

    def _rivals(self, name: str, type_: str, program: str, limits: dict[str, Any]) -> None:
        """Two clients want the same id at the same time: no more than one gets it."""
        job_id, request = self._creation(name, type_, program, limits)
        replies = sorted(self._together(request, request), key=lambda reply: "error" in reply)
        self._check_creation(job_id, replies[0])
        assert replies[1]["code"] == "job-exists", replies

    def _recreate(self, name: str, type_: str, program: str, limits: dict[str, Any]) -> None:
        """A job is deleted and made anew with nothing between."""
        job_id, request = self._creation(name, type_, program, limits)
        self._note_signal(job_id, "SIGINT")
        deleted, created = self._ask(_deleting(job_id)), self._ask(request)
        self._check_deletion(job_id, deleted, younger=1)
        self._check_creation(job_id, created)

    def _kill(self, name: str, signal: str) -> None:
        job_id = self._id(name)
        self._note_signal(job_id, signal)
        self._check_kill(job_id, self._ask(_killing(job_id, signal)))

    def _delete(self, name: str) -> None:
        self._delete_by_id(self._id(name))

    def _delete_by_id(self, job_id: str) -> None:
        self._note_signal(job_id, "SIGINT")
        self._check_deletion(job_id, self._ask(_deleting(job_id)))

    def _race(self, name: str) -> None:
        """One client kills, another deletes."""
        job_id = self._id(name)
        self._note_signal(job_id, "SIGINT")
        killed, deleted = self._together(_killing(job_id, "SIGINT"), _deleting(job_id))
        assert killed in self._answers_to_a_kill(job_id) or killed.get("code") == "job-not-found"
        self._check_deletion(job_id, deleted)

    def _leave(self, command: str, name: str, *job: Any) -> None:
        """A client goes before it has its answer: the command is done or not done."""
        job_id, request = self._creation(name, *job)
        self._note_signal(job_id, "SIGINT")
        if command != "create-job":
            request = {"command": command, "jobId": job_id}
        if command in {"start-job", "restart-job"}:
            self.witnesses[job_id].may_begin = True
        client = connect(self.server.address)
        send(client, encode(request))
        break_off(client)
        # Commands are done in order: when others are answered, this one is done, or never.
        there = [job_id in [view["id"] for view in self._list()] for _ in range(2)][-1]
        if command == "create-job" and self.present[job_id] is False:
            self.present[job_id] = there
        elif command == "delete-job" and self.present[job_id]:
            self.present[job_id] = None if there else False

    def _look(self, name: str) -> None:
        job_id = self._id(name)
        reply = self._ask({"command": "get-job-by-id", "jobId": job_id})
        found = reply != NOT_FOUND
        assert self.present[job_id] in {found, None}, reply
        if found:
            self._see(job_id, reply)

    def _hit(self, name: str, signal: str) -> None:
        """Somebody from outside sends a signal to a main process, if there is one."""
        job_id = self._id(name)
        self._note_signal(job_id, signal)
        for pid in self.witnesses[job_id].live_mains(self.server.pid):
            _hit_if_marked(pid, self.witnesses[job_id].marks, Signals[signal])

    def _settle(self, name: str) -> None:
        """The latest run gets as far as it goes by itself, or is over, or was stopped."""
        witness = self.witnesses[self._id(name)]

        def is_quiet() -> bool:
            views = {view["id"]: view for view in self._list()}
            view = views.get(witness.job_id, {})
            if view.get("state") != "running" or witness.is_settled():
                return True
            # One that was stopped as soon as it was started has noted nothing.
            return view["pid"] is not None and _is_stopped(view["pid"])

        until(f"{witness.job_id} to settle", is_quiet)

    # What must hold

    def _check(self) -> None:
        """The jobs are those that there should be, and all is well with each."""
        self.follower.hear()
        views = {view["id"]: view for view in self._list()}
        assert views.keys() <= self.present.keys()
        times = [view["createdAt"] for view in views.values()]
        assert times == sorted(times), "not in the order of their creation"
        for job_id, witness in self.witnesses.items():
            assert self.present[job_id] in {job_id in views, None}, f"{job_id}: {views.keys()}"
            if job_id in views:
                self._see(job_id, views[job_id])
            else:
                self.present[job_id], witness.view = False, None
            assert len(witness.live_mains(self.server.pid)) <= int(job_id in views)

    def _check_creation(self, job_id: str, reply: Any) -> None:
        if reply.get("code") == "job-exists":
            assert self.present[job_id] is not False, reply
        else:
            assert not self.present[job_id], reply
            assert (reply["id"], reply["runCount"]) == (job_id, 1), reply
            self.present[job_id] = True
            self.witnesses[job_id].begin(reply)
            self.follower.see(reply)

    def _check_kill(self, job_id: str, reply: Any) -> None:
        assert reply in self._answers_to_a_kill(job_id), reply
        if reply == KILLED and self.present[job_id]:
            view = self._ask({"command": "get-job-by-id", "jobId": job_id})
            assert view["killRequested"], view
            self._see(job_id, view)

    def _answers_to_a_kill(self, job_id: str) -> list[Any]:
        """What can be answered, in so far as it is known what becomes of the job meanwhile."""
        view = self.witnesses[job_id].view
        if self.present[job_id] is False or view is None:
            return [NOT_FOUND]
        known = [NOT_KILLABLE] if view["type"] == "one-time" else [KILLED, *FINISHED]
        return known if self.present[job_id] else [*known, NOT_FOUND]

    def _check_deletion(self, job_id: str, reply: Any, younger: int = 0) -> None:
        """After a deletion no process of the job is left; those of `younger` jobs may be."""
        possible = {True: [DELETED], False: [NOT_FOUND], None: [DELETED, NOT_FOUND]}
        assert reply in possible[self.present[job_id]], reply
        marks = self.witnesses[job_id].marks
        assert survivors(marks[: len(marks) - younger]) == [], "a deleted job lives on"
        self.present[job_id] = False

    def _check_traces(self, before: dict[str, Any]) -> None:
        """Nothing is left of the jobs but their logs, and these are whole."""
        assert (
            survivors([mark for witness in self.witnesses.values() for mark in witness.marks]) == []
        )
        watch = Stopwatch(self.server.pid)
        # Less may be there: a client of the history before may have been on its way out.
        until(
            f"nothing to be left but {before}",
            lambda: holdings(self.server.pid),
            lambda now: is_within(now, before),
        )
        assert watch.read() < GONE_S
        for witness in self.witnesses.values():
            witness.check_logs(self.server.folder)
        assert "Traceback" not in self.server.complained, self.server.complained

    # How to ask

    def _id(self, name: str) -> str:
        """The id that a name stands for in this history."""
        job_id = f"{self.seed}-{name}"
        if job_id not in self.witnesses:
            self.witnesses[job_id] = Witness(job_id, self.folder / job_id)
            self.present[job_id] = False
        return job_id

    def _creation(self, name: str, *job: Any) -> tuple[str, dict[str, Any]]:
        job_id = self._id(name)
        mark = self.witnesses[job_id].new_mark()
        wanted = payload(job_id, job, self.folder / job_id, mark)
        return job_id, {"command": "create-job", "job": wanted}

    def _note_signal(self, job_id: str, name: str) -> None:
        """From now on a run of the job may have died of it."""
        self.witnesses[job_id].sent.add("SIG" + name.upper().removeprefix("SIG"))

    def _ask(self, request: dict[str, Any]) -> Any:
        return ask(self.server.address, request)

    def _together(self, *requests: dict[str, Any]) -> list[Any]:
        """The answers to several clients who ask at the same time."""
        with ExitStack() as stack:
            clients = [stack.enter_context(connect(self.server.address)) for _ in requests]
            for client, request in zip(clients, requests, strict=True):
                send(client, encode(request))
            return [read_all(client).json for client in clients]

    def _list(self) -> list[dict[str, Any]]:
        """All jobs, within a second."""
        watch = Stopwatch(self.server.pid)
        views: list[dict[str, Any]] = self._ask({"command": "get-all-jobs"})
        took = watch.read()
        assert took < ANSWER_S, f"a list took {took:.2f} s"
        return views


def play(server: Server, folder: Path, seed: str, steps: list[Step]) -> Player:
    """Play a history; a failure says how to play it again."""
    player = Player(server, folder, seed)
    try:
        player.play(steps)
    except Exception as failure:  # a server that is gone breaks connections
        listed = "".join(f"    {step!r},\n" for step in steps)
        failure.add_note(f"History {seed}. To play it again, set K1S_REAL_HISTORY to\n[\n{listed}]")
        raise
    return player


def _killing(job_id: str, signal: str) -> dict[str, Any]:
    return {"command": "kill-job", "jobId": job_id, "signal": signal}


def _deleting(job_id: str) -> dict[str, Any]:
    return {"command": "delete-job", "jobId": job_id}


def _hit_if_marked(pid: int, marks: list[str], signal: Signals) -> None:
    """Signal a process and nobody who may get its id."""
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        if bears(pid, marks):
            pidfd_send_signal(pidfd, signal)
    except ProcessLookupError:
        pass
    finally:
        os.close(pidfd)


def _is_stopped(pid: int) -> bool:
    fields = processes.stat(pid)
    return fields is not None and fields[0] == "T"
