"""The library for programs, as far as it goes without a server."""

import ast
import inspect
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import Any, get_args

import pytest
from attrs import NOTHING, fields_dict
from builders import make_spec

import k1s
from k1s import library
from k1s.client import calls, replies
from k1s.client.asynchronous import AsyncClient
from k1s.client.blocking import Client
from k1s.client.conversation import STREAM_LINE_BYTES_MAX, Lines, ServerGoneError
from k1s.client.refusals import InvalidJobType, InvalidRequest, JobNotFound, Refused, refused
from k1s.client.replies import StrangeReplyError
from k1s.client.values import Explanation, JobInfo, LogChunk, Missed, ServerInfo, Transition
from k1s.codec import COMMANDS, interpret
from k1s.destination import Destination, DestinationError
from k1s.errors import Code, K1sError
from k1s.job import JobSpec, JobType, State
from k1s.protocol import (
    CreateJob,
    CreateJobs,
    DeleteJob,
    GetLogs,
    KillJob,
    LogStream,
    WaitJob,
    WatchJobs,
)
from k1s.protocol import ServerInfo as ServerView
from k1s.transition import Trigger
from k1s.views import JobView, TransitionView

JOB: dict[str, Any] = {
    "id": "a",
    "type": "periodic",
    "executable": "/bin/true",
    "arguments": ["x"],
    "workingDirectory": None,
    "environment": {"SECRET": "s"},
    "periodInSeconds": 2.5,
    "maxRetry": 5,
    "stdoutLogPath": "/o",
    "stderrLogPath": "/e",
    "errorLogPath": "/r",
    "restartDelaySeconds": 0.1,
    "maxRestartDelaySeconds": 30,
    "healthyAfterSeconds": None,
    "stopTimeoutSeconds": 10,
    "origin": None,
    "state": "pending",
    "pid": None,
    "exitCode": 0,
    "signal": None,
    "runCount": 1,
    "failedCount": 0,
    "missedCount": 0,
    "killRequested": False,
    "createdAt": "2026-11-23T06:35:15.123Z",
    "startedAt": "2026-11-23T06:35:15.123Z",
    "endedAt": "2026-11-23T06:35:15.200Z",
    "nextRunAt": "9999-12-31T23:59:59.999Z",
    "lastError": None,
}
CHANGE: dict[str, Any] = {
    "sequence": 17,
    "at": "2026-11-23T06:35:15.123Z",
    "jobId": "a",
    "trigger": "fail",
    "from": "running",
    "to": "pending",
    "runCount": 1,
    "failedCount": 1,
    "exitCode": None,
    "signal": "SIGSEGV",
    "reason": "died of SIGSEGV (signal 11)",
    "nextRunAt": None,
}
INFO: dict[str, Any] = {
    "version": "1",
    "pid": 7,
    "user": "me",
    "startedAt": "2026-11-23T06:35:15.123Z",
    "workingDirectory": "/srv",
    "jobs": {"running": 3},
    "sequence": 17,
    "oldestSequence": 1,
    "stopping": True,
}
THEN = datetime(2026, 11, 23, 6, 35, 15, 123_000, tzinfo=UTC)
HERE = Destination()


# The front door


def test_the_front_door_is_light() -> None:
    """`import k1s` loads nothing, not even when a module of it is imported by `from k1s`."""
    program = "import json, sys, k1s; from k1s import errors; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    heavy = {"k1s.library", "k1s.client", "attrs", "attr", "cattrs", "asyncio", "socket"}
    assert set(json.loads(done.stdout)) & heavy == set()


def test_the_front_door_knows_its_names() -> None:
    """Every name of the library can be had from `k1s`, is listed there, and no other one is."""
    for name in library.__all__:
        assert getattr(k1s, name) is getattr(library, name)
        assert name in dir(k1s)
    with pytest.raises(AttributeError, match="module 'k1s' has no attribute 'Nothing'"):
        k1s.Nothing  # type: ignore[attr-defined] # noqa: B018


