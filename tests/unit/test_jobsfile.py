"""Jobs files: TOML to a configuration and jobs."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k1s.config import Auth, Config, LogsConfig, ServerConfig, TlsConfig
from k1s.errors import ConfigError
from k1s.job import JobSpec, JobType
from k1s.jobsfile.complaints import JOB_KEYS
from k1s.jobsfile.parsing import FILE_BYTES_MAX, MISTAKES_MAX, JobsFile, parse
from k1s.limits import Limits

LOG_BYTES = "logs.max_bytes wants 0 for no bound, or from 65536 to 1125899906842624 bytes"
WEB = "[job.web]\ntype = 'continuous'\nexecutable = 'sleep'\n"
TYPES = "one-time, periodic or continuous"
PAUSE = "wants at least the restart delay (0.1), got 0.05"
ABOVE = "if it is a key of the job, put it above [job.web.environment]"
COLON = (
    "(line 2, column 9): a name with other signs than letters, digits, - and _ needs quotes,"
    ' as in [job."web:1"]'
)
ID_RULE = "1 to 128 of A-Z a-z 0-9 . _ - : @, beginning with a letter or a digit"


def _complaints(document: str | bytes) -> list[str]:
    """All sentences, without the name of the file in front of each."""
    data = document if isinstance(document, bytes) else document.encode()
    with pytest.raises(ConfigError) as caught:
        parse(data, "k1s.toml")
    lines = str(caught.value).split("\n")
    assert all(line.startswith("k1s.toml: ") for line in lines)
    return [line.removeprefix("k1s.toml: ") for line in lines]


def _refused(document: str | bytes) -> str:
    """The only sentence, without the number of the line."""
    (text,) = _complaints(document)
    return re.sub(r" \(line \d+\)$", "", text)


def _jobs(document: str, origin: str | None = None) -> tuple[JobSpec, ...]:
    return parse(document.encode(), "k1s.toml", origin).jobs


def test_nothing_said() -> None:
    """An empty document is the default, and no job."""
    assert parse(b"", "k1s.toml") == parse(b"[server]\n[job]\n", "k1s.toml") == JobsFile()
    assert JobsFile() == JobsFile(Config(), ())


@pytest.mark.parametrize("port", [0, 1, 6000, 65535])
def test_where_to_listen(port: int) -> None:
    """A document sets host and port, up to the bounds."""
    document = f'[server]\nhost = "localhost"\nport = {port}\n'.encode()
    assert parse(document, "k1s.toml").config == Config(ServerConfig("localhost", port))
    alone = f"[server]\nport = {port}\n".encode()
    assert parse(alone, "k1s.toml").config == Config(ServerConfig(port=port))


@pytest.mark.parametrize("max_bytes", [0, 65536, 52428800, 1 << 50])
@pytest.mark.parametrize("backups", [0, 1, 100])
def test_logs(max_bytes: int, backups: int) -> None:
    """A document bounds the logs, up to the bounds of the bounds."""
    document = f"[logs]\nmax_bytes = {max_bytes}\nbackups = {backups}\n".encode()
    assert parse(document, "k1s.toml").config.logs == LogsConfig(max_bytes, backups)


def test_who_may_command() -> None:
    """A document names users, a token and certificates."""
    document = b"""
[server]
auth = "none"
allow_users = ["alice", 1001]
token_file = "t"
tls = { certificate = "c", key = "k" }
"""
    server = parse(document, "k1s.toml").config.server
    assert server == ServerConfig(
        auth=Auth.NONE, allow_users=("alice", 1001), token_file="t", tls=TlsConfig("c", "k")
    )
    assert server.is_guarded
    assert not ServerConfig().is_guarded


def test_a_job_with_every_key() -> None:
    """Each key of a job is the payload's in snake_case; the table's name is the id."""
    document = """
