"""The library for programs on a real server, and on servers that do wrong: both clients alike."""

import asyncio
import contextlib
import doctest
import json
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType, ModuleType

import pytest
import trustme
from served import Lend, PortServer, served
from speakers import DEADLINE_S, Speaker, read_line, scripted, speaking
from steps.server import Server
from steps.wire import break_off

import k1s
from k1s import AsyncClient, Client, JobSpec, JobType, LogStream, State, Transition, Trigger
from k1s.client import asynchronous, atransport, blocking, conversation, transport
from k1s.client.conversation import gone
from k1s.destination import Destination

StartServer = Callable[[], Server]

TOKEN = "a-token-of-exactly-32-characters"
SLEEP = {"type": "continuous", "executable": "sleep", "arguments": ["1000"]}


@pytest.fixture(autouse=True)
def deadline() -> Iterator[None]:
    """A client that waits for ever fails instead."""

    def fail(_number: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"no end after {2 * DEADLINE_S} s")

    before = signal.signal(signal.SIGALRM, fail)
    signal.setitimer(signal.ITIMER_REAL, 2 * DEADLINE_S)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(params=["Client", "AsyncClient"])
def speaker(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Speaker]:
    """Makes clients, of the one kind and then of the other."""
    for name in ("HOST", "PORT", "SOCKET", "TOKEN_FILE", "TLS_CA"):
        monkeypatch.delenv(f"K1S_{name}", raising=False)
    with speaking(request.param) as make:
        yield make


@pytest.fixture(scope="module")
def began() -> datetime:
    """When the shared server had not been started yet."""
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def shared_server(
    tmp_path_factory: pytest.TempPathFactory,
    began: datetime,  # noqa: ARG001
) -> Iterator[PortServer]:
    """One server for all tests that leave it as it was."""
    home = tmp_path_factory.mktemp("library")
    with served(home, '[server]\nsocket = "k1s.sock"\n') as server:
        yield server


@pytest.fixture
def server(shared_server: PortServer) -> Iterator[PortServer]:
    """A server without a job, and without the logs of one."""
    yield shared_server
    client = Client(*shared_server.address)
    for job in client.get_all_jobs():
        client.delete_job(job.id)
    for log in shared_server.folder.glob("*.log*"):
        log.unlink()


@pytest.fixture
def client(speaker: Speaker, server: Server) -> Client:
    """A client of a server without a job."""
    return speaker(*server.address)


# A real server


def test_the_life_of_a_job(client: Client) -> None:
    """Created, looked at, restarted, killed, started, signalled, deleted."""
    made = client.create_job(  # type: ignore[typeddict-item]
        id="web", **SLEEP, max_retry=-1, restart_delay_seconds=1000
    )
    assert (made.id, made.type, made.state) == ("web", JobType.CONTINUOUS, State.RUNNING)
    assert client.get_job("web") == made
    assert client.get_all_jobs() == [made]
    again = client.restart_job("web")
    assert (again.run_count, again.state) == (2, "running")
    assert again.pid != made.pid
    assert client.start_job("web").run_count == 2
    client.kill_job("web", "TERM")
    killed = client.wait_job("web", State.KILLED, timeout=DEADLINE_S)
    assert (killed.state, killed.signal, killed.pid) == ("killed", "SIGTERM", None)
    assert client.start_job("web").state is State.RUNNING
    client.signal_job("web", signal.SIGKILL)
    assert client.wait_job("web", "restarting").failed_count == 1
    client.delete_job("web")
    assert client.get_all_jobs() == []


def test_a_job_in_types(client: Client) -> None:
    """What is given is what is shown, and times are times."""
    spec = JobSpec(
        id="it",
        type=JobType.PERIODIC,
        executable="/bin/sh",
        arguments=("-c", "exit 3"),
        working_directory="/",
        environment={"SECRET": "shh"},
        period_in_seconds=1000,
    )
    before = datetime.now(UTC)
    made = client.create_job(spec)
    assert made.arguments == ("-c", "exit 3")
    assert made.environment == {"SECRET": "shh"}
    assert "shh" not in repr(made)
    ended = client.wait_job("it", for_="pending")
    assert (ended.exit_code, ended.failed_count) == (3, 1)
    assert ended.last_error == "exited with code 3"
    second = timedelta(seconds=1)
    assert before - second < ended.created_at <= datetime.now(UTC) + second
    assert ended.next_run_at is not None
    assert ended.started_at is not None
    # The grid begins with the order, and the program a little later.
    assert abs(ended.next_run_at - ended.started_at - 1000 * second) < 100 * second