def test_what_the_library_imports_is_what_it_offers() -> None:
    """No import of the library is forgotten in its list."""
    tree = ast.parse(Path(library.__file__).read_text())
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    names = [alias.name for node in imports for alias in node.names]
    assert sorted(names) == sorted(library.__all__)


def test_all_exceptions_have_one_root() -> None:
    """Who catches `K1sError` catches whatever k1s raises on purpose."""
    offered = [getattr(library, name) for name in library.__all__]
    raised = [one for one in offered if isinstance(one, type) and issubclass(one, BaseException)]
    assert {JobNotFound, StrangeReplyError, ServerGoneError, DestinationError} < set(raised)
    assert all(issubclass(one, K1sError) for one in raised)


# The two clients


def _methods(client: type) -> dict[str, inspect.Signature]:
    return {
        name: inspect.signature(method)
        for name, method in vars(client).items()
        if inspect.isfunction(method) and (not name.startswith("_") or name == "__init__")
    }


def test_both_clients_have_the_same_methods() -> None:
    """With the same parameters, of the same types, and the same defaults."""
    blocking, asynchronous = _methods(Client), _methods(AsyncClient)
    assert blocking.keys() == asynchronous.keys()
    for name, signature in blocking.items():
        assert signature.parameters == asynchronous[name].parameters, name


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_method(command: str) -> None:
    """The method is called as the command on the wire."""
    name = command.replace("-", "_").removesuffix("_by_id")
    assert name in _methods(Client)
    assert inspect.signature(getattr(calls, name))


def test_the_keys_of_a_new_job_are_those_of_its_spec() -> None:
    """`create_job` takes as keyword arguments what `JobSpec` takes."""
    assert set(calls.JobKeys.__annotations__) == set(fields_dict(JobSpec))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(JobInfo, JobView), (Transition, TransitionView), (ServerInfo, ServerView)],
)
def test_replies_hold_all_that_the_server_writes(ours: type, theirs: type) -> None:
    """Nothing is left out, secrets stay out of the `repr` of both, and no more is demanded."""
    known, written = fields_dict(ours), fields_dict(theirs)
    assert written.keys() <= known.keys()
    assert all(known[name].repr == field.repr for name, field in written.items())
    surplus = known.keys() - written.keys()
    assert all(known[name].default is not NOTHING for name in surplus)


def test_words_that_a_caller_may_write() -> None:
    """The words that type checkers know are those of the enums."""
    assert get_args(calls.StateName) == tuple(State)
    assert get_args(calls.StreamName) == tuple(LogStream)


# Refusals


@pytest.mark.parametrize("code", Code)
def test_each_code_has_its_exception(code: Code) -> None:
    """Called as the code is, documented, and offered at the front door."""
    error = refused("No.", code)
    name = "".join(word.capitalize() for word in code.split("-"))
    assert type(error) is getattr(k1s, name)
    assert isinstance(error, Refused)
    assert (error.code, error.message, str(error)) == (code.value, "No.", "No.")
    assert type(error.code) is str
    assert type(error).__doc__


def test_an_unknown_code_is_a_refusal_too() -> None:
    """A newer server may say no for reasons of its own."""
    error = refused("No.", "of-a-new-kind")
    assert type(error) is Refused
    assert (error.code, str(error)) == ("of-a-new-kind", "No.")


@pytest.mark.parametrize("code", ["job-not-found", "of-a-new-kind"])
def test_a_refusal_survives_a_journey(code: str) -> None:
    """It can be sent from one process to another."""
    error = pickle.loads(pickle.dumps(refused("No.", code)))
    assert (type(error), error.code, error.message) == (type(refused("", code)), code, "No.")


# Requests

_KEYS: calls.JobKeys = {"id": "b", "type": "one-time", "executable": "x"}
_SPEC: dict[str, Any] = {**_KEYS, "type": JobType.ONE_TIME}


