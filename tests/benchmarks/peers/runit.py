"""runit: `runsvdir`, from the system's packages. One `runsv` for each job, at most 1,000."""

from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from signal import SIGHUP

from apparatus.processes import running
from attrs import frozen

from . import scanned
from .peer import Daemon, PeerJob, Running

_LOGGER = "svlogd ./main"
# In supervise/status: when it last changed, the process id, what is wanted, and how it is.
_STATE_AT = 19
_DOWN = 0


@frozen
class Runit:
    """Installed on the PATH."""

    name: str = "runit"
    jobs_max: int = 1000
    answers: bool = False

    @contextmanager
    def running(self, folder: Path, jobs: Sequence[PeerJob]) -> Running:
        """In the foreground; SIGHUP has it end its services."""
        services = folder / "services"
        scanned.lay_out(services, jobs, _LOGGER)
        with running(["runsvdir", "-P", str(services)], folder, signal=SIGHUP) as process:
            before = scanned.run_once(services, jobs)
            paths = [str(services / job.name) for job in jobs]
            yield Daemon(
                pids=lambda: scanned.pids(process.pid, ("runsv", "svlogd")),
                ended=lambda: _ended(services, before),
                list_command=["sv", "status", *paths] if jobs else (),
            )


def _ended(services: Path, before: Mapping[str, bytes]) -> int:
    statuses = {name: scanned.read(services, name, "status") for name in before}
    return sum(
        status != before[name] and status[_STATE_AT] == _DOWN
        for name, status in statuses.items()
        if len(status) > _STATE_AT
    )
