"""`Client`: each method sends one request on a connection of its own and waits for the reply."""

from collections.abc import Callable, Iterable
from signal import Signals
from typing import Any, Generic, Self, TypeVar, Unpack, overload

from k1s.client import calls, transport
from k1s.client.address import Path, destination
from k1s.client.calls import Call, JobKeys, StateName, StreamName
from k1s.client.values import Explanation, JobInfo, LogChunk, Missed, ServerInfo, Transition
from k1s.destination import Destination
from k1s.job import JobSpec, State
from k1s.protocol import LogStream

_T = TypeVar("_T")


class Stream(Generic[_T]):
    """What comes on a connection that stays open: iterate over it, and close it.

    It is opened by `with`, or by the first item if there is no `with`; `with`
    closes it too. It ends when the server closes it. Raises as the methods of
    `Client` do, and `ServerGoneError` when the server dies in the middle of an
    item.
    """

    def __init__(self, where: Destination, prepare: Callable[[], Call[_T]]) -> None:
        self._where = where
        self._prepare = prepare
        self._read: Callable[[Any], _T]
        self._lines: transport.Stream | None = None
        self._closed = False

    def __enter__(self) -> Self:
        self._open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> _T:
        self._open()
        if self._closed or self._lines is None:
            raise StopIteration
        try:
            return self._read(next(self._lines))
        except Exception:
            self.close()
            raise

    def close(self) -> None:
        """End the stream, on the side of the server too."""
        self._closed = True
        if self._lines is not None:
            self._lines.close()

    def _open(self) -> None:
        if self._lines is None and not self._closed:
            call = self._prepare()
            self._read = call.read
            self._lines = transport.stream(self._where, call.message)


