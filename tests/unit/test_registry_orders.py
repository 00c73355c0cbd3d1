"""Orders of the registry beyond creating, killing and deleting, and who is answered when."""

import gc
import weakref
from signal import SIGHUP, SIGINT, SIGKILL

import pytest
from builders import CRASH, FOLDER, OK, Desk, make_spec, only, replies

from k1s.errors import Code
from k1s.events import (
    Answer,
    Ended,
    LogFile,
    MainExited,
    Notify,
    NotStarted,
    Publish,
    ReadLogs,
    SendSignal,
    Start,
    Started,
    Wake,
    Watch,
)
from k1s.job import JobType, State
from k1s.journal import Journal
from k1s.lifecycle import run_of
from k1s.protocol import (
    CreateJobs,
    DeleteJob,
    ExplainJob,
    Explanation,
    GetLogs,
    GetServerInfo,
    JobReply,
    JobsReply,
    LogStream,
    Message,
    Refusal,
    RestartJob,
    ServerInfo,
    SignalJob,
    StartJob,
    WaitJob,
    WatchJobs,
)
from k1s.queries import Identity
from k1s.registry import Registry
from k1s.transition import Trigger

ONE_TIME, PERIODIC, CONTINUOUS = JobType.ONE_TIME, JobType.PERIODIC, JobType.CONTINUOUS


class _Client:
    """A ticket that can be seen to go."""


def _running(desk: Desk, type: JobType = CONTINUOUS, **given: object) -> None:
    desk.create(type, **given)
    desk.tell(Started(7))


def _done(desk: Desk) -> None:
    _running(desk, ONE_TIME)
    desk.tell(Ended(OK))


def _state(effects: list[object], ticket: str = "ticket") -> tuple[State, int, int]:
    """What the job of an answer shows."""
    reply = replies(effects)[ticket]
    assert isinstance(reply, JobReply), reply
    return reply.job.state, reply.job.run_count, reply.job.failed_count


def _code(effects: list[object], ticket: str = "ticket") -> Code:
    reply = replies(effects)[ticket]
    assert isinstance(reply, Refusal), reply
    return reply.code


# Several at once


def test_several_jobs_are_answered_together(desk: Desk) -> None:
    """The answer comes when the last start has been tried, in the order of the request."""
    specs = tuple(make_spec(id=name) for name in "abc")
    effects = desk.ask(CreateJobs(specs))
    assert [start.run.job_id for start in only(Start, effects)] == ["a", "b", "c"]
    assert replies(desk.tell(Started(1), run_of(desk.job("c")))) == {}
    assert replies(desk.tell(NotStarted("no"), run_of(desk.job("a")))) == {}
    reply = replies(desk.tell(Started(2), run_of(desk.job("b"))))["ticket"]
    assert isinstance(reply, JobsReply)
    assert [job.id for job in reply.jobs] == ["a", "b", "c"]
    assert [job.state for job in reply.jobs] == [State.RESTARTING, State.RUNNING, State.RUNNING]


@pytest.mark.parametrize("ids", ["xax", "bb"])
def test_all_or_none(desk: Desk, ids: str) -> None:
    """One id that is taken, or stands there twice, and nothing has happened."""
    desk.create()
    effects = desk.ask(CreateJobs(tuple(make_spec(id=name) for name in ids)))
    assert _code(effects) is Code.JOB_EXISTS
    assert desk.ids() == ["a"]
    assert len(effects) == 1


def test_several_jobs_count_together() -> None:
    """A request that would make too many jobs makes none."""
    desk = Desk(Registry(FOLDER, jobs_max=2))
    desk.create()
    effects = desk.ask(CreateJobs((make_spec(id="b"), make_spec(id="c"))))
    assert _code(effects) is Code.TOO_MANY_JOBS
    assert desk.ids() == ["a"]


