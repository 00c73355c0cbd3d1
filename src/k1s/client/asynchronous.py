"""`AsyncClient`: `Client` for programs with an event loop."""

from collections.abc import Awaitable, Callable, Iterable
from signal import Signals
from typing import Any, Generic, Self, TypeVar, Unpack, overload

from k1s.client import atransport, calls
from k1s.client.address import Path, destination
from k1s.client.calls import Call, JobKeys, StateName, StreamName
from k1s.client.values import Explanation, JobInfo, LogChunk, Missed, ServerInfo, Transition
from k1s.destination import Destination
from k1s.job import JobSpec, State
from k1s.protocol import LogStream

_T = TypeVar("_T")


class AsyncStream(Generic[_T]):
    """As `Stream`, with `async with` and `async for`.

    Waiting for an item can be cancelled, by a timeout for example, and the
    stream goes on afterwards.
    """

    def __init__(self, where: Destination, prepare: Callable[[], Awaitable[Call[_T]]]) -> None:
        self._where = where
        self._prepare = prepare
        self._read: Callable[[Any], _T]
        self._lines: atransport.Stream | None = None
        self._closed = False

    async def __aenter__(self) -> Self:
        await self._open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> _T:
        await self._open()
        if self._closed or self._lines is None:
            raise StopAsyncIteration
        try:
            return self._read(await anext(self._lines))
        except Exception:
            await self.aclose()
            raise

    async def aclose(self) -> None:
        """End the stream, on the side of the server too."""
        self._closed = True
        if self._lines is not None:
            await self._lines.aclose()

    async def _open(self) -> None:
        if self._lines is None and not self._closed:
            call = await self._prepare()
            self._read = call.read
            self._lines = await atransport.stream(self._where, call.message)


class AsyncClient:
    """`Client` for programs with an event loop: the same methods, to be awaited.

    A method that is cancelled hangs up: what it has asked for may have been
    done or not.

    >>> import asyncio
    >>> async def run_two() -> list[str]:
    ...     client = AsyncClient()
    ...     for name in ("a", "b"):
    ...         await client.create_job(id=name, type="one-time", executable="true")
    ...     jobs = await asyncio.gather(client.wait_job("a"), client.wait_job("b"))
    ...     return [f"{job.id} is {job.state}" for job in jobs]
    >>> asyncio.run(run_two())
    ['a is done', 'b is done']
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

    async def get_all_jobs(self) -> list[JobInfo]:
        """As `Client.get_all_jobs`."""
        return await self._ask(calls.get_all_jobs())

    async def get_job(self, job_id: str) -> JobInfo:
        """As `Client.get_job`."""
        return await self._ask(calls.get_job(job_id))

    @overload
    async def create_job(self, job: JobSpec, /) -> JobInfo: ...
    @overload
    async def create_job(self, **keys: Unpack[JobKeys]) -> JobInfo: ...
    async def create_job(self, job: JobSpec | None = None, /, **keys: Any) -> JobInfo:  # type: ignore[misc]
        """As `Client.create_job`."""
        return await self._ask(calls.create_job(job, keys))

    async def create_jobs(self, jobs: Iterable[JobSpec | JobKeys]) -> list[JobInfo]:
        """As `Client.create_jobs`."""
        return await self._ask(calls.create_jobs(jobs))

    async def start_job(self, job_id: str) -> JobInfo:
        """As `Client.start_job`."""
        return await self._ask(calls.start_job(job_id))

    async def restart_job(self, job_id: str) -> JobInfo:
        """As `Client.restart_job`."""
        return await self._ask(calls.restart_job(job_id))

    async def kill_job(
        self, job_id: str, signal: Signals | str | None = None, *, one_time: bool = False
    ) -> None:
        """As `Client.kill_job`."""
        await self._ask(calls.kill_job(job_id, signal, one_time=one_time))

    async def signal_job(self, job_id: str, signal: Signals | str) -> None:
        """As `Client.signal_job`."""
        await self._ask(calls.signal_job(job_id, signal))

    async def delete_job(
        self, job_id: str, signal: Signals | str | None = None, *, with_logs: bool = False
    ) -> None:
        """As `Client.delete_job`."""
        await self._ask(calls.delete_job(job_id, signal, with_logs=with_logs))

    async def wait_job(
        self,
        job_id: str,
        for_: State | StateName | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 (the server keeps it)
    ) -> JobInfo:
        """As `Client.wait_job`."""
        return await self._ask(calls.wait_job(job_id, for_, timeout))

    async def explain_job(self, job_id: str) -> Explanation:
        """As `Client.explain_job`."""
        return await self._ask(calls.explain_job(job_id))

    async def get_server_info(self) -> ServerInfo:
        """As `Client.get_server_info`."""
        return await self._ask(calls.get_server_info())

    def watch_jobs(
        self, from_: int | None = None, job_ids: str | Iterable[str] | None = None
    ) -> AsyncStream[Transition | Missed]:
        """As `Client.watch_jobs`."""
        call = calls.watch_jobs(from_, job_ids)

        async def prepare() -> Call[Transition | Missed]:
            return (
                call if from_ is not None else call.after((await self.get_server_info()).sequence)
            )

        return AsyncStream(self._where, prepare)

    def get_logs(
        self,
        job_ids: str | Iterable[str],
        streams: StreamName | LogStream | Iterable[StreamName | LogStream] = "stdout",
        *,
        lines: int | None = None,
        follow: bool = False,
    ) -> AsyncStream[LogChunk]:
        """As `Client.get_logs`."""
        call = calls.get_logs(job_ids, streams, lines=lines, follow=follow)

        async def prepare() -> Call[LogChunk]:
            return call

        return AsyncStream(self._where, prepare)

    async def _ask(self, call: Call[_T]) -> _T:
        return call.read(await atransport.request(self._where, call.message))