[job.hello]
type = "periodic"
executable = "/bin/echo"
arguments = ["hello", ""]
working_directory = "/tmp"
environment = { A = "1", "b.c" = "" }
period_in_seconds = 30
max_retry = -1
stdout_log_path = "out.log"
stderr_log_path = "/tmp/err.log"
error_log_path = "error.log"
restart_delay_seconds = 0.5
max_restart_delay_seconds = 60
healthy_after_seconds = 2.5
stop_timeout_seconds = 0
"""
    (job,) = _jobs(document, "/home/a/k1s.toml")
    assert job == JobSpec(
        id="hello",
        type=JobType.PERIODIC,
        executable="/bin/echo",
        arguments=("hello", ""),
        working_directory="/tmp",
        environment={"A": "1", "b.c": ""},
        period_in_seconds=30,
        max_retry=-1,
        stdout_log_path="out.log",
        stderr_log_path="/tmp/err.log",
        error_log_path="error.log",
        restart_delay_seconds=0.5,
        max_restart_delay_seconds=60,
        healthy_after_seconds=2.5,
        stop_timeout_seconds=0,
        origin="/home/a/k1s.toml",
    )
    assert all(key in document for key in JOB_KEYS)


def test_the_order_of_the_file() -> None:
    """Jobs come in the order of the file, beside the tables of the server."""
    document = f"{WEB.replace('web', 'z')}{WEB.replace('web', 'a')}[limits]\njobs = 2\n"
    file = parse(document.encode(), "k1s.toml")
    assert [job.id for job in file.jobs] == ["z", "a"]
    assert file.config == Config(limits=Limits(jobs=2))


@pytest.mark.parametrize("job_id", ["a.b", "a:b", "user@host", "1", "web-1", "_".join("ab")])
def test_ids_in_quotes(job_id: str) -> None:
    """An id may need quotes in TOML, and is the same as on the wire."""
    (job,) = _jobs(WEB.replace("web", f'"{job_id}"'))
    assert job.id == job_id
    assert job.origin is None


def test_other_ways_to_write_a_table() -> None:
    """What TOML takes as the same is the same."""
    inline = "job = {web = {type = 'continuous', executable = 'sleep'}}"
    dotted = "job.web.type = 'continuous'\njob.web.executable = 'sleep'"
    assert _jobs(WEB) == _jobs(inline) == _jobs(dotted)


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ("server = 5", "server wants to be a table, [server], got 5"),
        ("server = [1]", "server wants to be a table, [server], got a list"),
        ("[[server]]", "server wants to be a table, [server], got a list"),
        ("[sever]", "it has no table [sever]: did you mean server?"),
        ("[zzz]", "it has no table [zzz]: use server, limits, logs, job"),
        ("port = 1", "it has no key 'port' outside of a table: put it below [server]"),
        ("backups = 1", "it has no key 'backups' outside of a table: put it below [logs]"),
        ("type = ''", "it has no key 'type' outside of a table: put it below [job.NAME]"),
        ("zzz = 1", "it has no key 'zzz' outside of a table: use server, limits, logs, job"),
        ("[server]\nprot = 1", "server has no key 'prot': did you mean port?"),
        ("[server]\nport = '1'", "server.port wants a whole number, got '1'"),
        ("[server]\nport = true", "server.port wants a whole number, got true"),
        ("[server]\nport = 1.0", "server.port wants a whole number, got 1.0"),
        ("[server]\nport = nan", "server.port wants a whole number, got nan"),
        ("[server]\nport = -1", "server.port wants a whole number from 0 to 65535, got -1"),
        ("[server]\nport = 65536", "server.port wants a whole number from 0 to 65535, got 65536"),
        ("[server]\nhost = 1", "server.host wants text, got 1"),
        ("[server]\nhost = ''", "server.host wants a host name or an address, got an empty text"),
        ("[server]\ntcp = 0", "server.tcp wants true or false, got 0"),
        ("[server]\nsocket = ''", "server.socket wants a path, got ''"),
        ("[server]\nauth = 'x'", 'server.auth wants "user" or "none", got \'x\''),
        ("[server]\nallow_users = 'a'", "server.allow_users wants a list of users, got 'a'"),
        (
            "[server]\nallow_users = ['a', true]",
            "server.allow_users[1] wants a user's name or number, got true",
        ),
        (
            "[server]\nallow_users = ['a', -1]",
            "server.allow_users[1] wants a user's number from 0 to 4294967294, got -1",
        ),
        ("[server.tls]\nkey = 'k'", "server.tls.certificate is missing"),
        ("[logs]\nmax_bytes = 1", f"{LOG_BYTES}, got 1"),
        ("[logs]\nmax_bytes = 100", f"{LOG_BYTES}, got 100"),
        ("[logs]\nmax_bytes = '5'", "logs.max_bytes wants a whole number, got '5'"),
        ("[logs]\nmax_bytes = 65535", f"{LOG_BYTES}, got 65535"),
        ("[logs]\nmax_bytes = -1", f"{LOG_BYTES}, got -1"),
        ("[logs]\nmax_bytes = 1125899906842625", f"{LOG_BYTES}, got 1125899906842625"),
        ("[logs]\nbackups = -1", "logs.backups wants a whole number from 0 to 100, got -1"),
        ("[logs]\nbackups = 101", "logs.backups wants a whole number from 0 to 100, got 101"),
        ("[logs]\nbackups = true", "logs.backups wants a whole number, got true"),
        ("[logs]\nmax_size = 5", "logs has no key 'max_size'"),
    ],
)
def test_mistakes_in_the_configuration(document: str, text: str) -> None:
    """A mistake is one line that names the file, the key and what is wanted."""
    assert _refused(document) == text


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ("[jobs.x]", "it has no table [jobs]: did you mean [job.NAME]?"),
        ("[Job.x]", "it has no table [Job]: did you mean [job.NAME]?"),
        ("[[jobs]]", "it has no table [jobs]: did you mean [job.NAME]?"),
        ("job = 5", "job wants to be a table, [job.NAME], got 5"),
        ("[[job]]\nid = 'x'", "[[job]] names no job: write [job.NAME] above each of them"),
        (
            "[job]\nexecutable = 'x'",
            "job.executable belongs to no job: write [job.NAME] above it, not [job]",
        ),
        ("[job]\nid = 'x'", "job.id belongs to no job: write [job.NAME] above it, not [job]"),
        ("[job]\nx = 'y'", "job.x wants to be a table, [job.x], got 'y'"),
        ("[[job.x]]", "job.x wants to be a table, [job.x], got a list"),
    ],
)
def test_tables_that_hold_no_jobs(document: str, text: str) -> None:
    """Whoever names the tables otherwise is told how."""
    assert _refused(document) == text


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("maxretry = 5", "has no key 'maxretry': did you mean max_retry?"),
        ("maxRetry = 5", "has no key 'maxRetry': did you mean max_retry?"),
        ("max-retry = 5", "has no key 'max-retry': did you mean max_retry?"),
        ("'Max Retry' = 5", "has no key 'Max Retry': did you mean max_retry?"),
        ("stdoutLogPath = 'x'", "has no key 'stdoutLogPath': did you mean stdout_log_path?"),
        ("args = []", "has no key 'args': did you mean arguments?"),
        ("cwd = '/'", "has no key 'cwd': did you mean working_directory?"),
        ("every = 5", "has no key 'every': did you mean period_in_seconds?"),
        ("env = {A = '1'}", "has no key 'env': did you mean environment?"),
        ("[job.web.enviroment]", "has no key 'enviroment': did you mean environment?"),
        ("zzz = 5", f"has no key 'zzz': use {', '.join(JOB_KEYS)}"),
        ("id = 'x'", "has no key 'id': the name of the table is the id, as in [job.x]"),
        ("id = 'x.y'", "has no key 'id': the name of the table is the id, as in [job.\"x.y\"]"),
        ("origin = '/x'", "has no key 'origin': the origin of a job is its file, leave it out"),
        (
            "[job.web.api]\ntype = 'x'",
            "has no key 'api': a name with a dot needs quotes, as in [job.\"web.api\"]",
        ),
    ],
)
def test_keys_that_are_none(line: str, text: str) -> None:
    """An unknown key is refused by name, with what it may have been meant to be."""
    assert _refused(f"{WEB}{line}\n") == f"job.web {text}"


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ("executable = 'x'", "type is missing: use one-time, periodic or continuous"),
        ("type = 'one-time'", "executable is missing"),
        (
            "type = 'continous'\nexecutable = 'x'",
            f"type wants {TYPES}, got 'continous': did you mean continuous?",
        ),
        (
            "type = 'one_time'\nexecutable = 'x'",
            f"type wants {TYPES}, got 'one_time': did you mean one-time?",
        ),
        (
            "type = 'OneTime'\nexecutable = 'x'",
            f"type wants {TYPES}, got 'OneTime': did you mean one-time?",
        ),
        (
            "type = 'service'\nexecutable = 'x'",
            f"type wants {TYPES}, got 'service'",
        ),
        ("type = 5\nexecutable = 'x'", "type wants text, got 5"),
        (
            "type = 'periodic'\nexecutable = 'x'",
            "period_in_seconds wants a number from 0.1 to 1e9 in a periodic job, got nothing",
        ),
        (
            "type = 'continuous'\nexecutable = 'x'\nperiod_in_seconds = 5",
            "period_in_seconds wants a periodic job, got a continuous one: leave it out",
        ),
        (
            "type = 'continuous'\nexecutable = 'x'\nmax_restart_delay_seconds = 0",
            "max_restart_delay_seconds wants at least the restart delay (0.1), got 0",
        ),
        (
            "type = 'one-time'\nexecutable = 'x'\nmax_retry = '3'",
            "max_retry wants a whole number, got '3'",
        ),
        (
            "type = 'one-time'\nexecutable = 'x'\nstop_timeout_seconds = nan",
            "stop_timeout_seconds wants a number from 0 to 1e9, got nan",
        ),
        (
            "type = 'one-time'\nexecutable = 'x'\narguments = 'a b'",
            "arguments wants a list of texts, got 'a b'",
        ),
        (
            "type = 'one-time'\nexecutable = 'x'\narguments = [1000]",
            "arguments[0] wants text, got 1000",
        ),
        (
            "type = 'one-time'\nexecutable = 'x'\nenvironment.PORT = 8080",
            "environment.PORT wants text, got something else",
        ),
        (
            "type = 'one-time'\nexecutable = 'x'\n[job.web.environment]\nmax_retry = 3",
            f"environment.max_retry wants text, got something else: {ABOVE}",
        ),
        (
            "type = 'one-time'\nexecutable = 'x'\nenvironment = ['A=1']",
            "environment wants an object of texts, got a list",
        ),
    ],
)
def test_values_that_do_not_fit(lines: str, text: str) -> None:
    """A value is refused with file, table, key, what is wanted and what is there."""
    assert _refused(f"[job.web]\n{lines}\n") == f"job.web.{text}"


@pytest.mark.parametrize("job_id", ["my job", "", "-a", "é", "a" * 129])
def test_names_that_are_no_ids(job_id: str) -> None:
    """A name that no client could use for a job names none in a file."""
    text = _refused(WEB.replace("web", f'"{job_id}"'))
    assert text.startswith('job."' if job_id not in ("-a", "a" * 129) else "job.")
    assert f" names a job, and a name wants {ID_RULE}, got " in text


def test_a_job_in_quotes_is_blamed_in_quotes() -> None:
    """The file's own spelling leads to the mistake."""
    for text in _complaints('[job."web.1"]\nexecutable = 5'):
        assert text.startswith('job."web.1".')
    assert _refused('[job."web.1"]\nexecutable = 5\ntype = "one-time"') == (
        'job."web.1".executable wants text, got 5'
    )


