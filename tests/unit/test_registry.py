"""The jobs of one server, and the races between those who command them."""

from signal import SIGCONT, SIGINT, SIGKILL, SIGTERM

import pytest
from builders import CRASH, FIRST, FOLDER, OK, Desk, make_spec, only, replies

from k1s import registry
from k1s.errors import Code
from k1s.events import (
    Answer,
    Ended,
    MainExited,
    NotStarted,
    ReadLogs,
    RemoveLogs,
    Run,
    SendSignal,
    Start,
    Started,
    Wake,
    Watch,
)
from k1s.job import Exit, JobType, State
from k1s.lifecycle import UNKILLABLE_S, run_of
from k1s.protocol import (
    CreateJob,
    CreateJobs,
    DeleteJob,
    ExplainJob,
    Explanation,
    GetAllJobs,
    GetJobById,
    GetLogs,
    GetServerInfo,
    JobReply,
    JobsReply,
    KillJob,
    Message,
    Refusal,
    Reply,
    Request,
    RestartJob,
    ServerInfo,
    SignalJob,
    StartJob,
    WaitJob,
    WatchJobs,
)

ONE_TIME, PERIODIC, CONTINUOUS = JobType.ONE_TIME, JobType.PERIODIC, JobType.CONTINUOUS
KILLED = Message("Job killed")
DELETED = Message("Job deleted")


def _started(desk: Desk, type: JobType = CONTINUOUS, **given: object) -> Run:
    """A job whose first run goes on."""
    desk.create(type, **given)
    run = run_of(desk.job(str(given.get("id", "a"))))
    desk.tell(Started(7), run)
    return run


def _code(effects: list[object]) -> Code:
    (reply,) = replies(effects).values()
    assert isinstance(reply, Refusal)
    return reply.code


# Creation


@pytest.mark.parametrize("job_type", JobType)
def test_create_starts_and_then_answers(desk: Desk, job_type: JobType) -> None:
    """A new job starts at once, and its creator hears of it when the start has been tried."""
    effects = desk.create(job_type)
    assert only(Start, effects) == [Start(Run("a", 1, 1), desk.job().spec)]
    assert replies(effects) == {}
    (reply,) = replies(desk.tell(Started(7))).values()
    assert isinstance(reply, JobReply)
    assert (reply.job.state, reply.job.pid, reply.job.run_count) == (State.RUNNING, 7, 1)


def test_create_answers_with_a_failed_start(desk: Desk) -> None:
    """A job whose first start fails exists, and its creator sees the failure."""
    desk.create()
    (reply,) = replies(desk.tell(NotStarted("no such file: x"))).values()
    assert isinstance(reply, JobReply)
    assert reply.job.state is State.RESTARTING
    assert reply.job.last_error == "could not start: no such file: x"
    assert desk.ids() == ["a"]


def test_only_the_first_start_answers(desk: Desk) -> None:
    """Later starts answer nobody."""
    _started(desk)
    desk.tell(Ended(CRASH))
    desk.wake(after=1)
    assert replies(desk.tell(Started(8))) == {}


def test_logs_belong_to_the_folder(desk: Desk) -> None:
    """A job that names no logs gets them in the server's folder."""
    desk.create()
    assert desk.job().spec == make_spec().located(FOLDER)


@pytest.mark.fault("I3")
@pytest.mark.fault("K1")
@pytest.mark.parametrize("started", [True, False])
def test_two_creations_of_one_id(desk: Desk, *, started: bool) -> None:
    """Of two creations of one id exactly one succeeds, and the first job is untouched."""
    desk.create(arguments=("first",))
    if started:
        desk.tell(Started(7))
    effects = desk.create(ticket="second", arguments=("second",))
    assert effects == [Answer("second", Refusal("Job ID already exists", Code.JOB_EXISTS))]
    assert desk.job().spec.arguments == ("first",)
    assert desk.job().run_count == 1