def test_a_job_deleted_before_its_start_is_answered_for(desk: Desk) -> None:
    """A deletion in the middle of a large creation keeps nobody waiting."""
    desk.ask(CreateJobs((make_spec(id="a"), make_spec(id="b"))))
    desk.delete("b")
    desk.tell(Started(1), run_of(desk.job("a")))
    answers = replies(desk.tell(NotStarted("no"), run_of(desk.job("b"))))
    assert answers["delete"] == Message("Job deleted")
    assert isinstance(answers["ticket"], JobsReply)
    assert desk.ids() == ["a"]


# Starting


def test_a_final_job_starts_with_a_fresh_budget(desk: Desk) -> None:
    """What failed before is forgiven, and the answer comes with the start."""
    _running(desk, max_retry=0)
    desk.tell(Ended(CRASH))
    assert desk.job().state is State.EXHAUSTED
    effects = desk.ask(StartJob("a"))
    assert only(Start, effects)
    assert replies(effects) == {}
    assert _state(desk.tell(Started(8))) == (State.RUNNING, 2, 0)
    desk.tell(Ended(CRASH))
    assert (desk.job().state, desk.job().failed_count) == (State.EXHAUSTED, 1)


def test_a_killed_periodic_job_begins_a_new_grid(desk: Desk) -> None:
    """Its ticks are counted from the new start, and none has been missed meanwhile."""
    _running(desk, PERIODIC, period_in_seconds=10)
    desk.kill()
    desk.tell(Ended(OK))
    desk.time += 25
    effects = desk.ask(StartJob("a"))
    assert only(Wake, effects) == [Wake("a", desk.time + 10)]
    job = desk.job()
    assert (job.missed_count, job.kill_requested, job.first_start) == (0, False, desk.time)


def test_a_waiting_job_starts_at_once(desk: Desk) -> None:
    """The delay is not waited for, and the wake-up that was set is taken back."""
    _running(desk)
    desk.tell(Ended(CRASH))
    effects = desk.ask(StartJob("a"))
    assert only(Start, effects)
    assert only(Wake, effects) == [Wake("a", None)]


def test_an_extra_run_of_a_periodic_job_keeps_the_grid(desk: Desk) -> None:
    """A run between two ticks is none of them."""
    _running(desk, PERIODIC, period_in_seconds=10)
    first = desk.time
    desk.tell(Ended(OK))
    desk.time += 3
    effects = desk.ask(StartJob("a"))
    assert only(Wake, effects) == []
    assert desk.job().due == first + 10
    desk.tell(Started(8))
    desk.tell(Ended(OK))
    assert only(Start, desk.wake(after=7))
    assert (desk.job().run_count, desk.job().missed_count, desk.job().ticks) == (3, 0, 1)


def test_a_running_job_is_not_started_twice(desk: Desk) -> None:
    """It is answered as it is: at once, or with the start that is under way."""
    desk.create()
    assert replies(desk.ask(StartJob("a"), "early")) == {}
    assert set(replies(desk.tell(Started(7)))) == {"create", "early"}
    effects = desk.ask(StartJob("a"))
    assert _state(effects) == (State.RUNNING, 1, 0)
    assert len(effects) == 1


def test_a_dying_job_is_not_started(desk: Desk) -> None:
    """Who wants it to run again says so by a restart."""
    _running(desk)
    desk.kill()
    assert _code(desk.ask(StartJob("a"))) is Code.BEING_KILLED


# Restarting


def test_a_restart_kills_and_begins(desk: Desk) -> None:
    """The run is ended as by a kill; when it is gone the next one starts, and then the answer."""
    _running(desk)
    effects = desk.ask(RestartJob("a"))
    assert only(SendSignal, effects) == [SendSignal(run_of(desk.job()), SIGINT)]
    assert replies(effects) == {}
    effects = desk.tell(Ended(OK))
    assert [start.run.number for start in only(Start, effects)] == [2]
    assert _state(desk.tell(Started(8))) == (State.RUNNING, 2, 0)


def test_many_who_restart_get_one_restart(desk: Desk) -> None:
    """Those who ask while a restart is under way share it."""
    _running(desk)
    desk.ask(RestartJob("a"), "one")
    desk.ask(RestartJob("a"), "two")
    desk.tell(Ended(OK))
    assert set(replies(desk.tell(Started(8)))) == {"one", "two"}