@pytest.mark.parametrize(
    ("call", "request_"),
    [
        (calls.kill_job("a", "term", one_time=False), KillJob("a", SIGTERM)),
        (calls.kill_job("a", SIGTERM, one_time=True), KillJob("a", SIGTERM, one_time=True)),
        (calls.kill_job("a", None, one_time=False), KillJob("a")),
        (calls.delete_job("a", None, with_logs=False), DeleteJob("a")),
        (calls.delete_job("a", "kill", with_logs=True), DeleteJob("a", SIGKILL, with_logs=True)),
        (calls.wait_job("a", State.DONE, 1.5), WaitJob("a", State.DONE, 1.5)),
        (calls.wait_job("a", "done", None), WaitJob("a", State.DONE)),
        (calls.watch_jobs(3, "a"), WatchJobs(3, ("a",))),
        (calls.watch_jobs(None, iter("ab")), WatchJobs(None, ("a", "b"))),
        (calls.watch_jobs(None, "a").after(5), WatchJobs(5, ("a",))),
        (
            calls.get_logs({"a"}, ["stdout", LogStream.ERROR], lines=3, follow=True),
            GetLogs(("a",), (LogStream.STDOUT, LogStream.ERROR), 3, follow=True),
        ),
        (
            calls.get_logs("a", LogStream.STDERR, lines=None, follow=False),
            GetLogs(("a",), (LogStream.STDERR,)),
        ),
        (calls.create_jobs([make_spec()]), CreateJobs((make_spec(),))),
        (calls.create_jobs([make_spec(), _KEYS]), CreateJobs((make_spec(), JobSpec(**_SPEC)))),
        (calls.create_jobs(iter([_KEYS])), CreateJobs((JobSpec(**_SPEC),))),
        (calls.create_job(make_spec(), {}), CreateJob(make_spec())),
    ],
)
def test_calls(call: calls.Call[object], request_: object) -> None:
    """What a caller writes becomes the request that is meant."""
    assert interpret(json.loads(json.dumps(call.message))) == request_


def test_keys_of_a_new_job() -> None:
    """Paths may be paths, lists any sequence, types and numbers what they are."""
    keys = {
        "id": "a",
        "type": JobType.PERIODIC,
        "executable": Path("/bin/true"),
        "arguments": ("x", Path("/y")),
        "working_directory": Path("/srv"),
        "environment": {"snake_case": "v"},
        "period_in_seconds": 2,
        "max_retry": None,
    }
    wanted = make_spec(
        JobType.PERIODIC,
        arguments=("x", "/y"),
        working_directory="/srv",
        environment={"snake_case": "v"},
        period_in_seconds=2,
    )
    assert interpret(calls.create_job(None, keys).message) == CreateJob(wanted)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: calls.get_job(5), "jobId wants text, got 5"),
        (lambda: calls.get_job(b"a"), "jobId wants text, got a value of type bytes"),
        (
            lambda: calls.kill_job("a", "NONSENSE", one_time=False),
            "signal wants the name of a signal",
        ),
        (lambda: calls.kill_job("a", 15, one_time=False), "signal wants text, got 15"),
        (lambda: calls.wait_job("a", "finished", None), "for wants pending, running, "),
        (lambda: calls.wait_job("a", None, -1), "timeoutSeconds wants a number from 0 "),
        (lambda: calls.wait_job("a", None, float("nan")), "timeoutSeconds wants a number"),
        (lambda: calls.wait_job("a", None, float("inf")), "timeoutSeconds wants a number"),
        (lambda: calls.watch_jobs(-1, None), "from wants a number from 0 "),
        (lambda: calls.watch_jobs(None, []), "jobIds wants a list of 1 to "),
        (lambda: calls.get_logs("a", "out", lines=None, follow=False), "streams[0] wants stdout,"),
        (lambda: calls.get_logs("a", [], lines=None, follow=False), "streams wants a list of 1"),
        (lambda: calls.kill_job("a", None, one_time=1), "oneTime wants true or false, got 1"),
        (lambda: calls.delete_job("a", None, with_logs="x"), "withLogs wants true or false"),
        (lambda: calls.create_jobs([make_spec(), {**_KEYS, "exe": 1}]), "jobs[1] has no key 'exe'"),
        (lambda: calls.create_jobs(["a"]), "jobs[0] wants an object, got 'a'"),
        (lambda: calls.create_jobs([]), "jobs wants a list of 1 to "),
        (lambda: calls.create_jobs([make_spec()] * 1001), "jobs wants a list of 1 to "),
        (lambda: calls.create_job(None, {"id": "a", "type": "one-time"}), "executable is missing"),
        (
            lambda: calls.create_job(None, {**_KEYS, "exe": "x"}),
            "job has no key 'exe'",
        ),
        (
            lambda: calls.create_job(None, {**_KEYS, "environment": {"A": 5}}),
            "job.environment.A wants text, got something else",
        ),
        (lambda: calls.create_job(None, {**_KEYS, "arguments": "a b"}), "job.arguments wants a "),
        (lambda: calls.create_job(None, {**_KEYS, "max_retry": 2**70}), "job.maxRetry wants a "),
    ],
)
def test_wrong_values(make: Callable[[], object], text: str) -> None:
    """A wrong value is refused before anything is sent, in the words of the server."""
    with pytest.raises(InvalidRequest) as caught:
        make()
    assert text in caught.value.message


