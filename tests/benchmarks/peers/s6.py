"""s6: `s6-svscan`, from the system's packages. One `s6-supervise` for each job."""

from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path

from apparatus.processes import running
from attrs import frozen

from . import scanned
from .peer import Daemon, PeerJob, Running

_LOGGER = "s6-log n10 s1000000 ./main"
_SPARE = 100


@frozen
class S6:
    """Installed on the PATH."""

    name: str = "s6"
    jobs_max: int = 1000
    answers: bool = False

    @contextmanager
    def running(self, folder: Path, jobs: Sequence[PeerJob]) -> Running:
        """In the foreground; SIGTERM has it end its services."""
        services = folder / "services"
        scanned.lay_out(services, jobs, _LOGGER)
        command = ["s6-svscan", "-c", str(2 * len(jobs) + _SPARE), str(services)]
        with running(command, folder) as process:
            scanned.run_once(services, jobs)
            once = [job.name for job in jobs if job.is_once]
            yield Daemon(
                pids=lambda: scanned.pids(process.pid, ("s6-supervise", "s6-log")),
                # It keeps a tally of the deaths of each service.
                ended=lambda: sum(bool(scanned.read(services, n, "death_tally")) for n in once),
            )