@pytest.mark.parametrize("job_type", JobType)
@pytest.mark.fault("I3")
def test_a_final_job_still_has_its_id(desk: Desk, job_type: JobType) -> None:
    """An id is taken until its job is deleted, however the job ended."""
    _started(desk, job_type, max_retry=0)
    desk.tell(Ended(CRASH))
    assert desk.job().state is State.EXHAUSTED
    assert _code(desk.create(ticket="second")) is Code.JOB_EXISTS


def test_too_many_jobs(desk: Desk) -> None:
    """At the bound a new job is refused, and a deletion makes room for it."""
    desk.registry.jobs_max = 2
    desk.create(id="a")
    desk.create(id="b")
    effects = desk.create(id="c", ticket="third")
    assert _code(effects) is Code.TOO_MANY_JOBS
    assert only(Start, effects) == []
    assert desk.ids() == ["a", "b"]
    desk.tell(NotStarted("no"), run_of(desk.job("a")))
    desk.delete("a")
    assert only(Start, desk.create(id="c"))


# Looking


def test_an_empty_list(desk: Desk) -> None:
    """A server without jobs lists none."""
    assert desk.ask(GetAllJobs()) == [Answer("ticket", JobsReply(()))]


def test_jobs_in_the_order_of_their_creation(desk: Desk) -> None:
    """The list keeps the order of creation, and a job made anew goes to the end."""
    for job_id in ("c", "a", "b"):
        _started(desk, id=job_id)
    desk.delete("c")
    desk.tell(Ended(OK), Run("c", 1, 1))
    _started(desk, id="c")
    (reply,) = replies(desk.ask(GetAllJobs())).values()
    assert isinstance(reply, JobsReply)
    assert [job.id for job in reply.jobs] == desk.ids() == ["a", "b", "c"]


def test_one_job(desk: Desk) -> None:
    """One job is shown as it is in the list."""
    _started(desk)
    (one,) = replies(desk.ask(GetJobById("a"))).values()
    (all_,) = replies(desk.ask(GetAllJobs())).values()
    assert isinstance(one, JobReply)
    assert isinstance(all_, JobsReply)
    assert all_.jobs == (one.job,)


@pytest.mark.fault("K8")
def test_a_list_in_the_middle_of_changes(desk: Desk) -> None:
    """Each job of a list is consistent in itself, whatever the others are going through."""
    desk.create(id="starting")
    for job_id in ("running", "stopping", "restarting", "killed"):
        _started(desk, id=job_id)
    desk.kill("stopping")
    desk.kill("killed")
    for job_id in ("restarting", "killed"):
        desk.tell(Ended(CRASH), run_of(desk.job(job_id)))
    (reply,) = replies(desk.ask(GetAllJobs())).values()
    assert isinstance(reply, JobsReply)
    assert [
        (job.id, job.state.value, job.pid is not None, job.kill_requested, job.next_run_at is None)
        for job in reply.jobs
    ] == [
        ("starting", "running", False, False, True),
        ("running", "running", True, False, True),
        ("stopping", "running", True, True, True),
        ("restarting", "restarting", False, False, False),
        ("killed", "killed", False, True, True),
    ]


def test_unknown_jobs(desk: Desk) -> None:
    """A job that is not there is not found, by whatever command."""
    not_found = Refusal("Job not found", Code.JOB_NOT_FOUND)
    assert desk.ask(GetJobById("x")) == [Answer("ticket", not_found)]
    assert desk.kill("x") == [Answer("kill", not_found)]
    assert desk.delete("x") == [Answer("delete", not_found)]


# Kills


def test_kill_answers_when_the_signal_is_sent(desk: Desk) -> None:
    """The answer to a kill comes after the signal and before the end."""
    run = _started(desk)
    effects = desk.kill(signal=SIGTERM)
    assert effects == [
        Wake("a", FIRST + 10),
        SendSignal(run, SIGTERM),
        Answer("kill", KILLED),
    ]
    assert desk.job().state is State.RUNNING


