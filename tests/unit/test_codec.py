"""Requests and replies as lines of JSON."""

import json
from collections.abc import Callable
from signal import SIGINT, SIGKILL, SIGTERM, Signals
from typing import Any

import pytest
from builders import make_life, make_spec, untraced
from hypothesis import given, settings
from hypothesis import strategies as st
from pace import is_quick

from k1s import codec
from k1s.codec import (
    COMMANDS,
    decode,
    encode,
    encode_line,
    interpret,
    message_of,
)
from k1s.errors import Code, RequestError
from k1s.job import JobSpec, JobType, State
from k1s.jobcodec import payload, spec_of
from k1s.protocol import (
    CreateJob,
    CreateJobs,
    DeleteJob,
    GetAllJobs,
    GetJobById,
    GetLogs,
    GetServerInfo,
    JobReply,
    JobsReply,
    KillJob,
    LogStream,
    Message,
    Refusal,
    Reply,
    Request,
    SignalJob,
    WaitJob,
    WatchJobs,
)
from k1s.spelling import camel_case
from k1s.strict import keys
from k1s.views import JobView

JOB: dict[str, Any] = {"id": "a", "type": "continuous", "executable": "/bin/true"}
PERIODIC: dict[str, Any] = JOB | {"type": "periodic", "periodInSeconds": 5}
EVERYTHING: dict[str, Any] = PERIODIC | {
    "arguments": ["x", ""],
    "workingDirectory": "/srv",
    "environment": {"MY_VAR": "v"},
    "maxRetry": 3,
    "stdoutLogPath": "o",
    "stderrLogPath": "e",
    "errorLogPath": "r",
    "restartDelaySeconds": 0.5,
    "maxRestartDelaySeconds": 60,
    "healthyAfterSeconds": 1.5,
    "stopTimeoutSeconds": 2,
}


def _line(**message: Any) -> bytes:
    return json.dumps(message).encode() + b"\n"


def _create(**job: Any) -> bytes:
    return _line(command="create-job", job=JOB | job)


def _refused(line: bytes) -> RequestError:
    with pytest.raises(RequestError) as caught:
        decode(line)
    return caught.value


def _spec(line: bytes) -> JobSpec:
    request = decode(line)
    assert isinstance(request, CreateJob)
    return request.job


# Requests


@pytest.mark.parametrize(
    ("line", "request_"),
    [
        (b'{"command":"get-all-jobs"}', GetAllJobs()),
        (b'{"command":"get-job-by-id","jobId":"a"}\n', GetJobById("a")),
        (b'{"command":"kill-job","jobId":"a"}\r\n', KillJob("a", SIGINT)),
        (b'{"signal":"SIGTERM","jobId":"a","command":"kill-job"}', KillJob("a", SIGTERM)),
        (b' {"command" : "delete-job" , "jobId" : "a"} ', DeleteJob("a")),
        (_create(), CreateJob(JobSpec("a", JobType.CONTINUOUS, "/bin/true"))),
    ],
)
def test_requests(line: bytes, request_: Request) -> None:
    """Each command becomes its request, in whatever order the keys are."""
    assert decode(line) == request_


def test_a_job_with_everything() -> None:
    """Every key of a job is taken as it is."""
    assert _spec(_create(**EVERYTHING)) == JobSpec(
        id="a",
        type=JobType.PERIODIC,
        executable="/bin/true",
        arguments=("x", ""),
        working_directory="/srv",
        environment={"MY_VAR": "v"},
        period_in_seconds=5,
        max_retry=3,
        stdout_log_path="o",
        stderr_log_path="e",
        error_log_path="r",
        restart_delay_seconds=0.5,
        max_restart_delay_seconds=60,
        healthy_after_seconds=1.5,
        stop_timeout_seconds=2,
    )


@pytest.mark.parametrize("key", sorted(EVERYTHING.keys() - PERIODIC.keys()))
def test_null_is_not_given(key: str) -> None:
    """A key of a job that is null counts as not given."""
    assert _spec(_create(**{key: None})) == _spec(_create())


def _needed(command: str) -> dict[str, Any]:
    """What a request cannot do without."""
    match command:
        case "create-job":
            return {"job": dict(JOB)}
        case "create-jobs":
            return {"jobs": [dict(JOB)]}
        case "signal-job":
            return {"jobId": "a", "signal": "HUP"}
        case "get-logs":
            return {"jobIds": ["a"]}
        case "get-all-jobs" | "get-server-info" | "watch-jobs":
            return {}
        case _:
            return {"jobId": "a"}