def test_a_restart_of_a_start_that_fails(desk: Desk) -> None:
    """A start that was under way and fails is followed by the one that was asked for."""
    desk.create()
    desk.ask(RestartJob("a"))
    effects = desk.tell(NotStarted("no"))
    assert set(replies(effects)) == {"create"}
    assert [start.run.number for start in only(Start, effects)] == [2]
    assert _state(desk.tell(Started(8))) == (State.RUNNING, 2, 0)


def test_a_restart_while_strays_are_ended(desk: Desk) -> None:
    """What a main process has left behind is ended anyway; then the next run begins."""
    _running(desk)
    desk.tell(MainExited(OK))
    assert only(SendSignal, desk.ask(RestartJob("a"))) == []
    assert only(Start, desk.tell(Ended(OK)))


def test_a_restart_of_what_does_not_run(desk: Desk) -> None:
    """It is a start."""
    _done(desk)
    assert only(Start, desk.ask(RestartJob("a")))
    assert _state(desk.tell(Started(8))) == (State.RUNNING, 2, 0)


@pytest.mark.parametrize("order", ["kill", "delete", "stop"])
def test_what_overtakes_a_restart(desk: Desk, order: str) -> None:
    """Who asked for the restart is told at once, and no run follows."""
    _running(desk)
    desk.ask(RestartJob("a"))
    if order == "stop":
        effects = desk.registry.stop(desk.now)
        assert _code(effects) is Code.SHUTTING_DOWN
    else:
        effects = desk.kill() if order == "kill" else desk.delete()
        assert _code(effects) is Code.OVERTAKEN
    assert only(Start, desk.tell(Ended(OK))) == []


def test_what_is_being_deleted_is_not_restarted(desk: Desk) -> None:
    """A deletion is the stronger wish."""
    _running(desk)
    desk.delete()
    assert _code(desk.ask(RestartJob("a"))) is Code.OVERTAKEN


# Signals


def test_a_signal_is_sent_and_nothing_else(desk: Desk) -> None:
    """The job is as it was."""
    _running(desk)
    effects = desk.ask(SignalJob("a", SIGHUP))
    run = run_of(desk.job())
    assert effects == [Notify(run, SIGHUP), Answer("ticket", Message("Signal sent"))]
    assert not desk.job().kill_requested


@pytest.mark.parametrize("when", ["before", "strays", "after"])
def test_no_process_no_signal(desk: Desk, when: str) -> None:
    """Neither before the program runs nor after its main process has ended."""
    desk.create(ONE_TIME)
    if when != "before":
        desk.tell(Started(7))
        desk.tell(MainExited(OK) if when == "strays" else Ended(OK))
    assert _code(desk.ask(SignalJob("a", SIGKILL))) is Code.NOT_RUNNING


# Waiting


def test_a_wait_is_answered_by_the_end(desk: Desk) -> None:
    """Any final state will do, unless one is named."""
    _running(desk, ONE_TIME)
    assert desk.ask(WaitJob("a")) == []
    assert _state(desk.tell(Ended(OK))) == (State.DONE, 1, 0)


def test_a_wait_for_what_is_so(desk: Desk) -> None:
    """It is answered at once."""
    _running(desk)
    assert _state(desk.ask(WaitJob("a", State.RUNNING))) == (State.RUNNING, 1, 0)


def test_a_wait_for_running_is_answered_with_the_process(desk: Desk) -> None:
    """The start has been tried, and has worked."""
    desk.create()
    assert desk.ask(WaitJob("a", State.RUNNING)) == []
    reply = replies(desk.tell(Started(7)))["ticket"]
    assert isinstance(reply, JobReply)
    assert reply.job.pid == 7


@pytest.mark.parametrize("state", [State.DONE, State.PENDING, State.RUNNING])
def test_waits_that_cannot_be_met(desk: Desk, state: State) -> None:
    """A job that is final comes to nothing else, and a continuous one is never done."""
    _running(desk, max_retry=0)
    desk.tell(Ended(CRASH))
    assert _code(desk.ask(WaitJob("a", state))) is Code.UNREACHABLE_STATE