def test_many_jobs_or_none(client: Client) -> None:
    """Several are made at once, and none if one of them cannot be."""
    specs = [JobSpec(f"job-{n}", JobType.ONE_TIME, "/bin/true") for n in range(3)]
    assert [job.id for job in client.create_jobs(specs)] == ["job-0", "job-1", "job-2"]
    with pytest.raises(k1s.JobExists):
        client.create_jobs([JobSpec("new", JobType.ONE_TIME, "/bin/true"), specs[0]])
    assert [job.id for job in client.get_all_jobs()] == ["job-0", "job-1", "job-2"]


def test_refusals(client: Client) -> None:
    """What the server refuses is an exception of its own."""
    client.create_job(id="once", type="one-time", executable="/bin/true")
    assert client.wait_job("once").state is State.DONE
    with pytest.raises(k1s.JobNotFound, match=r"^Job not found$") as caught:
        client.get_job("nobody")
    assert caught.value.code == "job-not-found"
    with pytest.raises(k1s.JobExists):
        client.create_job(id="once", type="one-time", executable="/bin/true")
    with pytest.raises(k1s.NotKillable):
        client.kill_job("once")
    with pytest.raises(k1s.NotRunning):
        client.signal_job("once", "HUP")
    with pytest.raises(k1s.UnreachableState):
        client.wait_job("once", "restarting")
    client.create_job(id="web", **SLEEP)  # type: ignore[typeddict-item]
    with pytest.raises(k1s.TimedOut):
        client.wait_job("web", timeout=0.01)
    with pytest.raises(k1s.Refused):
        client.delete_job("nobody")


def test_why(client: Client) -> None:
    """The history of a job is its transitions."""
    client.create_job(id="once", type="one-time", executable="/bin/false")
    client.wait_job("once")
    explained = client.explain_job("once")
    assert explained.job.state is State.EXHAUSTED
    assert [move.trigger for move in explained.history] == ["create", "start", "fail"]
    assert explained.history[-1].reason == "exited with code 1"


def test_the_server_itself(client: Client, server: Server, began: datetime) -> None:
    """What it is, and how much it has to do."""
    client.create_job(id="web", **SLEEP)  # type: ignore[typeddict-item]
    info = client.get_server_info()
    assert (info.pid, info.version) == (server.pid, k1s.__version__)
    assert info.working_directory == str(server.folder)
    assert info.jobs[State.RUNNING] == 1
    assert info.sequence >= 2
    second = timedelta(seconds=1)
    assert began - second < info.started_at < datetime.now(UTC) + second


def test_watching_from_now_on(client: Client) -> None:
    """Once the stream is open, nothing is missed, and nothing of before is told."""
    client.create_job(id="before", type="one-time", executable="/bin/true")
    client.wait_job("before")
    with client.watch_jobs() as changes:
        client.create_job(id="once", type="one-time", executable="/bin/true")
        seen = [next(changes) for _ in range(3)]
        client.delete_job("once")
        seen.append(next(changes))
    moves = [move for move in seen if isinstance(move, Transition)]
    assert [move.job_id for move in moves] == ["once"] * 4
    assert [move.trigger for move in moves] == [
        Trigger.CREATE,
        Trigger.START,
        Trigger.SUCCEED,
        Trigger.DELETE,
    ]
    assert [(move.from_, move.to) for move in moves[:2]] == [
        (None, State.PENDING),
        (State.PENDING, State.RUNNING),
    ]
    first = moves[0].sequence
    assert [move.sequence for move in moves] == [first, first + 1, first + 2, first + 3]