def test_a_secret_is_not_quoted() -> None:
    """No error shows the value of a variable."""
    for value in ("5", "'hush\\u0000'", '"hush\\u0000"', "['hush']"):
        assert "hush" not in _refused(f"{WEB}environment = {{ A = {value}, B = 7 }}")


@pytest.mark.parametrize(
    ("limits", "job", "text"),
    [
        ("arguments = 1", "arguments = ['a', 'b']", "arguments has 2 items"),
        ("argument_bytes = 3", "arguments = ['abc']", "arguments has 4 bytes"),
        ("environment_variables = 0", "environment.A = 'b'", "environment has 1 variables"),
        ("environment_bytes = 3", "environment.A = 'b'", "environment has 4 bytes"),
    ],
)
def test_limits_hold_for_the_jobs_of_the_file(limits: str, job: str, text: str) -> None:
    """A job in a file may not be larger than one on the wire."""
    most = limits.rpartition(" ")[2]
    document = f"[limits]\n{limits}\n{WEB}{job}\n"
    assert _refused(document) == f"job.web.{text}, and this server takes at most {most}"
    assert parse(document.replace(limits, "").encode(), "k1s.toml").jobs


def test_too_many_jobs() -> None:
    """A file has no more jobs than its server may have."""
    document = f"[limits]\njobs = 1\n{WEB}"
    assert parse(document.encode(), "k1s.toml").jobs
    assert _refused(document + WEB.replace("web", "b")) == "it has 2 jobs, and limits.jobs is 1"