def test_a_wake_up_is_set_before_a_start(desk: Desk) -> None:
    """What comes of a start, which is known before the next effect, may set another wake-up."""
    desk.create(PERIODIC, healthy_after_seconds=1)
    desk.tell(NotStarted("no"))
    wake, start = desk.wake(after=10)
    assert isinstance(start, Start)
    assert wake == Wake("a", FIRST + 20)
    assert desk.tell(Started(7)) == [Wake("a", FIRST + 11)]


@pytest.mark.fault("K2")
@pytest.mark.parametrize("fact", [Started(7), NotStarted("no")])
def test_kill_while_starting(desk: Desk, fact: Started | NotStarted) -> None:
    """A kill while the first start is under way wins; creator and killer both hear of it."""
    desk.create()
    assert replies(desk.kill()) == {"kill": KILLED}
    effects = desk.tell(fact)
    assert set(replies(effects)) == {"create"}
    if isinstance(fact, Started):
        assert only(SendSignal, effects) == [SendSignal(Run("a", 1, 1), SIGINT)]
        desk.tell(Ended(CRASH))
    assert (desk.job().state, desk.job().wake_at) == (State.KILLED, None)
    assert desk.wake(after=1000) == []


@pytest.mark.fault("K3")
@pytest.mark.parametrize("job_type", [PERIODIC, CONTINUOUS])
def test_kill_while_waiting(desk: Desk, job_type: JobType) -> None:
    """A kill between two runs takes the wake-up back and answers at once."""
    _started(desk, job_type)
    desk.tell(Ended(CRASH))
    assert desk.kill() == [Wake("a", None), Answer("kill", KILLED)]
    assert desk.job().state is State.KILLED
    assert desk.wake(after=1000) == []


@pytest.mark.fault("K4")
def test_kill_twice(desk: Desk) -> None:
    """A second kill gets the same answer and sends nothing; SIGKILL hurries, once."""
    run = _started(desk)
    desk.kill()
    assert desk.kill() == [Answer("kill", KILLED)]
    assert desk.kill(signal=SIGKILL) == [
        Wake("a", FIRST + UNKILLABLE_S),
        SendSignal(run, SIGKILL),
        Answer("kill", KILLED),
    ]
    assert desk.kill(signal=SIGKILL) == [Answer("kill", KILLED)]


@pytest.mark.fault("K4")
def test_kill_after_the_kill(desk: Desk) -> None:
    """A killed job stays killed, and nobody is signalled."""
    _started(desk)
    desk.kill()
    desk.tell(Ended(OK))
    assert desk.kill(signal=SIGKILL) == [Answer("kill", KILLED)]
    assert desk.job().state is State.KILLED


@pytest.mark.fault("K4")
def test_kill_after_the_end(desk: Desk) -> None:
    """An exhausted job cannot be killed, and says why."""
    _started(desk, max_retry=0)
    desk.tell(Ended(CRASH))
    (reply,) = replies(desk.kill()).values()
    assert reply == Refusal("Job has already finished: it is exhausted", Code.ALREADY_FINISHED)
    assert desk.job().state is State.EXHAUSTED


@pytest.mark.parametrize("fact", [None, Ended(OK), Ended(CRASH)])
def test_one_time_jobs_are_not_killed(desk: Desk, fact: Ended | None) -> None:
    """A one-time job is not killable in any state, and nothing happens to it."""
    _started(desk, ONE_TIME, max_retry=1)
    if fact is not None:
        desk.tell(fact)
    state = desk.job().state
    refusal = Refusal("Job is not continuous or periodic", Code.NOT_KILLABLE)
    assert desk.kill() == [Answer("kill", refusal)]
    assert (desk.job().state, desk.job().kill_requested) == (state, False)


@pytest.mark.parametrize("exit", [OK, CRASH])
def test_one_time_jobs_that_are_meant_are_killed(desk: Desk, exit: Exit) -> None:
    """A one-time job that was said to be meant is killed like any other."""
    run = _started(desk, ONE_TIME, max_retry=1)
    effects = desk.ask(KillJob("a", one_time=True), "kill")
    assert only(SendSignal, effects) == [SendSignal(run, SIGINT)]
    assert replies(effects) == {"kill": KILLED}
    desk.tell(Ended(exit))
    assert desk.job().state is State.KILLED