def test_watching_from_a_known_transition(client: Client) -> None:
    """What has happened since is told first; other jobs are left out if some are named."""
    for job_id in ("a", "b"):
        client.create_job(id=job_id, type="one-time", executable="/bin/true")
        client.wait_job(job_id)
    changes = client.watch_jobs(0, ["b"])
    moves = [next(changes) for _ in range(3)]
    changes.close()
    assert all(isinstance(move, Transition) and move.job_id == "b" for move in moves)
    assert next(changes, None) is None


def test_reading_logs(client: Client) -> None:
    """What is there is told, of several jobs and streams at once, and then the stream ends."""
    script = r"printf 'one\ntwo\n'; printf '\377\000' >&2; exit 3"
    for job_id in ("a", "b"):
        client.create_job(
            id=job_id, type="one-time", executable="/bin/sh", arguments=["-c", script]
        )
        client.wait_job(job_id)
    chunks = list(client.get_logs(["a", "b"], ["stdout", LogStream.STDERR]))
    told = {(chunk.job_id, chunk.stream): chunk.data for chunk in chunks}
    assert told == {
        ("a", LogStream.STDOUT): b"one\ntwo\n",
        ("b", LogStream.STDOUT): b"one\ntwo\n",
        ("a", LogStream.STDERR): b"\xff\0",
        ("b", LogStream.STDERR): b"\xff\0",
    }
    assert [chunk.text for chunk in client.get_logs("a", lines=1)] == ["two\n"]
    (account,) = client.get_logs("a", "error")
    assert "exited with code 3" in account.text
    with pytest.raises(k1s.JobNotFound):
        list(client.get_logs("nobody"))


def test_following_a_log(client: Client) -> None:
    """It goes on with the next run, and ends with the job."""
    client.create_job(id="greeter", type="one-time", executable="echo", arguments=["hello"])
    client.wait_job("greeter")
    with client.get_logs("greeter", follow=True) as chunks:
        assert next(chunks).data == b"hello\n"
        client.start_job("greeter")
        assert next(chunks).data == b"hello\n"
        client.delete_job("greeter")
        assert list(chunks) == []


def test_a_wrong_value_reaches_nobody(speaker: Speaker) -> None:
    """It is refused here: there is no server at that port."""
    nobody = speaker(port=1)
    for wrong in (
        lambda: nobody.get_job(5),  # type: ignore[arg-type]
        lambda: nobody.create_job(id="!", type="one-time", executable="x"),
        lambda: nobody.kill_job("a", "NONSENSE"),
        lambda: nobody.watch_jobs(-1),
        lambda: nobody.get_logs("a", "out"),  # type: ignore[arg-type]
    ):
        with pytest.raises(k1s.InvalidRequest):
            wrong()


def test_a_server_that_is_killed(speaker: Speaker, start_server: StartServer) -> None:
    """A call that waits ends with the server, a stream as well, and the next call finds nobody."""
    server = start_server()
    client = speaker(*server.address)
    client.create_job(id="web", **SLEEP)  # type: ignore[typeddict-item]
    with client.watch_jobs() as changes, contextlib.suppress(k1s.ServerGoneError):
        threading.Timer(0.1, server.tell, ["SIGKILL"]).start()
        with pytest.raises(k1s.ServerGoneError):
            client.wait_job("web")
        assert list(changes) == []
    assert server.exit_code() == -signal.SIGKILL
    with pytest.raises(k1s.ServerGoneError, match="connection refused"):
        client.get_all_jobs()


def test_one_client_for_many_threads(server: Server) -> None:
    """Each call has a connection of its own."""
    client = Client(*server.address)
    client.create_job(id="web", **SLEEP)  # type: ignore[typeddict-item]
    seen: list[object] = []
    threads = [
        threading.Thread(target=lambda: seen.append(client.get_job("web").id)) for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE_S)
    assert seen == ["web"] * 20