def test_the_size_of_a_file() -> None:
    """A file that is too long is refused before it is read."""
    comment = b"#" * (FILE_BYTES_MAX - 1) + b"\n"
    assert parse(comment, "k1s.toml") == JobsFile()
    assert _refused(comment + b"\n") == (
        f"it is longer than {FILE_BYTES_MAX} bytes: divide it into several files"
    )


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ("[server", "this is not TOML: Expected ']' at the end of a table declaration (line 1, "),
        ("[server]\nport =", "this is not TOML: Invalid value (line 2, column 7)"),
        ("server =\n5", "this is not TOML: Invalid value (line 1, column 9)"),
        (
            "[server]\nport = 1\nport = 2",
            "this is not TOML: Cannot overwrite a value (line 3, column 9): port stands",
        ),
        (
            f"{WEB}x = foo",
            "this is not TOML: Invalid value (line 4, column 5): a text needs quotes",
        ),
        ("{}", "this is not TOML: "),
        (b"# \xff", "byte 3 is not UTF-8: save it as UTF-8"),
        (b"\xef\xbb\xbf# \xff", "byte 6 is not UTF-8: save it as UTF-8"),
        (b"a = " + b"[" * 5000, "it is nested too deeply"),
        (
            f"{WEB}[job.web]\n",
            "[job.web] stands there twice (line 4, column 9): give one of them another name",
        ),
        (
            "\n[job.web:1]",
            f"this is not TOML: Expected ']' at the end of a table declaration {COLON}",
        ),
    ],
)
def test_what_is_no_toml(document: str | bytes, text: str) -> None:
    """A document that cannot be read is one line too, with the line where that is known."""
    assert _refused(document).startswith(text)