@pytest.mark.fault("K7")
@pytest.mark.parametrize("exit", [OK, CRASH])
def test_natural_exit_after_a_kill(desk: Desk, exit: object) -> None:
    """A program that ends by itself beside a kill is killed, with the exit that it had."""
    _started(desk, max_retry=0)
    desk.kill()
    desk.tell(Ended(exit))  # type: ignore[arg-type]
    assert (desk.job().state, desk.job().exit, desk.job().failed_count) == (State.KILLED, exit, 0)


@pytest.mark.fault("K7")
def test_natural_exit_before_a_kill(desk: Desk) -> None:
    """A kill that comes after the end of the run finds the job waiting, and that is all."""
    _started(desk)
    desk.tell(Ended(OK))
    assert only(SendSignal, desk.kill()) == []
    assert (desk.job().state, desk.job().exit) == (State.KILLED, OK)


@pytest.mark.fault("K10")
@pytest.mark.parametrize("killed_first", [True, False])
def test_exhausted_beside_a_kill(desk: Desk, *, killed_first: bool) -> None:
    """The last failure and a kill leave one final state, with exact counts."""
    _started(desk, max_retry=1)
    desk.tell(Ended(CRASH))
    desk.wake(after=1)
    desk.tell(Started(8))
    if killed_first:
        desk.kill()
        desk.tell(Ended(CRASH))
        wanted = (State.KILLED, 1)
    else:
        desk.tell(Ended(CRASH))
        assert _code(desk.kill()) is Code.ALREADY_FINISHED
        wanted = (State.EXHAUSTED, 2)
    assert (desk.job().state, desk.job().failed_count) == wanted
    assert (desk.job().run_count, desk.job().wake_at) == (2, None)


# Deletions


@pytest.mark.parametrize("job_type", JobType)
@pytest.mark.parametrize("exit", [OK, CRASH])
def test_delete_while_running(desk: Desk, job_type: JobType, exit: object) -> None:
    """A deletion ends the job, keeps its id until it is gone, and only then answers."""
    run = _started(desk, job_type)
    effects = desk.delete()
    assert only(SendSignal, effects) == [SendSignal(run, SIGINT)]
    assert replies(effects) == {}
    assert desk.ids() == ["a"]
    assert _code(desk.create(ticket="again")) is Code.JOB_EXISTS
    assert replies(desk.tell(Ended(exit), run)) == {"delete": DELETED}  # type: ignore[arg-type]
    assert desk.ids() == []


@pytest.mark.parametrize("job_type", JobType)
def test_delete_of_a_final_job(desk: Desk, job_type: JobType) -> None:
    """A job that is over is forgotten at once."""
    _started(desk, job_type, max_retry=0)
    desk.tell(Ended(CRASH))
    assert desk.delete() == [Answer("delete", DELETED)]
    assert desk.ids() == []


@pytest.mark.parametrize("job_type", JobType)
@pytest.mark.fault("K3")
@pytest.mark.fault("K5")
def test_delete_while_waiting(desk: Desk, job_type: JobType) -> None:
    """A deletion between two runs takes the wake-up back, answers at once, and starts nothing."""
    run = _started(desk, job_type, max_retry=1)
    desk.tell(Ended(CRASH))
    assert desk.delete() == [Wake("a", None), Answer("delete", DELETED)]
    assert desk.ids() == []
    assert desk.wake(after=1000) == []
    for fact in (Started(8), MainExited(OK), Ended(OK), NotStarted("no")):
        assert desk.tell(fact, run) == []