@pytest.mark.parametrize("key", ["jobId", "job", "signal"])
@pytest.mark.parametrize("command", COMMANDS)
def test_null_at_the_top_is_not_given(command: str, key: str) -> None:
    """A null beside the command is not given either, whatever the command."""
    message: dict[str, Any] = {"command": command, **_needed(command)}
    if key not in message:
        assert decode(_line(**message, **{key: None})) == decode(_line(**message))


@pytest.mark.parametrize("name", ["SIGTERM", "sigterm", "TERM", "term", "SigTerm"])
def test_signals_by_name(name: str) -> None:
    """A signal is named in any case, with or without its SIG."""
    assert decode(_line(command="kill-job", jobId="a", signal=name)) == KillJob("a", SIGTERM)


@given(st.sampled_from(Signals))
def test_every_signal(signal: Signals) -> None:
    """Every signal of the machine can be sent."""
    line = _line(command="kill-job", jobId="a", signal=signal.name)
    assert decode(line) == KillJob("a", signal)


# What a client writes

PLAIN_TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
PATHS = PLAIN_TEXTS.filter(bool)
SECONDS = st.floats(0.1, 1e9) | st.integers(1, 10**9)
NAMES = PATHS.filter(lambda name: "=" not in name)


# Made once: a strategy that is made for each example is looked at anew for each.
MAYBE_PATHS, MAYBE_SECONDS = st.none() | PATHS, st.none() | SECONDS
JOB_IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}", fullmatch=True)
ARGUMENTS = st.lists(PLAIN_TEXTS, max_size=3).map(tuple)
ENVIRONMENTS = st.dictionaries(NAMES, PLAIN_TEXTS, max_size=3)
DELAYS = st.tuples(SECONDS, SECONDS).map(sorted)
TYPES, RETRIES = st.sampled_from(JobType), st.integers(-1, 10**9)


@st.composite
def specs(draw: st.DrawFn) -> JobSpec:
    """Any job that can be asked for."""
    type, delays = draw(TYPES), draw(DELAYS)
    return JobSpec(
        id=draw(JOB_IDS),
        type=type,
        executable=draw(PATHS),
        arguments=draw(ARGUMENTS),
        working_directory=draw(MAYBE_PATHS),
        environment=draw(ENVIRONMENTS),
        period_in_seconds=draw(SECONDS) if type is JobType.PERIODIC else None,
        max_retry=draw(RETRIES),
        stdout_log_path=draw(MAYBE_PATHS),
        stderr_log_path=draw(MAYBE_PATHS),
        error_log_path=draw(MAYBE_PATHS),
        restart_delay_seconds=delays[0],
        max_restart_delay_seconds=delays[1],
        healthy_after_seconds=draw(MAYBE_SECONDS),
        stop_timeout_seconds=draw(SECONDS),
        origin=draw(MAYBE_PATHS),
    )


IDS = st.text()  # nobody has a job with such an id; the server says so
LISTS_OF_IDS = st.lists(IDS, min_size=1, max_size=3).map(tuple)
REQUESTS: dict[type[Request], st.SearchStrategy[Request]] = {
    **{cls: st.builds(cls, job_id=IDS) for cls in COMMANDS.values() if "job_id" in keys(cls)},
    GetAllJobs: st.builds(GetAllJobs),
    GetServerInfo: st.builds(GetServerInfo),
    CreateJob: st.builds(CreateJob, job=specs()),
    CreateJobs: st.builds(CreateJobs, jobs=st.lists(specs(), min_size=1, max_size=3).map(tuple)),
    KillJob: st.builds(KillJob, job_id=IDS, signal=st.sampled_from(Signals)),
    SignalJob: st.builds(SignalJob, job_id=IDS, signal=st.sampled_from(Signals)),
    WaitJob: st.builds(
        WaitJob,
        job_id=IDS,
        for_=st.none() | st.sampled_from(State),
        timeout_seconds=st.none() | SECONDS,
    ),
    WatchJobs: st.builds(
        WatchJobs,
        from_=st.none() | st.integers(0, 2**63 - 1),
        job_ids=st.none() | LISTS_OF_IDS,
    ),
    GetLogs: st.builds(
        GetLogs,
        job_ids=LISTS_OF_IDS,
        streams=st.lists(st.sampled_from(LogStream), min_size=1, max_size=3).map(tuple),
        lines=st.none() | st.integers(0, 10**9),
        follow=st.booleans(),
    ),
}