def test_a_wait_during_a_restart(desk: Desk) -> None:
    """The state will come again, although the job is being killed."""
    _running(desk)
    desk.ask(RestartJob("a"), "restart")
    assert desk.ask(WaitJob("a", State.RESTARTING)) == []
    desk.tell(Ended(OK))
    desk.tell(Started(8))
    assert _state(desk.tell(Ended(OK))) == (State.RESTARTING, 2, 0)


@pytest.mark.parametrize("order", ["kill, then restart", "restart", "delete"])
def test_who_waits_for_killed_is_told_before_what_follows(desk: Desk, order: str) -> None:
    """The answer shows the job as it was then, and comes before the next start or the end of all.

    So who kills a job, and waits until it is dead, does not wait for another kill.
    """
    _running(desk)
    desk.ask(WaitJob("a", State.KILLED), "killed")
    desk.ask(WaitJob("a"), "over")
    if order.startswith("kill"):
        desk.kill()
    follows = desk.delete() if order == "delete" else desk.ask(RestartJob("a"), "restart")
    assert replies(follows) == {}
    effects = desk.tell(Ended(OK))
    assert _state(effects, "killed") == (State.KILLED, 1, 0)
    [answer] = [each for each in only(Answer, effects) if each.ticket == "killed"]
    if order == "delete":
        assert effects.index(answer) < effects.index(Answer("delete", Message("Job deleted")))
        assert _code(effects, "over") is Code.JOB_NOT_FOUND
    else:
        assert effects.index(answer) < effects.index(*only(Start, effects))
        assert "over" not in replies(effects)
        desk.tell(Started(8))
        desk.kill()
        assert _state(desk.tell(Ended(OK)), "over") == (State.KILLED, 2, 0)


def test_a_wait_ends_with_what_it_waits_for(desk: Desk) -> None:
    """A failure for good, a deletion and the server's end end it, each with its word."""
    for state, end, code in (
        (State.DONE, lambda: desk.tell(Ended(CRASH)), Code.UNREACHABLE_STATE),
        (State.DONE, lambda: desk.delete() + desk.tell(Ended(OK)), Code.UNREACHABLE_STATE),
        (None, lambda: desk.delete() + desk.tell(Ended(OK)), Code.JOB_NOT_FOUND),
    ):
        _running(desk, ONE_TIME)
        desk.ask(WaitJob("a", state))
        assert _code(end()) is code
        if desk.ids():
            desk.delete()
    _running(desk, ONE_TIME)
    desk.ask(WaitJob("a", State.DONE))
    assert _code(desk.registry.stop(desk.now)) is Code.SHUTTING_DOWN


def test_who_has_gone_is_not_answered(desk: Desk) -> None:
    """A wait can be taken back."""
    _running(desk, ONE_TIME)
    desk.ask(WaitJob("a"))
    desk.registry.forget("ticket")
    assert replies(desk.tell(Ended(OK))) == {}


@pytest.mark.parametrize("request_", [DeleteJob("a"), RestartJob("a")])
def test_who_has_asked_for_what_follows_and_gone_leaves_nothing(
    desk: Desk, request_: DeleteJob | RestartJob
) -> None:
    """Nothing holds on to the ticket of who has gone, and who stays is answered."""
    _running(desk)
    gone = [_Client() for _ in range(3)]
    for client in gone:
        desk.ask(request_, client)
    desk.ask(request_, "stays")
    for client in gone:
        desk.registry.forget(client)
    left = [weakref.ref(client) for client in gone]
    del client, gone
    gc.collect()
    assert [look() for look in left] == [None] * 3
    follows = desk.tell(Ended(OK))
    if desk.ids():
        follows += desk.tell(Started(8))
    assert replies(follows).keys() == {"stays"}
    desk.registry.forget("stays")