@pytest.mark.fault("K2")
@pytest.mark.fault("K5")
@pytest.mark.parametrize("fact", [Started(7), NotStarted("no")])
def test_delete_while_starting(desk: Desk, fact: Started | NotStarted) -> None:
    """A deletion while the start is under way waits for it; each asker hears exactly once."""
    desk.create()
    run = run_of(desk.job())
    answered = replies(desk.delete()) | replies(desk.tell(fact, run))
    if isinstance(fact, Started):
        assert set(answered) == {"create"}
        answered |= replies(desk.tell(Ended(CRASH), run))
    assert set(answered) == {"create", "delete"}
    assert desk.ids() == []


def test_two_deletions_at_once(desk: Desk) -> None:
    """Both who delete a job hear that it is deleted, and it is signalled once."""
    run = _started(desk)
    desk.delete(ticket="first")
    assert desk.delete(ticket="second") == []
    assert replies(desk.tell(Ended(OK), run)) == {"first": DELETED, "second": DELETED}
    assert _code(desk.delete(ticket="third")) is Code.JOB_NOT_FOUND


def test_a_deletion_in_a_hurry(desk: Desk) -> None:
    """One more deletion ends the wait with SIGKILL, and both are answered at the end."""
    run = _started(desk)
    desk.delete()
    effects = desk.ask(DeleteJob("a", SIGKILL), "hurry")
    assert only(SendSignal, effects) == [SendSignal(run, SIGKILL)]
    assert replies(effects) == {}
    assert replies(desk.tell(Ended(CRASH), run)) == {"delete": DELETED, "hurry": DELETED}


def test_a_deletion_with_logs(desk: Desk) -> None:
    """They are removed once the job is gone, but for what another job writes to, too."""
    _started(desk, max_retry=0, stdout_log_path="/logs/out")
    desk.create(id="b", ticket="b", error_log_path=f"{FOLDER}/error_a.log")
    assert only(RemoveLogs, desk.ask(DeleteJob("a", with_logs=True), "delete")) == []
    effects = desk.tell(Ended(CRASH))
    assert only(RemoveLogs, effects) == [RemoveLogs(("/logs/out", f"{FOLDER}/stderr_a.log"))]
    assert only(RemoveLogs, desk.delete("b")) == []


def test_a_deletion_with_logs_spares_the_log_of_another_job(desk: Desk) -> None:
    """It may have the name of a backup."""
    _started(desk, max_retry=0, stdout_log_path="/logs/out")
    desk.create(id="b", ticket="b", stdout_log_path="/logs/out.1")
    desk.ask(DeleteJob("a", with_logs=True), "delete")
    (removal,) = only(RemoveLogs, desk.tell(Ended(CRASH)))
    assert removal.spared == {"/logs/out.1"}


def test_delete_of_a_job_that_is_being_killed(desk: Desk) -> None:
    """A deletion joins a kill that is under way: no second signal, the same deadline."""
    run = _started(desk)
    desk.kill()
    assert desk.delete() == []
    effects = desk.wake(after=10)
    assert only(SendSignal, effects) == [SendSignal(run, SIGKILL)]
    assert replies(desk.tell(Ended(CRASH), run)) == {"delete": DELETED}


def test_kill_of_a_job_that_is_being_deleted(desk: Desk) -> None:
    """SIGKILL hurries a deletion as it hurries a kill."""
    run = _started(desk)
    desk.delete()
    effects = desk.kill(signal=SIGKILL)
    assert only(SendSignal, effects) == [SendSignal(run, SIGKILL)]
    assert replies(effects) == {"kill": KILLED}


@pytest.mark.fault("K6")
def test_delete_then_create_the_same_id(desk: Desk) -> None:
    """Late news of a deleted job's runs never touches its successor, nor its answers."""
    old = _started(desk)
    desk.delete()
    desk.tell(Ended(OK), old)
    desk.create(ticket="anew", arguments=("new",))
    new = run_of(desk.job())
    assert new != old
    assert new.number == old.number
    for fact in (MainExited(CRASH), Ended(CRASH), Started(9), NotStarted("no")):
        assert desk.tell(fact, old) == []
    assert set(replies(desk.tell(Started(7), new))) == {"anew"}
    assert (desk.job().state, desk.job().pid) == (State.RUNNING, 7)