def test_a_wrong_job_type_has_its_own_exception() -> None:
    """As it has a code of its own."""
    with pytest.raises(InvalidJobType, match="use one-time, periodic or continuous"):
        calls.create_job(None, {**_KEYS, "type": "sometimes"})


def test_a_spec_or_keys() -> None:
    """Both at once is a mistake in the program, and no refusal."""
    with pytest.raises(TypeError, match="a JobSpec or keyword arguments, not both: max_retry"):
        calls.create_job(make_spec(), {"max_retry": 1})


# Replies


def test_a_job() -> None:
    """Types are enums, times are aware, lists are tuples."""
    job = replies.job(JOB)
    assert (job.type, job.state) == (JobType.PERIODIC, State.PENDING)
    assert job.arguments == ("x",)
    assert job.created_at == THEN
    assert job.next_run_at is not None
    assert job.next_run_at.year == 9999
    assert job.kill_requested is False
    assert "SECRET" not in repr(job)
    assert replies.jobs([JOB, JOB]) == [job, job]
    assert replies.explanation({"job": JOB, "history": [CHANGE]}) == Explanation(
        job, (replies.change(CHANGE),)
    )


def test_changes() -> None:
    """A line of `watch-jobs` is a transition, or tells how many are missing."""
    change = replies.change(CHANGE)
    assert isinstance(change, Transition)
    assert (change.from_, change.to) == (State.RUNNING, State.PENDING)
    assert (change.at, change.trigger) == (THEN, Trigger.FAIL)
    assert replies.change({"missed": 3}) == Missed(3)


def test_chunks() -> None:
    """Text and bytes are bytes."""
    line = {"jobId": "a", "stream": "stderr"}
    assert replies.chunk({**line, "text": "é\n"}) == LogChunk("a", LogStream.STDERR, b"\xc3\xa9\n")
    binary = replies.chunk({**line, "base64": "/wA="})
    assert (binary.data, binary.text) == (b"\xff\0", "\ufffd\0")
    gap = replies.chunk({**line, "missedBytes": 7})
    assert (gap.data, gap.missed_bytes) == (b"", 7)


def test_a_chunk_that_is_printed_shows_its_text() -> None:
    """And not more than a line of it."""
    assert repr(LogChunk("a", LogStream.STDERR, "é\n".encode())) == (
        "LogChunk('a', 'stderr', text='é\\n')"
    )
    long = LogChunk("a", LogStream.STDOUT, b"x" * 61, missed_bytes=7)
    assert repr(long) == f"LogChunk('a', 'stdout', text='{'x' * 60}'..., missed_bytes=7)"


def test_server_info() -> None:
    """The counts of the jobs are by the names of the states."""
    info = replies.server_info(INFO)
    assert info.jobs[State.RUNNING] == info.jobs["running"] == 3
    assert info.started_at == THEN
    assert info.stopping