def test_what_follows_does_so_also_if_all_who_asked_have_gone(desk: Desk) -> None:
    """A restart starts the job again, and a deletion deletes it: nobody has taken that back."""
    _running(desk)
    desk.ask(RestartJob("a"))
    desk.registry.forget("ticket")
    follows = desk.tell(Ended(OK))
    assert len(only(Start, follows)) == 1
    assert replies(follows + desk.tell(Started(8))) == {}
    desk.delete()
    desk.registry.forget("delete")
    assert replies(desk.tell(Ended(OK))) == {}
    assert desk.ids() == []


def test_a_restart_that_nobody_waits_for_any_more_is_called_off_like_any_other(desk: Desk) -> None:
    """A kill overtakes it, and there is nobody to be told."""
    _running(desk)
    desk.ask(RestartJob("a"))
    desk.registry.forget("ticket")
    assert replies(desk.kill()) == {"kill": Message("Job killed")}
    assert only(Start, desk.tell(Ended(OK))) == []
    assert desk.job().state is State.KILLED


# Looking


def test_every_move_is_published_with_its_number(desk: Desk) -> None:
    """From the creation to the deletion, without a gap."""
    registry, moves = Registry(FOLDER), []
    for act in (
        lambda: registry.handle(CreateJobs((make_spec(),)), "t", desk.now),
        lambda: registry.tell(run_of(next(iter(registry))), Started(7), desk.now),
        lambda: registry.handle(DeleteJob("a"), "t", desk.now),
        lambda: registry.tell(run_of(next(iter(registry))), Ended(OK), desk.now),
    ):
        moves += [effect.transition for effect in only(Publish, act())]
    assert [move.sequence for move in moves] == [1, 2, 3, 4, 5]
    assert [move.trigger for move in moves] == [
        Trigger.CREATE,
        Trigger.START,
        Trigger.KILL,
        Trigger.END,
        Trigger.DELETE,
    ]
    assert [move.target for move in moves[:-1]] == [move.source for move in moves[1:]]
    assert (moves[0].source, moves[-1].target) == (None, None)


def test_a_watch_begins_now_or_earlier(desk: Desk) -> None:
    """Without a number it begins with what comes next."""
    desk.create()
    assert desk.ask(WatchJobs()) == [Watch("ticket", 2, None)]
    assert desk.ask(WatchJobs(1, ("a",))) == [Watch("ticket", 1, frozenset({"a"}))]
    assert _code(desk.ask(WatchJobs(3))) is Code.INVALID_REQUEST


def test_logs_are_found_by_their_job(desk: Desk) -> None:
    """Each log once, in the order asked for."""
    desk.create()
    request = GetLogs(("a", "a"), (LogStream.ERROR, LogStream.STDERR, LogStream.STDOUT), 5)
    logs = tuple(
        LogFile("a", stream, f"/logs/{stream}_a.log")
        for stream in (LogStream.ERROR, LogStream.STDERR, LogStream.STDOUT)
    )
    assert desk.ask(request) == [ReadLogs("ticket", logs, 5, follow=False)]
    assert _code(desk.ask(GetLogs(("a", "b")))) is Code.JOB_NOT_FOUND


def test_what_has_happened_to_a_job(desk: Desk) -> None:
    """Its last moves, the oldest first, and nothing of other jobs."""
    _done(desk)
    desk.create(id="b")
    reply = replies(desk.ask(ExplainJob("a")))["ticket"]
    assert isinstance(reply, Explanation)
    assert [move.trigger for move in reply.history] == ["create", "start", "succeed"]


def test_what_the_server_says_of_itself() -> None:
    """Facts of the edge, and counts of the core."""
    registry = Registry(FOLDER, journal=Journal(2), identity=Identity("1.2", 7, "me", 0))
    desk = Desk(registry)
    _running(desk)
    desk.create(id="b")
    reply = replies(desk.ask(GetServerInfo()))["ticket"]
    assert isinstance(reply, ServerInfo)
    assert (reply.version, reply.pid, reply.user, reply.working_directory) == (
        "1.2",
        7,
        "me",
        FOLDER,
    )
    assert reply.started_at == "1970-01-01T00:00:00.000Z"
    assert reply.jobs["running"] == 2
    assert set(reply.jobs) == {*State}
    assert (reply.sequence, reply.oldest_sequence) == (4, 3)