def test_news_of_an_earlier_run(desk: Desk) -> None:
    """Late news of an earlier run of the same job is no news either."""
    old = _started(desk)
    desk.tell(Ended(CRASH))
    assert desk.tell(Ended(CRASH), old) == []
    desk.wake(after=1)
    assert desk.tell(Ended(CRASH), old) == []
    assert (desk.job().run_count, desk.job().failed_count) == (2, 1)


# Wake-ups


def test_one_wake_up_a_job(desk: Desk) -> None:
    """A wake-up is asked for when it changes, and not when it stays the same."""
    effects = desk.create(PERIODIC)
    assert only(Wake, effects) == [Wake("a", FIRST + 10)]
    assert only(Wake, desk.tell(Started(7))) == []
    assert only(Wake, desk.tell(Ended(CRASH))) == []
    assert only(Wake, desk.wake(after=10)) == [Wake("a", FIRST + 20)]


def test_an_early_wake_up_is_asked_for_again(desk: Desk) -> None:
    """A wake-up is used up by coming, so that one that came too early is asked for anew."""
    _started(desk, PERIODIC)
    desk.tell(Ended(OK))
    assert desk.wake(after=9) == [Wake("a", FIRST + 10)]


def test_a_continuous_job_needs_none_while_it_runs(desk: Desk) -> None:
    """A running job without deadlines has no timer."""
    assert only(Wake, desk.create()) == []
    assert only(Wake, desk.tell(Started(7))) == []
    assert desk.job().wake_at is None


def test_a_wake_up_of_a_job_that_is_gone(desk: Desk) -> None:
    """A wake-up for nobody wakes nobody."""
    assert desk.wake("x") == []


# The end of the server


@pytest.mark.fault("S1")
def test_stop_ends_every_job(desk: Desk) -> None:
    """Running jobs are interrupted, waiting ones are killed at once, final ones stay."""
    running, waiting = _started(desk, id="r"), _started(desk, PERIODIC, id="w")
    over = _started(desk, ONE_TIME, id="o")
    desk.tell(Ended(OK), waiting)
    desk.tell(Ended(OK), over)
    effects = desk.registry.stop(desk.now)
    assert only(SendSignal, effects) == [SendSignal(running, SIGINT)]
    assert only(Wake, effects) == [Wake("r", FIRST + 10), Wake("w", None)]
    assert [job.state.value for job in desk.registry] == ["running", "killed", "done"]


@pytest.mark.fault("S2")
def test_stop_twice(desk: Desk) -> None:
    """A second stop sends SIGKILL to what is still there, and a third one nothing."""
    run = _started(desk)
    desk.registry.stop(desk.now)
    effects = desk.registry.stop(desk.now)
    assert effects == [Wake("a", FIRST + UNKILLABLE_S), SendSignal(run, SIGKILL)]
    assert desk.registry.stop(desk.now) == []


def test_stop_keeps_the_stop_timeout(desk: Desk) -> None:
    """A job that ignores the server's end is killed after its own stop timeout."""
    run = _started(desk, stop_timeout_seconds=2)
    desk.registry.stop(desk.now)
    assert only(SendSignal, desk.wake(after=2)) == [SendSignal(run, SIGKILL)]