def test_a_byte_order_mark_is_no_mistake() -> None:
    """Some editors write one, and nobody sees it."""
    assert parse(b"\xef\xbb\xbf[server]\nport = 1", "it.toml").config.server.port == 1


def test_a_list_outside_of_a_table_is_a_key() -> None:
    """Only a list of tables is written as tables are."""
    assert _refused("include = ['a.toml']").startswith("it has no key 'include' outside of a table")
    assert _refused("[[jobs]]\na = 1").startswith("it has no table [jobs]")


@pytest.mark.parametrize("number", ["9" * 5000, "0x" + "f" * 5000])
def test_numbers_without_end(number: str) -> None:
    """A number of thousands of digits is a mistake like any other, and no traceback."""
    assert _refused(f"[server]\nport = {number}")


@pytest.mark.parametrize("number", ["9" * 401, "0x" + "f" * 3000])
@pytest.mark.parametrize(
    "key", ["restart_delay_seconds", "max_retry", "stop_timeout_seconds", "type", "id", "period"]
)
def test_keys_of_jobs_with_numbers_without_end(key: str, number: str) -> None:
    """The same holds for every key of a job, known or not."""
    job = {"type": "'continuous'", "executable": "'x'", key: number}
    lines = "\n".join(f"{name} = {value}" for name, value in job.items())
    assert key in _refused(f"[job.a]\n{lines}\n")


WORDS = st.sampled_from(
    [
        *("[job.a]", "[job]", "[server]", "[[job]]", "port", "type", "executable", "=", "'x'", "5"),
        *("\n", "environment", ".", "{", "}", "[", "]", ",", "'continuous'", "id", '"a.b"', "job"),
    ]
)


@given(
    st.binary(max_size=60)
    | st.text(max_size=60).map(str.encode)
    | st.lists(WORDS, max_size=20).map(lambda words: " ".join(words).encode())
)
def test_any_bytes(document: bytes) -> None:
    """Any bytes are a jobs file or a `ConfigError`, each line a mistake in the file."""
    try:
        file = parse(document, "k1s.toml")
    except ConfigError as error:
        text = str(error)
    else:
        assert isinstance(file, JobsFile)
        return
    assert all(line.startswith(("k1s.toml: ", "and ")) for line in text.split("\n"))