def test_many_calls_at_once(server: Server) -> None:
    """Tasks of one event loop share a client."""

    async def all_at_once() -> list[State]:
        client = AsyncClient(*server.address)
        jobs = await asyncio.gather(
            *(
                client.create_job(id=f"job-{n}", type="one-time", executable="/bin/true")
                for n in range(20)
            )
        )
        ended = await asyncio.gather(*(client.wait_job(job.id) for job in jobs))
        return [job.state for job in ended]

    assert asyncio.run(all_at_once()) == [State.DONE] * 20


def test_a_wait_that_is_cancelled(server: Server) -> None:
    """The call ends at once; a stream goes on afterwards, and nothing of it is lost."""

    async def impatient() -> list[str]:
        client = AsyncClient(*server.address)
        await client.create_job(id="web", **SLEEP)  # type: ignore[typeddict-item]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await client.wait_job("web")
        async with client.watch_jobs() as changes:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await anext(changes)
            await client.kill_job("web")
            moves = [await anext(changes), await anext(changes)]
        return [move.trigger for move in moves if isinstance(move, Transition)]

    assert asyncio.run(impatient()) == ["kill", "end"]


@pytest.mark.parametrize("module", [blocking, asynchronous])
def test_the_examples_in_the_docstrings(
    server: Server, module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is shown there is what happens."""
    tests = [test for test in doctest.DocTestFinder().find(module) if test.examples]
    assert tests
    with monkeypatch.context() as environment:
        environment.setenv("K1S_PORT", str(server.address[1]))
        for test in tests:
            said: list[str] = []
            assert doctest.DocTestRunner().run(test, out=said.append).failed == 0, "".join(said)


# Where the server is


def test_nobody_there(speaker: Speaker) -> None:
    """It is said where nobody is, and what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = speaker(*taken.getsockname())
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        text = f"no k1s server at {address} (connection refused): start one with k1s server"
        for call in (nobody.get_all_jobs, lambda: next(nobody.watch_jobs())):
            with pytest.raises(k1s.ServerGoneError) as caught:
                call()
            assert str(caught.value) == text


def test_a_name_that_is_none(speaker: Speaker) -> None:
    """A host that cannot be found is no server either."""
    for host in ("no.such.host.invalid", "a" * 70, ".", "\0"):
        with pytest.raises(k1s.ServerGoneError):
            speaker(host).get_all_jobs()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with those of an authority, of another one, of a server and of a client."""
    folder = tmp_path_factory.mktemp("certificates")
    authority, other = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    other.cert_pem.write_to_path(folder / "other.pem")
    for name, host in (("server", "127.0.0.1"), ("client", "client@example.org")):
        pem = authority.issue_cert(host).private_key_and_cert_chain_pem
        pem.write_to_path(folder / f"{name}.pem")
    return folder


@pytest.mark.parametrize(
    "path",
    [".", "/dev/null", "x" * 300, "a\0b", "\ud800"],
    ids=["folder", "device", "long", "NUL", "surrogate"],
)
@pytest.mark.parametrize("name", ["socket", "token_file", "tls_ca", "tls_certificate", "tls_key"])
def test_a_file_that_is_none(
    speaker: Speaker, server: Server, certificates: Path, name: str, path: str
) -> None:
    """Whatever stands there instead is a `K1sError`."""
    authority, own = certificates / "ca.pem", certificates / "client.pem"
    where = () if name == "socket" else server.address
    good = {"tls_certificate": {"tls_ca": authority}, "tls_key": {"tls_ca": authority}}
    if name == "tls_key":
        good[name]["tls_certificate"] = own
    with pytest.raises(k1s.K1sError):
        speaker(*where, **{**good.get(name, {}), name: path}).get_all_jobs()


def test_a_port_that_is_none(speaker: Speaker) -> None:
    """As the command line says it."""
    with pytest.raises(k1s.DestinationError):
        speaker(port=70000)


def test_the_environment_says_where(
    speaker: Speaker, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for the command line; what is given in the program comes first."""
    with monkeypatch.context() as environment:
        environment.setenv("K1S_PORT", str(server.address[1]))
        assert speaker().get_all_jobs() == []
        with pytest.raises(k1s.ServerGoneError):
            speaker(port=1).get_all_jobs()
        environment.setenv("K1S_TLS_KEY", "key.pem")
        with pytest.raises(k1s.DestinationError, match="is of no use without K1S_TLS_CA"):
            speaker()


def test_by_a_unix_socket(speaker: Speaker, tmp_path: Path, server: PortServer) -> None:
    """A path, of whatever type."""
    path = server.socket_path
    for where in (Path(path), path):
        client = speaker(socket=where)
        assert repr(client) == f"Client({path})"
        assert client.get_all_jobs() == []
        with client.watch_jobs() as changes:
            client.create_job(id="web", **SLEEP)  # type: ignore[typeddict-item]
            assert next(changes).job_id == "web"  # type: ignore[union-attr]
            client.delete_job("web")
    with pytest.raises(k1s.ServerGoneError, match="no such file or directory"):
        speaker(socket=tmp_path / "k1s.sock").get_all_jobs()


@pytest.mark.usefixtures("interruptions")
def test_a_full_queue_at_a_unix_socket(speaker: Speaker, tmp_path: Path) -> None:
    """A server that is too busy to meet anybody for a moment is waited for, as by TCP."""
    path = str(tmp_path / "k1s.sock")
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as first:
        listener.bind(path)
        listener.listen(0)
        first.connect(path)
        meeting = threading.Timer(0.3, _meet_two, (listener,))
        meeting.start()
        try:
            assert speaker(socket=path).get_all_jobs() == []
        finally:
            meeting.join()


@pytest.fixture(params=["in peace", "interrupted"])
def interruptions(request: pytest.FixtureRequest) -> Iterator[None]:
    """None, or signals all the time, which are handled by doing nothing."""
    if request.param == "in peace":
        yield
        return
    done = threading.Event()
    main = threading.get_ident()

    def send() -> None:
        while not done.wait(0.02):
            signal.pthread_kill(main, signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, lambda *_: None)
    sending = threading.Thread(target=send)
    sending.start()
    yield
    done.set()
    sending.join()
    signal.signal(signal.SIGUSR1, before)


def _meet_two(listener: socket.socket) -> None:
    """Say nothing to the first, and that there are no jobs to the second."""
    listener.settimeout(DEADLINE_S)
    listener.accept()[0].close()
    with listener.accept()[0] as second:
        second.settimeout(DEADLINE_S)
        read_line(second)
        second.sendall(b"[]\n")


@pytest.mark.usefixtures("impatient", "interruptions")
def test_a_queue_that_stays_full(speaker: Speaker, tmp_path: Path) -> None:
    """It is not waited for without an end."""
    path = str(tmp_path / "k1s.sock")
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as first:
        listener.bind(path)
        listener.listen(0)
        first.connect(path)
        with pytest.raises(k1s.ServerGoneError, match=r"k1s\.sock \(timed out\): start one"):
            speaker(socket=path).get_all_jobs()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients wait for a second only to be met."""
    for module in (transport, atransport):
        monkeypatch.setattr(module, "CONNECT_S", 1)


@pytest.fixture(scope="module")
def token_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("token") / "secret"
    path.touch(0o600)
    path.write_text(TOKEN)
    return path


def test_with_a_token(speaker: Speaker, tmp_path: Path, token_file: Path, lend: Lend) -> None:
    """It goes with every request; without it nothing is done."""
    with lend(f'[server]\nsocket = "k1s.sock"\ntoken_file = "{token_file}"\n') as server:
        client = speaker(*server.address, token_file=token_file)
        with client.watch_jobs() as changes:
            client.create_job(id="web", **SLEEP)  # type: ignore[typeddict-item]
            assert next(changes).job_id == "web"  # type: ignore[union-attr]
        with pytest.raises(k1s.NotAllowed):
            speaker(*server.address).delete_job("web")
        with pytest.raises(k1s.NotAllowed):
            next(speaker(*server.address).watch_jobs(0))
        with pytest.raises(k1s.DestinationError, match="cannot read the token in "):
            speaker(*server.address, token_file=tmp_path / "none").get_all_jobs()


@pytest.fixture(scope="module")
def by_tls(tmp_path_factory: pytest.TempPathFactory, certificates: Path) -> Iterator[Server]:
    """One server for all who speak TLS, or ought to: it complains of those who do not."""
    pair = f'certificate = "{certificates}/server.pem"\nkey = "{certificates}/server.pem"\n'
    config = f'[server.tls]\n{pair}client_ca = "{certificates}/ca.pem"\n'
    with served(tmp_path_factory.mktemp("tls"), config) as server:
        yield server


def test_by_tls(speaker: Speaker, by_tls: Server, certificates: Path, token_file: Path) -> None:
    """The server has to be the one that its authority vouches for, and may demand the same."""
    where, own, authority = by_tls.address, certificates / "client.pem", certificates / "ca.pem"
    pair = {"tls_certificate": own, "tls_key": own}
    client = speaker(*where, tls_ca=authority, **pair)
    assert client.get_all_jobs() == []
    with client.watch_jobs() as changes:
        client.create_job(id="web", **SLEEP)  # type: ignore[typeddict-item]
        assert next(changes).job_id == "web"  # type: ignore[union-attr]
        client.delete_job("web")
    with pytest.raises(k1s.ServerGoneError, match=r"that can be trusted .*check K1S_TLS_CA"):
        speaker(*where, tls_ca=certificates / "other.pem", **pair).get_all_jobs()
    with pytest.raises(k1s.ServerGoneError):
        speaker(*where, tls_ca=authority).get_all_jobs()
    with pytest.raises(k1s.ServerGoneError, match="it speaks TLS"):
        speaker(*where).get_all_jobs()
    with pytest.raises(k1s.DestinationError, match=r"K1S_TLS_CA .* cannot be used"):
        speaker(*where, tls_ca=token_file).get_all_jobs()


# Servers that do wrong


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", k1s.ServerGoneError),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", k1s.ServerGoneError),
        (b'[{"id": "a", "typ', k1s.ServerGoneError),
        (b"\xff\xfe\n", k1s.ServerGoneError),
        (b"[" * 100_000, k1s.ServerGoneError),
        (b"{}\n", k1s.StrangeReplyError),
        (b"[{}]\n", k1s.StrangeReplyError),
        (b'{"error": "No.", "code": "of-a-new-kind"}\n', k1s.Refused),
        (b'{"error": "No.", "code": "shutting-down"}\n', k1s.ShuttingDown),
    ],
)
def test_answers_that_are_none(speaker: Speaker, answer: bytes, error: type[Exception]) -> None:
    """Whatever comes, it is one of the exceptions of the library."""
    with scripted(lambda client: client.sendall(answer)) as address:
        for call in ("get_all_jobs", "get_server_info"):
            with pytest.raises(k1s.K1sError) as caught:
                getattr(speaker(*address), call)()
            if not answer.startswith(b"[{}]"):
                assert type(caught.value) is error
        if answer:
            with pytest.raises(k1s.K1sError):
                next(speaker(*address).watch_jobs(0))


def test_a_reply_that_is_broken_off(speaker: Speaker) -> None:
    """A reset is no reply, and comes from somebody who is there."""
    with scripted(break_off) as address, pytest.raises(k1s.ServerGoneError) as caught:
        speaker(*address).get_all_jobs()
    text = f"the connection to the k1s server at 127.0.0.1:{address[1]} broke"
    assert str(caught.value) == f"{text} (connection reset by peer)"


def test_a_server_that_goes_without_an_answer(speaker: Speaker, tmp_path: Path) -> None:
    """TLS may explain that by TCP, and never by a Unix socket."""
    text = "the k1s server at {} has gone without an answer"
    with scripted(socket.socket.close) as address:
        with pytest.raises(k1s.ServerGoneError) as caught:
            speaker(*address).get_all_jobs()
        where = f"127.0.0.1:{address[1]}"
        assert str(caught.value) == f"{text.format(where)}, or it speaks TLS: set K1S_TLS_CA then"
    path = str(tmp_path / "k1s.sock")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        meeting = threading.Thread(target=_hear_one, args=(listener,))
        meeting.start()
        with pytest.raises(k1s.ServerGoneError) as caught:
            speaker(socket=path).get_all_jobs()
        meeting.join()
    assert str(caught.value) == text.format(path)


def test_a_server_that_goes_while_somebody_waits(
    speaker: Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who speaks TLS would not have let him wait: it is not guessed at any more."""
    monkeypatch.setattr(conversation, "UNDERSTOOD_S", 0)
    with scripted(socket.socket.close) as address:
        with pytest.raises(k1s.ServerGoneError) as caught:
            speaker(*address).get_all_jobs()
        with pytest.raises(k1s.ServerGoneError) as caught_among_many:
            list(transport.request_each(Destination(*address), [{"command": "get-all-jobs"}]))
    text = f"the k1s server at 127.0.0.1:{address[1]} has gone without an answer"
    assert str(caught.value) == str(caught_among_many.value) == text


def test_a_host_that_nobody_knows() -> None:
    """A server that was started would not be found either: often the port stands in the host."""
    unknown = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    text = gone(Destination(host="127.0.0.1:80", port=4567), unknown)
    assert text.endswith("(name or service not known): check the host; the port is said apart")


def _hear_one(listener: socket.socket) -> None:
    listener.settimeout(DEADLINE_S)
    with listener.accept()[0] as client:
        client.settimeout(DEADLINE_S)
        read_line(client)


def test_a_stream_that_is_broken_off(speaker: Speaker) -> None:
    """What came whole is told, then the exception; the stream is over after it."""

    def half(client: socket.socket) -> None:
        client.sendall(b'{"missed": 1}\n{"missed": 2}\n{"mis')

    with scripted(half) as address, speaker(*address).watch_jobs(0) as changes:
        assert [next(changes), next(changes)] == [k1s.Missed(1), k1s.Missed(2)]
        with pytest.raises(k1s.ServerGoneError, match="in the middle of a line"):
            next(changes)
        assert next(changes, None) is None


def test_a_stream_that_comes_drop_by_drop(speaker: Speaker) -> None:
    """It does not matter in what pieces lines come."""

    def drip(client: socket.socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(20):
            for byte in b'{"missed": %d}\n' % number:
                client.sendall(bytes([byte]))

    with scripted(drip) as address:
        assert list(speaker(*address).watch_jobs(0)) == [k1s.Missed(n) for n in range(20)]


def test_a_flood(speaker: Speaker) -> None:
    """Many lines, and long ones, come whole and in order."""
    text = "x" * 1_000_000

    def flood(client: socket.socket) -> None:
        for number in range(5):
            chunk = {"jobId": str(number), "stream": "stdout", "text": text}
            client.sendall(json.dumps(chunk).encode() + b"\n")

    with scripted(flood) as address:
        chunks = list(speaker(*address).get_logs("a"))
    assert [chunk.job_id for chunk in chunks] == [str(number) for number in range(5)]
    assert {chunk.text for chunk in chunks} == {text}


@pytest.mark.parametrize("how", ["with", "break", "close", "mistake"])
def test_a_reader_that_has_had_enough(speaker: Speaker, how: str) -> None:
    """The connection is closed, and the server sees it, however the reader leaves."""
    seen = threading.Event()

    def watch(client: socket.socket) -> None:
        client.sendall(b'{"missed": 1}\n' + (b'{"missed": null}\n' if how == "mistake" else b""))
        assert client.recv(1) == b""
        seen.set()

    with scripted(watch) as address:
        changes = speaker(*address).watch_jobs(0)
        match how:
            case "with":
                with changes:
                    next(changes)
            case "break":
                with changes:
                    for _ in changes:
                        break
            case "close":
                next(changes)
                changes.close()
                changes.close()
            case _:
                next(changes)
                with pytest.raises(k1s.StrangeReplyError):
                    next(changes)
        assert seen.wait(DEADLINE_S)
        assert list(changes) == []


def test_a_stream_that_is_closed_before_it_begins(speaker: Speaker) -> None:
    """It is never opened."""
    changes = speaker(port=1).watch_jobs()
    changes.close()
    assert list(changes) == []
