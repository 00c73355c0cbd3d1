"""Lets a process id be used again while a run that had it is not over, and says who was hurt.

It is process 1 of a namespace of its own, where it may say which id comes next.
Its word is the `k1s` to start. It prints one line of JSON: the id, whether the
bystander had it, and whether he is alive after all that is done to the job.

The trap: a run is not over while a helper of it lives, also when its main
process has gone and its id is free. Here the helper does not heed SIGINT and
has left the group, and the bystander leads a group with the number that was
the run's.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from steps import processes
from steps.waiting import until

import k1s

# The helper says that it ignores SIGINT before the main process can be told to go.
RUN = (
    "(trap '' INT; exec setsid sh -c 'echo $$; exec sleep 1000') & "
    "trap 'exit 1' INT; while :; do sleep 0.01; done"
)


def bystander(pid: int) -> "subprocess.Popen[bytes]":
    """A process with this id, the leader of a group and session of its own."""
    for _ in range(1000):
        Path("/proc/sys/kernel/ns_last_pid").write_text(str(pid - 1))
        process = subprocess.Popen(["sleep", "1000"], start_new_session=True)
        if process.pid == pid:
            return process
        process.kill()
        process.wait()
    raise AssertionError(f"the id {pid} was never free")


def main() -> None:
    """Try it with a server of this user, which is killed in the end."""
    server = subprocess.Popen([sys.argv[1], "server", "-p", "0"], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    port = int(server.stdout.readline().rpartition(":")[2])
    client = k1s.Client(port=port)
    job = client.create_job(
        id="it",
        type="continuous",
        executable="/bin/sh",
        arguments=["-c", RUN],
        stop_timeout_seconds=2,
    )
    helper = int(until("the helper", Path("stdout_it.log").read_text, lambda text: "\n" in text))
    assert job.pid is not None
    client.kill_job("it")
    until("the main process to go", lambda: not os.path.exists(f"/proc/{job.pid}"))
    standing = bystander(job.pid)
    is_running = client.get_job("it").state is k1s.State.RUNNING
    client.wait_job("it", "killed")
    says = {
        "pid": job.pid,
        "again": standing.pid,
        "run was not over": is_running,
        "helper ended": not os.path.exists(f"/proc/{helper}"),
        "alive after the kill": standing.poll() is None,
    }
    client.delete_job("it")
    says["alive after the deletion"] = standing.poll() is None
    server.kill()
    server.wait()
    ours = [os.getpid(), standing.pid]
    until("the guardian to go", lambda: [*filter(processes.is_alive, processes.all_pids())] == ours)
    says["alive after the end of the server"] = standing.poll() is None
    standing.kill()
    print(json.dumps(says))


if __name__ == "__main__":
    main()