@pytest.mark.fault("K9")
@pytest.mark.parametrize(
    "request_",
    [
        CreateJob(make_spec(id="b")),
        CreateJobs((make_spec(id="b"),)),
        StartJob("a"),
        RestartJob("a"),
        StartJob("nobody"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("is_over", [False, True])
def test_nothing_begins_after_the_stop(desk: Desk, request_: Request, *, is_over: bool) -> None:
    """Once the server stops, what would begin something is refused, whatever it is about."""
    _started(desk)
    desk.registry.stop(desk.now)
    if is_over:
        desk.tell(Ended(OK))
    refusal = Refusal("The server is shutting down", Code.SHUTTING_DOWN)
    assert desk.ask(request_) == [Answer("ticket", refusal)]
    assert desk.ids() == ["a"]


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (GetAllJobs(), JobsReply),
        (GetJobById("a"), JobReply),
        (ExplainJob("a"), Explanation),
        (GetServerInfo(), ServerInfo),
        (SignalJob("a", SIGCONT), Message),
    ],
    ids=repr,
)
def test_who_looks_is_answered_after_the_stop(
    desk: Desk, request_: Request, answer: type[Reply]
) -> None:
    """Until the last process is gone, it can be seen what the server waits for."""
    _started(desk)
    desk.registry.stop(desk.now)
    assert isinstance(replies(desk.ask(request_))["ticket"], answer)


def test_who_follows_is_served_after_the_stop(desk: Desk) -> None:
    """Moves and logs can be followed to the end."""
    _started(desk)
    desk.registry.stop(desk.now)
    assert only(Watch, desk.ask(WatchJobs()))
    assert only(ReadLogs, desk.ask(GetLogs(("a",))))


def test_the_orders_after_the_stop(desk: Desk) -> None:
    """Those are told that are not refused, and the server says why."""
    _started(desk)
    before = replies(desk.ask(GetServerInfo()))["ticket"]
    assert isinstance(before, ServerInfo)
    assert not before.stopping
    desk.registry.stop(desk.now)
    explanation, info = (
        replies(desk.ask(request))["ticket"] for request in (ExplainJob("a"), GetServerInfo())
    )
    assert isinstance(explanation, Explanation)
    assert explanation.orders == ("delete", "kill", "signal")
    assert isinstance(info, ServerInfo)
    assert info.stopping


def test_an_end_is_hastened_after_the_stop(desk: Desk) -> None:
    """One job can be ended by force; who waits for its end or deletes it hears of that."""
    run = _started(desk)
    desk.registry.stop(desk.now)
    assert desk.ask(WaitJob("a", State.KILLED)) == []
    (effect,) = only(SendSignal, desk.kill(signal=SIGKILL))
    assert effect == SendSignal(run, SIGKILL)
    assert replies(desk.delete()) == {}
    answers = replies(desk.tell(Ended(OK), run))
    assert answers["delete"] == DELETED
    assert isinstance(answers["ticket"], JobReply)
    assert desk.ids() == []


@pytest.mark.fault("K9")
@pytest.mark.parametrize("fact", [Started(7), NotStarted("no")])
def test_a_creation_before_the_stop(desk: Desk, fact: Started | NotStarted) -> None:
    """A job that is being started when the server stops is started, answered and stopped."""
    desk.create()
    assert only(SendSignal, desk.registry.stop(desk.now)) == []
    effects = desk.tell(fact)
    assert set(replies(effects)) == {"create"}
    if isinstance(fact, Started):
        assert only(SendSignal, effects) == [SendSignal(Run("a", 1, 1), SIGINT)]
        desk.tell(Ended(OK))
    assert desk.job().state is State.KILLED


def test_a_deletion_before_the_stop(desk: Desk) -> None:
    """Who waited for a deletion when the server stopped still gets the answer."""
    run = _started(desk)
    desk.delete()
    desk.registry.stop(desk.now)
    assert replies(desk.tell(Ended(OK), run)) == {"delete": DELETED}


def test_a_refusal_changes_nothing(desk: Desk) -> None:
    """A refused request leaves no trace."""
    _started(desk, ONE_TIME)
    (before,) = replies(desk.ask(GetAllJobs())).values()
    desk.create(ticket="again")
    desk.kill()
    desk.ask(KillJob("x"))
    assert desk.ask(GetAllJobs()) == [Answer("ticket", before)]


def test_what_is_no_request(desk: Desk) -> None:
    """Whatever is no request is a defect, and is noticed."""
    with pytest.raises(AssertionError, match="unreachable"):
        desk.ask(KILLED)  # type: ignore[arg-type]


def test_a_server_in_a_folder_that_is_not_utf8() -> None:
    """A job can be created wherever the server stands."""
    odd = Desk(registry.Registry("/srv/\udcff"))
    assert only(Start, odd.create())