@pytest.mark.parametrize("command", COMMANDS)
@settings(max_examples=30)
@given(data=st.data())
def test_a_request_reads_back_as_it_was(command: str, data: st.DataObject) -> None:
    """What a client writes is what the server reads: one line, and nothing else in it."""
    request = data.draw(REQUESTS[COMMANDS[command]])
    line = encode_line(message_of(request))
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert decode(line) == request
    assert interpret(message_of(request)) == request


def test_what_is_not_given_is_not_written() -> None:
    """A server that does not know a key yet is not troubled with it."""
    message = message_of(CreateJob(JobSpec("a", JobType.CONTINUOUS, "/bin/true")))
    assert message["command"] == "create-job"
    assert None not in message["job"].values()
    assert "origin" not in message["job"]
    assert message_of(KillJob("a", SIGTERM)) == {
        "command": "kill-job",
        "jobId": "a",
        "signal": "SIGTERM",
    }


# The original client


def test_the_original_list() -> None:
    """The original client lists jobs."""
    assert decode(b'{"command":"getAllJobs"}\n') == GetAllJobs()


def test_the_original_look() -> None:
    """The original client shows a job."""
    assert decode(b'{"command":"getJobById","jobId":"hello-job"}\n') == GetJobById("hello-job")


def test_the_original_creation() -> None:
    """The original client creates a job, with null for what was not given."""
    line = (
        b'{"command":"createJob","job":{"id":"hello-job","executable":"/bin/echo",'
        b'"arguments":["hello","from","k1s"],"workingDirectory":null,"environment":{},'
        b'"periodInSeconds":30,"maxRetry":null,"type":"periodic","stdoutLogPath":null,'
        b'"stderrLogPath":null,"errorLogPath":null}}\n'
    )
    assert decode(line) == CreateJob(
        JobSpec(
            "hello-job",
            JobType.PERIODIC,
            "/bin/echo",
            ("hello", "from", "k1s"),
            period_in_seconds=30,
        )
    )


def test_the_original_kill() -> None:
    """The original client kills a job and names the signal in lower case."""
    line = b'{"command":"killJob","jobId":"hello-job","signal":"sigint"}\n'
    assert decode(line) == KillJob("hello-job", SIGINT)


def test_the_original_deletion() -> None:
    """The original client deletes a job."""
    assert decode(b'{"command":"deleteJob","jobId":"hello-job"}\n') == DeleteJob("hello-job")


ORIGINAL = {
    "getAllJobs": GetAllJobs(),
    "getJobById": GetJobById("a"),
    "createJob": CreateJob(JobSpec("a", JobType.CONTINUOUS, "/bin/true")),
    "killJob": KillJob("a"),
    "deleteJob": DeleteJob("a"),
}


@pytest.mark.parametrize("signal", [None, "sigint"])
@pytest.mark.parametrize("command", ORIGINAL)
def test_the_original_client_may_say_too_much(command: str, signal: str | None) -> None:
    """The original client may send all of its keys with any command."""
    job = dict(JOB) if command == "createJob" else None
    line = _line(command=command, job=job, jobId="a", signal=signal)
    assert decode(line) == ORIGINAL[command]


@pytest.mark.parametrize("command", ["getAllJobs", "killJob", "createJob"])
def test_the_original_client_is_not_forgiven_everything(command: str) -> None:
    """An unknown key is refused also beside an original command."""
    message: dict[str, Any] = {"command": command, "jobId": "a", "job": dict(JOB), "jobid": "a"}
    assert "'jobid'" in _refused(_line(**message)).message


def test_a_list_that_is_none() -> None:
    """It is said in words what it is to be a list of."""
    error = _refused(_line(command="get-logs", jobIds=["a"], streams="stdout"))
    assert error.message == "streams wants a list of stdout, stderr and error, got 'stdout'"


def test_a_token_that_is_no_text() -> None:
    """It may be a secret all the same, and is not quoted."""
    error = _refused(_line(command="get-all-jobs", token=12345))
    assert error.message == "token wants text, got something else"