class Client:
    """A client of one server; safe to share between threads.

    Where the server is, is taken from the arguments, else from the variables
    K1S_HOST, K1S_PORT, K1S_SOCKET, K1S_TOKEN_FILE, K1S_TLS_CA,
    K1S_TLS_CERTIFICATE and K1S_TLS_KEY, else it is 127.0.0.1:4567. Raises
    `DestinationError` when these make no sense together; it names the variable
    that an argument stands for.

    Nothing is kept open between two calls. Each method raises `ServerGoneError`
    when no server answers, `Refused` when the server says no (`InvalidRequest`
    for a wrong value, which is noticed before anything is sent if possible),
    and `DestinationError` when a token or certificate cannot be used.

    >>> client = Client()
    >>> job = client.create_job(id="web", type="continuous", executable="sleep", arguments=["60"])
    >>> job.state
    <State.RUNNING: 'running'>
    >>> [job.id for job in client.get_all_jobs()]
    ['web']
    """

    def __init__(  # noqa: PLR0913 (the variables of the environment, one each)
        self,
        host: str | None = None,
        port: int | None = None,
        *,
        socket: Path | None = None,
        token_file: Path | None = None,
        tls_ca: Path | None = None,
        tls_certificate: Path | None = None,
        tls_key: Path | None = None,
    ) -> None:
        self._where = destination(
            host,
            port,
            socket,
            {
                "K1S_TOKEN_FILE": token_file,
                "K1S_TLS_CA": tls_ca,
                "K1S_TLS_CERTIFICATE": tls_certificate,
                "K1S_TLS_KEY": tls_key,
            },
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._where})"

    def get_all_jobs(self) -> list[JobInfo]:
        """All jobs, in the order of their creation."""
        return self._ask(calls.get_all_jobs())

    def get_job(self, job_id: str) -> JobInfo:
        """One job. Raises `JobNotFound`."""
        return self._ask(calls.get_job(job_id))

    @overload
    def create_job(self, job: JobSpec, /) -> JobInfo: ...
    @overload
    def create_job(self, **keys: Unpack[JobKeys]) -> JobInfo: ...
    def create_job(self, job: JobSpec | None = None, /, **keys: Any) -> JobInfo:  # type: ignore[misc]
        """Make a job and start it: the job, once its first start has been tried.

        It is given as a `JobSpec`, or as keyword arguments of the same names.
        Raises `JobExists`, `InvalidRequest`, `InvalidJobType`, `TooManyJobs`.
        """
        return self._ask(calls.create_job(job, keys))

    def create_jobs(self, jobs: Iterable[JobSpec | JobKeys]) -> list[JobInfo]:
        """Make at most 1000 jobs and start them, or make none; raises as `create_job` does.

        Each is a `JobSpec`, or a dict of what `create_job` takes as keyword arguments.
        """
        return self._ask(calls.create_jobs(jobs))

    def start_job(self, job_id: str) -> JobInfo:
        """Run a job now, with a fresh budget of failures; one that runs is left alone.

        The job, once its start has been tried. Raises `JobNotFound`, `BeingKilled`.
        """
        return self._ask(calls.start_job(job_id))

    def restart_job(self, job_id: str) -> JobInfo:
        """Stop a job if it runs, and run it again: the job, once that has been tried.

        Raises `JobNotFound`, and `Overtaken` when it is killed or deleted meanwhile.
        """
        return self._ask(calls.restart_job(job_id))

    def kill_job(
        self, job_id: str, signal: Signals | str | None = None, *, one_time: bool = False
    ) -> None:
        """End a continuous or periodic job for good, with SIGINT or this signal.

        A one-time job is ended only if `one_time` says that such a job is meant, too.
        Returns once the signal has been sent: `wait_job` tells when the job is
        gone. Raises `JobNotFound`, `NotKillable`, `AlreadyFinished`.
        """
        self._ask(calls.kill_job(job_id, signal, one_time=one_time))

    def signal_job(self, job_id: str, signal: Signals | str) -> None:
        """Send a signal to the main process of a job, and mean nothing else by it.

        Raises `JobNotFound`, `NotRunning`.
        """
        self._ask(calls.signal_job(job_id, signal))

    def delete_job(
        self, job_id: str, signal: Signals | str | None = None, *, with_logs: bool = False
    ) -> None:
        """End a job and forget it; returns once its processes are gone. Raises `JobNotFound`.

        It is told to end with SIGINT or this signal; one more call with SIGKILL ends the
        wait of the first. `with_logs` removes its logs and their backups, too.
        """
        self._ask(calls.delete_job(job_id, signal, with_logs=with_logs))

    def wait_job(
        self,
        job_id: str,
        for_: State | StateName | None = None,
        timeout: float | None = None,
    ) -> JobInfo:
        """Wait until a job is in a state, any final one if none is named; at once if it is.

        `timeout` is in seconds. Raises `TimedOut`, `UnreachableState`, and
        `JobNotFound`, also when the job is deleted meanwhile (unless `killed` is awaited).
        """
        return self._ask(calls.wait_job(job_id, for_, timeout))

    def explain_job(self, job_id: str) -> Explanation:
        """What has happened to a job, and what can come next. Raises `JobNotFound`."""
        return self._ask(calls.explain_job(job_id))

    def get_server_info(self) -> ServerInfo:
        """What the server is, and how many jobs it has."""
        return self._ask(calls.get_server_info())

    def watch_jobs(
        self, from_: int | None = None, job_ids: str | Iterable[str] | None = None
    ) -> Stream[Transition | Missed]:
        """Every transition of these jobs, or of all, as it happens, until the stream is closed.

        `from_` is the number of the last transition that is known already;
        without it, all that happen after the stream has been opened are told.
        Who reads too late gets `Missed` in place of what is gone. A server that
        ends or is killed ends the stream, and a new one counts from 1 again.

        >>> client = Client()
        >>> with client.watch_jobs() as changes:
        ...     job = client.create_job(id="once", type="one-time", executable="true")
        ...     for change in changes:
        ...         if isinstance(change, Transition) and change.to == "done":
        ...             break
        >>> change.job_id, change.trigger.value, change.exit_code
        ('once', 'succeed', 0)
        """
        call = calls.watch_jobs(from_, job_ids)

        def prepare() -> Call[Transition | Missed]:
            return call if from_ is not None else call.after(self.get_server_info().sequence)

        return Stream(self._where, prepare)

    def get_logs(
        self,
        job_ids: str | Iterable[str],
        streams: StreamName | LogStream | Iterable[StreamName | LogStream] = "stdout",
        *,
        lines: int | None = None,
        follow: bool = False,
    ) -> Stream[LogChunk]:
        """What is in the logs of these jobs: the last `lines` of each, or all that is left.

        With `follow` it goes on with what is written from then on, over restarts
        and rotations, until the stream is closed or the jobs are deleted.
        """
        call = calls.get_logs(job_ids, streams, lines=lines, follow=follow)
        return Stream(self._where, lambda: call)

    def _ask(self, call: Call[_T]) -> _T:
        return call.read(transport.request(self._where, call.message))