def test_all_mistakes_are_told_with_their_lines() -> None:
    """In the order of the file, whatever is wrong."""
    document = """
[job.web]
type = "continous"
exec = "sleep"
max_retry = -2
stop_timeout_seconds = "10"
environment = { A = "1", B = 2 }

[job."a.b"]
type = "one-time"

[job.good]
type = "one-time"
executable = "true"

[job.late]
type = "continuous"
executable = "true"
max_restart_delay_seconds = 0.05

[server]
prot = 1
host = ""

[sever]
"""
    assert _complaints(document) == [
        f"job.web.type wants {TYPES}, got 'continous': did you mean continuous? (line 3)",
        "job.web has no key 'exec': did you mean executable? (line 4)",
        "job.web.max_retry wants a number from -1 to 1e9, got -2 (line 5)",
        "job.web.stop_timeout_seconds wants a number, got '10': write 10 (line 6)",
        "job.web.environment.B wants text, got something else (line 7)",
        'job."a.b".executable is missing (line 9)',
        f"job.late.max_restart_delay_seconds {PAUSE} (line 19)",
        "server has no key 'prot': did you mean port? (line 22)",
        "server.host wants a host name or an address, got an empty text (line 23)",
        "it has no table [sever]: did you mean server? (line 25)",
    ]


@pytest.mark.parametrize("key", [key for key in JOB_KEYS if key.endswith("_seconds")])
@given(seconds=st.integers(1000, 3_600_000).map(lambda thousandths: thousandths / 1000))
def test_the_number_to_write_is_taken(key: str, seconds: float) -> None:
    """Who writes a time with its unit is told a number that says the same, and can stand there."""
    rest = {"period_in_seconds": "1", "max_restart_delay_seconds": "9999"}

    def document(value: str) -> str:
        lines = "".join(f"{name} = {text}\n" for name, text in {**rest, key: value}.items())
        return f"[job.web]\ntype = 'periodic'\nexecutable = 'x'\n{lines}"

    number = _refused(document(f"'{seconds * 1000:.0f}ms'")).partition(": write ")[2]
    assert getattr(_jobs(document(number))[0], key) == seconds


def test_other_tables_have_times_too() -> None:
    """All keys in seconds have this mistake in common."""
    assert _refused("[limits]\nline_deadline_seconds = '30s'") == (
        "limits.line_deadline_seconds wants a number, got '30s': write 30"
    )


@pytest.mark.parametrize("value", ["'soon'", "''", "'10ms'", "'1e9 d'", "['5min']", "true"])
def test_what_is_no_time_that_can_stand_there_has_no_number(value: str) -> None:
    """Nobody is told to write what would be refused."""
    head = "[job.a]\ntype = 'periodic'\nexecutable = 'x'\n"
    text = _refused(f"{head}period_in_seconds = {value}\n")
    assert text.startswith("job.a.period_in_seconds wants a number, got ")
    assert "write" not in text


def test_a_variable_is_no_time() -> None:
    """However much a key with a dot looks like one of the variables."""
    lines = "environment = { x_seconds = 5 }\n'environment.x_seconds' = '5min'\n"
    with pytest.raises(ConfigError, match=r"environment\.x_seconds wants text"):
        parse(f"{WEB}{lines}".encode(), "k1s.toml")


@pytest.mark.parametrize(
    ("more", "last"),
    [(0, None), (1, "and 1 more mistake"), (7, "and 7 more mistakes")],
)
def test_of_many_mistakes_the_first_are_told(more: int, last: str | None) -> None:
    """Nobody reads a thousand sentences."""
    count = MISTAKES_MAX + more
    texts = _complaints("".join(f"[job.j{number}]\ntype='one-time'\n" for number in range(count)))
    assert len(texts) == MISTAKES_MAX + (last is not None)
    assert texts[9] == "job.j9.executable is missing (line 19)"
    assert last is None or texts[-1] == last


def test_no_mistake_follows_from_another() -> None:
    """A limit that is wrong blames no job; what stands there by another name is not missing."""
    (text,) = _complaints(f"{WEB}arguments = ['a', 'b']\n[limits]\narguments = 1\njbos = 1\n")
    assert text.startswith("limits has no key 'jbos'")
    (text,) = _complaints("[job.web]\ntpye = 'one-time'\nexecutable = 'x'\n")
    assert text == "job.web has no key 'tpye': did you mean type? (line 2)"