def test_the_original_empty_folder() -> None:
    """An empty working directory is the original client's way to give none, and nobody else's."""
    job = JOB | {"workingDirectory": ""}
    assert _spec(_line(command="createJob", job=job)).working_directory is None
    error = _refused(_line(command="create-job", job=job))
    assert error.message == "job.workingDirectory wants a path, got an empty text"


def test_original_answers_to_what_is_missing() -> None:
    """The original client hears the same refusals as any other."""
    assert _refused(b'{"command":"killJob","jobId":null}').code is Code.JOB_ID_REQUIRED
    assert _refused(b'{"command":"createJob","job":null}').code is Code.INVALID_REQUEST
    assert _refused(b'{"command":"createJob"}').code is Code.INVALID_REQUEST
    error = _refused(b'{"command":"createJob","job":[]}')
    assert error.message == "job wants an object, got a list"


# Refusals


@pytest.mark.fault("C10")
@pytest.mark.parametrize(
    ("line", "code", "text"),
    [
        (b"{}", Code.INVALID_REQUEST, "command wants one of get-all-jobs, "),
        (b"{}", Code.INVALID_REQUEST, "watch-jobs or get-logs, got nothing"),
        (b'{"command":null}', Code.INVALID_REQUEST, "got null"),
        (b'{"command":5}', Code.INVALID_REQUEST, "command wants one of "),
        (b'{"command":[]}', Code.INVALID_REQUEST, "got a list"),
        (b'{"command":"x"}', Code.UNKNOWN_COMMAND, "Unknown command 'x': use get-all-jobs, "),
        (b'{"command":""}', Code.UNKNOWN_COMMAND, "Unknown command ''"),
        (b'{"command":"kill-jobs"}', Code.UNKNOWN_COMMAND, "'kill-jobs': did you mean kill-job?"),
        (b'{"command":"GetAllJobs"}', Code.UNKNOWN_COMMAND, "Unknown command 'GetAllJobs'"),
        (b"[]", Code.INVALID_REQUEST, "A request is a JSON object such as "),
        (b"nonsense", Code.INVALID_JSON, "at character 1"),
        (_line(command="get-job-by-id"), Code.JOB_ID_REQUIRED, "Job ID is required"),
        (_line(command="kill-job"), Code.JOB_ID_REQUIRED, "Job ID is required"),
        (_line(command="delete-job", jobId=None), Code.JOB_ID_REQUIRED, "Job ID is required"),
        (_line(command="kill-job", jobId=5), Code.INVALID_REQUEST, "jobId wants text, got 5"),
        (_line(command="delete-job", jobId=["a"]), Code.INVALID_REQUEST, "jobId wants text"),
        (_line(command="kill-job", jobId="a", signal="x"), Code.INVALID_REQUEST, "signal wants "),
        (_line(command="kill-job", jobId="a", signal=9), Code.INVALID_REQUEST, "signal wants "),
        (_line(command="kill-job", jobId="a", sig="x"), Code.INVALID_REQUEST, "has no key 'sig'"),
        (_line(command="get-all-jobs", signal="TERM"), Code.INVALID_REQUEST, "no key 'signal'"),
        (_line(command="get-all-jobs", jobId="a"), Code.INVALID_REQUEST, "no key 'jobId'"),
        (_line(command="get-job-by-id", jobId="a", job={}), Code.INVALID_REQUEST, "no key 'job'"),
        (_line(command="create-job"), Code.INVALID_REQUEST, "job wants an object, got nothing"),
        (_line(command="create-job", job=5), Code.INVALID_REQUEST, "job wants an object, got 5"),
        (_line(command="create-job", job={}), Code.JOB_ID_REQUIRED, "Job ID is required"),
        (_line(command="create-job", job=JOB, jobId="a"), Code.INVALID_REQUEST, "no key 'jobId'"),
        (_line(command="get-all-jobs", x=None), Code.INVALID_REQUEST, "all-jobs has no key 'x'"),
    ],
)
def test_refusals(line: bytes, code: Code, text: str) -> None:
    """A bad request is refused with its code and a sentence that names what is wrong."""
    error = _refused(line)
    assert error.code is code
    assert text in error.message