def test_server_info_of_an_older_server() -> None:
    """One that does not say that it stops answers nobody once it does."""
    older = {key: value for key, value in INFO.items() if key != "stopping"}
    assert not replies.server_info(older).stopping


@pytest.mark.parametrize(
    ("read", "reply"),
    [(replies.job, JOB), (replies.change, CHANGE), (replies.server_info, INFO)],
)
def test_what_a_newer_server_adds_is_passed_over(
    read: Callable[[Any], object], reply: dict[str, Any]
) -> None:
    """A key that is not known is no mistake."""
    assert read({**reply, "somethingNew": [1]}) == read(reply)


@pytest.mark.parametrize(
    ("read", "reply", "text"),
    [
        (replies.job, [], "wants an object, got a list"),
        (replies.job, {}, "id is missing"),
        (replies.job, JOB | {"state": "asleep"}, "state wants one of pending, running, "),
        (replies.job, JOB | {"state": []}, "state wants one of "),
        (replies.job, JOB | {"createdAt": None}, "createdAt wants a time such as "),
        (replies.job, JOB | {"createdAt": "yesterday"}, "createdAt wants a time such as "),
        (replies.job, JOB | {"createdAt": "2026-11-23T06:35:15"}, "createdAt wants a time"),
        (replies.job, JOB | {"killRequested": 1}, "killRequested wants true or false, got 1"),
        (replies.jobs, {}, "wants a list of jobs, got an object"),
        (replies.jobs, [5], "wants an object, got 5"),
        (replies.done, "ok", "wants an object, got 'ok'"),
        (replies.change, CHANGE | {"trigger": "magic"}, "trigger wants one of create, "),
        (replies.change, {"missed": "all"}, "missed wants a whole number, got 'all'"),
        (replies.chunk, {"jobId": "a", "stream": "stdin"}, "stream wants one of stdout, "),
        (replies.chunk, {"jobId": "a", "stream": "stdout", "base64": "!"}, "base64 wants "),
        (replies.chunk, {"jobId": "a", "stream": "stdout", "base64": "é"}, "base64 wants "),
        (replies.server_info, INFO | {"jobs": [1]}, "jobs wants an object of whole numbers"),
        (replies.server_info, INFO | {"jobs": {"done": "1"}}, "jobs wants an object of whole"),
    ],
)
def test_strange_replies(read: Callable[[Any], object], reply: object, text: str) -> None:
    """A reply of another shape is one exception, and a sentence that says what is wrong."""
    with pytest.raises(StrangeReplyError) as caught:
        read(reply)
    assert text in str(caught.value)
    assert str(caught.value).endswith("use the same version of k1s on both sides")


@pytest.mark.parametrize(
    "read",
    [
        replies.job,
        replies.jobs,
        replies.done,
        replies.server_info,
        replies.explanation,
        replies.change,
        replies.chunk,
    ],
)
def test_every_reply_may_be_a_refusal(read: Callable[[Any], object]) -> None:
    """An error is raised, whatever was asked for."""
    with pytest.raises(JobNotFound, match="Job not found"):
        read({"error": "Job not found", "code": "job-not-found"})


# Lines


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_lines_in_pieces(size: int) -> None:
    """However the bytes come, the lines are the same."""
    data = b"one\n\ntwo\nthree\n"
    lines = Lines(HERE)
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    assert [line for piece in pieces for line in lines.feed(piece)] == data.split(b"\n")[:-1]
    assert lines.feed(b"") == []


def test_half_a_line_is_none() -> None:
    """A stream that ends in the middle of a line has been broken off."""
    lines = Lines(HERE)
    assert lines.feed(b"one\ntw") == [b"one"]
    with pytest.raises(ServerGoneError, match=r"broke \(in the middle of a line\)"):
        lines.feed(b"")


def test_a_line_has_an_end() -> None:
    """A server that sends no newline cannot fill the memory."""
    lines = Lines(HERE)
    assert lines.feed(b"x" * STREAM_LINE_BYTES_MAX) == []
    assert lines.feed(b"x") == []
    with pytest.raises(ServerGoneError):
        lines.feed(b"x")