@pytest.mark.parametrize("type", [None, "", "x", "Periodic", 5, True, [], {}, ["periodic"]])
def test_invalid_job_types(type: object) -> None:
    """A type that is none has a code of its own, and hears which ones there are."""
    error = _refused(_create(type=type))
    assert error.code is Code.INVALID_JOB_TYPE
    assert error.message.startswith("Invalid job type: use one-time, periodic or continuous, not ")


def test_a_missing_job_type() -> None:
    """A type is needed."""
    error = _refused(_line(command="create-job", job={"id": "a", "executable": "x"}))
    assert error.message.endswith("not nothing")


TEXTS = ("executable", "workingDirectory", "stdoutLogPath", "stderrLogPath", "errorLogPath")
NUMBERS = (
    "restartDelaySeconds",
    "maxRestartDelaySeconds",
    "healthyAfterSeconds",
    "stopTimeoutSeconds",
)


@pytest.mark.fault("C10")
@pytest.mark.parametrize("value", [5, True, False, 1.5, [], ["x"], {}])
@pytest.mark.parametrize("key", TEXTS)
def test_no_text(key: str, value: object) -> None:
    """What is no text is not made one."""
    error = _refused(_create(**{key: value}))
    assert error.code is Code.INVALID_REQUEST
    assert error.message.startswith(f"job.{key} wants text, got ")


@pytest.mark.fault("C10")
@pytest.mark.parametrize("value", [True, False, "5", "", [], {}])
@pytest.mark.parametrize("key", [*NUMBERS, "maxRetry"])
def test_no_number(key: str, value: object) -> None:
    """What is no number is not made one; true is no 1."""
    error = _refused(_create(**{key: value}))
    assert error.code is Code.INVALID_REQUEST
    assert error.message.startswith(f"job.{key} wants a ")


@pytest.mark.fault("C10")
@pytest.mark.parametrize("value", [1.0, 1.5, -2, 10**9 + 1, 2**63 - 1])
def test_bad_budgets(value: float) -> None:
    """A budget is a whole number from -1 to a billion."""
    error = _refused(_create(maxRetry=value))
    assert error.code is Code.INVALID_REQUEST
    assert error.message.startswith("job.maxRetry wants ")


@pytest.mark.fault("C9")
@pytest.mark.parametrize("value", [0, -1, 1e-9, 0.0999, 1.1e9, 1e308, True, "5", [5], {}, None])
def test_bad_periods(value: object) -> None:
    """A period is a number from 0.1 to 1e9, and needed."""
    error = _refused(_create(**PERIODIC | {"periodInSeconds": value}))
    assert error.code is Code.INVALID_REQUEST
    assert error.message.startswith("job.periodInSeconds wants ")


@pytest.mark.fault("C9")
@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_periods_that_are_no_json(number: str) -> None:
    """A period that JSON cannot say is refused as no JSON."""
    key = b'"periodInSeconds": '
    line = _create(**PERIODIC).replace(key + b"5", key + number.encode())
    assert _refused(line).code is Code.INVALID_JSON


@pytest.mark.fault("C9")
@pytest.mark.parametrize("value", [0.1, 1, 1.5, 30, 10**9, 1e9])
def test_good_periods(value: float) -> None:
    """A period from 0.1 to 1e9 is fine, whole or not."""
    assert _spec(_create(**PERIODIC | {"periodInSeconds": value})).period_in_seconds == value


@pytest.mark.fault("C10")
@pytest.mark.parametrize(
    ("job", "text"),
    [
        ({"arguments": "a b"}, "job.arguments wants a list of texts, got 'a b'"),
        ({"arguments": {"a": 1}}, "job.arguments wants a list of texts, got an object"),
        ({"arguments": ["a", 5]}, "job.arguments[1] wants text, got 5"),
        ({"arguments": [None]}, "job.arguments[0] wants text, got null"),
        ({"arguments": ["a\0"]}, "job.arguments[0] wants text without a NUL character"),
        ({"arguments": ["\ud800"]}, "job.arguments[0] wants text without lone surrogates"),
        ({"environment": []}, "job.environment wants an object of texts, got a list"),
        ({"environment": "A=b"}, "job.environment wants an object of texts, got something else"),
        ({"environment": {"MY_VAR": 5}}, "job.environment.MY_VAR wants text, got something else"),
        ({"environment": {"MY_VAR": None}}, "job.environment.MY_VAR wants text"),
        ({"environment": {"MY_VAR": "\0"}}, "job.environment.MY_VAR wants text without a NUL"),
        ({"environment": {"": "x"}}, "job.environment wants names without '=', not empty, got ''"),
        ({"environment": {"A=B": "x"}}, "job.environment wants names without '='"),
        ({"environment": {"\0": "x"}}, "job.environment wants text without a NUL character"),
        ({"executable": ""}, "job.executable wants a path, got an empty text"),
        ({"executable": "a\0b"}, "job.executable wants text without a NUL character"),
        ({"executable": None}, "job.executable is missing"),
        ({"workingDirectory": ""}, "job.workingDirectory wants a path, got an empty text"),
        ({"periodInSeconds": 5}, "job.periodInSeconds wants a periodic job, got a continuous one"),
        ({"restartDelaySeconds": -1}, "job.restartDelaySeconds wants a number from 0 to 1e9"),
        ({"healthyAfterSeconds": 0}, "job.healthyAfterSeconds wants a number from 0.001 to 1e9"),
        ({"maxRestartDelaySeconds": 0.01}, "job.maxRestartDelaySeconds wants at least the restart"),
        ({"stopTimeoutSeconds": 1e10}, "job.stopTimeoutSeconds wants a number from 0 to 1e9"),
        ({"period": 5}, "job has no key 'period'"),
        ({"maxRetries": 5}, "job has no key 'maxRetries': did you mean maxRetry?"),
        ({"max_retry": 5}, "job has no key 'max_retry': did you mean maxRetry?"),
        ({"state": "done"}, "job has no key 'state'"),
        ({"x": None}, "job has no key 'x'"),
    ],
)
def test_bad_jobs(job: dict[str, Any], text: str) -> None:
    """A bad job is refused with the whole path of the key, in the spelling of the wire."""
    error = _refused(_create(**job))
    assert error.code is Code.INVALID_REQUEST
    assert error.message.startswith(text)


@pytest.mark.fault("I1")
@pytest.mark.parametrize("id", ["", ".", "..", "a/b", "a\0", "a\n", "é", "a" * 129, "a b"])
def test_bad_ids(id: str) -> None:
    """A bad id is refused at creation, with the rule."""
    error = _refused(_create(id=id))
    assert error.code is Code.INVALID_REQUEST
    assert error.message.startswith("job.id wants 1 to 128 of A-Z a-z 0-9 . _ - : @, beginning ")


@pytest.mark.fault("I2")
def test_ids_that_look_like_options() -> None:
    """An id that begins with a hyphen is refused at creation."""
    assert _refused(_create(id="-h")).message.startswith("job.id wants ")


@pytest.mark.parametrize("id", [5, True, [], {}])
def test_ids_that_are_no_text(id: object) -> None:
    """An id that is no text is refused by name."""
    assert _refused(_create(id=id)).message.startswith("job.id wants text, got ")


def test_secrets_are_not_quoted() -> None:
    """No refusal quotes the value of a variable."""
    for value in ("hunter2\0", "hunter2\ud800", ["hunter2"], {"a": "hunter2"}):
        assert "hunter2" not in _refused(_create(environment={"A": value})).message


@pytest.mark.fault("C10")
@pytest.mark.parametrize(
    "line",
    [
        _create(**{"x" * 5000: 1}),
        _create(id="x\n" * 5000),
        _create(environment={"A\nB": 1}),
        _create(environment={"A" * 5000: 1}),
        _create(environment={"A" * 5000: "\0"}),
        _line(command="x\n" * 5000),
        _line(command="kill-job", jobId="a", signal="x\n" * 5000),
    ],
    ids=["key", "id", "variable line", "variable type", "variable value", "command", "signal"],
)
def test_a_refusal_is_one_short_sentence(line: bytes) -> None:
    """Whatever was sent, the refusal is one line that a person can read."""
    message = _refused(line).message
    assert "\n" not in message
    assert len(message) < 300


@pytest.mark.fault("C4")
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-8-sig"])
def test_other_encodings(encoding: str) -> None:
    """A good request in another encoding, or with a byte order mark, is no JSON."""
    line = '{"command":"get-all-jobs"}'.encode(encoding)
    assert _refused(line).code is Code.INVALID_JSON


@pytest.mark.parametrize(
    ("line", "row"),
    [
        pytest.param(b'{"command":"\xff"}', "C4", marks=pytest.mark.fault("C4")),
        pytest.param(b'{"command":' + b"[" * 99_999, "C5", marks=pytest.mark.fault("C5")),
        pytest.param(b'{"command":"x","command":"y"}', "C6", marks=pytest.mark.fault("C6")),
        pytest.param(b'{"command":NaN}', "C7", marks=pytest.mark.fault("C7")),
        pytest.param(b'{"command":-1e999}', "C7", marks=pytest.mark.fault("C7")),
        pytest.param(b'{"command":18446744073709551616}', "C8", marks=pytest.mark.fault("C8")),
    ],
)
def test_bad_json(line: bytes, row: str) -> None:
    """What two readers of JSON could read apart is refused before anybody asks what it means."""
    assert _refused(line).code is Code.INVALID_JSON, row


# Anything at all

KEYS = st.sampled_from(
    ["command", "job", "jobId", "signal", "id", "type", "executable", "arguments", "environment"]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([*COMMANDS, *ORIGINAL, *JobType, "a", "TERM", "\ud800", "\0"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(), inner),
    max_leaves=12,
)
MESSAGES = st.dictionaries(KEYS | st.text(), VALUES, max_size=5)
NEARLY = st.fixed_dictionaries(
    {"command": st.sampled_from([*COMMANDS, *ORIGINAL])},
    optional={
        "jobId": st.just("a") | VALUES,
        "signal": st.just("TERM") | VALUES,
        "job": st.dictionaries(st.sampled_from([*EVERYTHING]), VALUES).map(lambda job: JOB | job)
        | VALUES,
    },
)


def _decode_or_refuse(line: bytes) -> None:
    try:
        request = decode(line)
    except RequestError as error:
        encode(Refusal(error.message, error.code))
    else:
        assert isinstance(request, tuple(COMMANDS.values()))


@given(st.binary() | st.binary().map(lambda tail: b'{"command":' + tail))
def test_any_bytes(line: bytes) -> None:
    """Any bytes are a request or a `RequestError`, and nothing else ever happens."""
    _decode_or_refuse(line)


@given(MESSAGES | NEARLY)
def test_any_object(message: dict[str, Any]) -> None:
    """Any object of JSON is a request or a `RequestError` too, however near it is to a request."""
    _decode_or_refuse(json.dumps(message).encode())


@untraced
@pytest.mark.fault("S5")
@pytest.mark.parametrize(
    "make",
    [
        lambda: _create(arguments=["a" * 900_000]),
        lambda: _create(arguments=["a"] * 200_000),
        lambda: _create(environment={str(number): "" for number in range(70_000)}),
        lambda: _line(command="get-all-jobs", **{str(number): 1 for number in range(80_000)}),
        lambda: _line(command="get-all-jobs", **{"command" * 140_000: 1}),
        lambda: _line(command="get-all-jobs" * 80_000),
        lambda: _line(command="get-all-jobs", x=[1] * 340_000),
    ],
    ids=["argument", "arguments", "variables", "unknown keys", "key", "command", "numbers"],
)
def test_the_longest_lines_are_read_at_once(make: Callable[[], bytes]) -> None:
    """No line that a client may send keeps the other clients waiting."""
    line = make()
    assert len(line) <= 2**20
    assert is_quick(lambda: _decode_or_refuse(line))


# Replies

FINITE = st.floats(allow_nan=False, allow_infinity=False) | st.integers(0, 10**9)
# What a folder's name becomes that is not UTF-8.
ESCAPED = st.text(st.characters(codec="utf-8") | st.sampled_from("\udc80\udcff\0\n\u2028"))
VIEWS = st.builds(
    JobView,
    executable=ESCAPED,
    stdout_log_path=ESCAPED,
    environment=st.dictionaries(ESCAPED, ESCAPED),
    period_in_seconds=st.none() | FINITE,
    restart_delay_seconds=FINITE,
    max_restart_delay_seconds=FINITE,
    healthy_after_seconds=st.none() | FINITE,
    stop_timeout_seconds=FINITE,
)


def _read_back(reply: Reply) -> Any:
    line = encode(reply)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert b"\r" not in line
    return json.loads(line.decode("utf-8"))


@given(VIEWS)
def test_any_job_is_one_line(view: JobView) -> None:
    """A job, whatever is in it, is one line of UTF-8 that reads back as it was."""
    back = _read_back(JobReply(view))
    assert back["environment"] == view.environment
    assert back["stdoutLogPath"] == view.stdout_log_path
    assert back["arguments"] == list(view.arguments)
    assert back["state"] == view.state
    assert back["periodInSeconds"] == view.period_in_seconds
    assert back["killRequested"] is view.kill_requested


@settings(max_examples=20)
@given(st.lists(VIEWS, max_size=3))
def test_any_list_is_one_line(views: list[JobView]) -> None:
    """A list of jobs is an array, each as it is alone."""
    assert _read_back(JobsReply(tuple(views))) == [_read_back(JobReply(view)) for view in views]


@pytest.mark.parametrize(
    ("reply", "line"),
    [
        (Message("Job killed"), b'{"message":"Job killed"}\n'),
        (
            Refusal("Job not found", Code.JOB_NOT_FOUND),
            b'{"error":"Job not found","code":"job-not-found"}\n',
        ),
        (Message("é\udcff"), b'{"message":"\xc3\xa9\\udcff"}\n'),
        (JobsReply(()), b"[]\n"),
    ],
)
def test_replies(reply: Reply, line: bytes) -> None:
    """A reply is exactly these bytes."""
    assert encode(reply) == line


def test_what_is_no_reply() -> None:
    """Whatever is no reply is a defect, and is noticed."""
    with pytest.raises(AssertionError, match="unreachable"):
        encode(GetAllJobs())  # type: ignore[arg-type]


def test_a_job_reply_is_in_camel_case() -> None:
    """A job in a reply has its attributes in camelCase, with names for what has names."""
    life = make_life(JobType.PERIODIC, environment={"MY_VAR": "v"})
    life.start()
    life.kill(SIGKILL)
    back = _read_back(JobReply(JobView.of(life.job, life.now)))
    assert list(back) == [
        "id", "type", "executable", "arguments", "workingDirectory", "environment",
        "periodInSeconds", "maxRetry", "stdoutLogPath", "stderrLogPath", "errorLogPath",
        "restartDelaySeconds", "maxRestartDelaySeconds", "healthyAfterSeconds",
        "stopTimeoutSeconds", "origin", "state", "pid", "exitCode", "signal", "runCount",
        "failedCount",
        "missedCount", "killRequested", "createdAt", "startedAt", "endedAt", "nextRunAt",
        "lastError",
    ]  # fmt: skip
    assert (back["type"], back["state"]) == ("periodic", "running")
    assert (back["arguments"], back["environment"]) == ([], {"MY_VAR": "v"})
    assert (back["workingDirectory"], back["periodInSeconds"]) == (None, 10)


@pytest.mark.parametrize(
    ("name", "spelled"),
    [("id", "id"), ("job_id", "jobId"), ("period_in_seconds", "periodInSeconds")],
)
def test_camel_case(name: str, spelled: str) -> None:
    """Python's names become the wire's."""
    assert camel_case(name) == spelled


# Jobs as clients see and send them


def test_a_job_there_and_back() -> None:
    """What a reply shows of a job is the job that was asked for, and can be asked for again."""
    for job in (JOB, PERIODIC, EVERYTHING | {"origin": "/srv/jobs.toml"}):
        spec = _spec(_line(command="create-job", job=job))
        assert payload(spec).items() >= job.items()
        assert _spec(_line(command="create-job", job=payload(spec))) == spec
        reply = json.loads(encode(JobReply(_view(spec))))
        assert reply.keys() > payload(spec).keys()
        assert spec_of(reply) == spec


def _view(spec: JobSpec) -> JobView:
    life = make_life()
    life.job.spec = spec
    return JobView.of(life.job, life.now)


def test_what_is_kept_of_a_view() -> None:
    """The JSON of a view is kept for as long as the view, unless it is large."""
    small, large = _view(make_spec()), _view(make_spec(arguments=("x" * 20_000,)))
    for view in (small, large, small, large):
        assert json.loads(encode(JobReply(view)))["arguments"] == list(view.arguments)
    assert small in codec._encoded
    assert large not in codec._encoded


def test_a_reply_that_is_no_job() -> None:
    """What another version of the server shows may not be understood; that is said."""
    with pytest.raises(RequestError, match=r"^this is no job: executable is missing$"):
        spec_of({"id": "a", "type": "one-time", "state": "new"})
