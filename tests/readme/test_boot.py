"""What the README gives to systemd and to cron starts the server, and stops it well."""

import configparser
import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import play
import pytest
from notified import Manager
from steps.waiting import until

FILES = play.read_files(play.README.read_text(encoding="utf-8"))
UNIT = FILES["k1s.service"]


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with k1s where pipx puts it, and a folder with a jobs file. Its path is short."""
    home = tmp_path_factory.mktemp("h").resolve()
    (home / ".local/bin").mkdir(parents=True)
    (home / ".local/bin/k1s").symlink_to(play.SCRIPTS / "k1s")
    (home / "k1s").mkdir()
    (home / "k1s/jobs.toml").write_text(FILES["jobs.toml"])
    (home / "run").mkdir()
    return home


def environment(home: Path) -> dict[str, str]:
    """As after boot, but for the port, because 4567 may be somebody's."""
    return {"HOME": str(home), "PATH": "/usr/bin:/bin", "K1S_PORT": "0"}


def of_the_system(unit: str, home: Path) -> str:
    """The unit with the changes that the README names."""
    unit = unit.replace("%h", str(home)).replace("default.target", "multi-user.target")
    return unit.replace("[Service]\n", "[Service]\nUser=root\n")


def verified(home: Path, kind: str, unit: str) -> str:
    """What systemd has against a unit."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("this machine has no systemd-analyze")
    (home / "k1s.service").write_text(unit)
    done = subprocess.run(
        ["systemd-analyze", kind, "verify", "./k1s.service"],
        cwd=home,
        env={**environment(home), "XDG_RUNTIME_DIR": str(home / "run")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


def test_systemd_has_nothing_against_the_unit(home: Path) -> None:
    """Neither as a user's nor as the system's; what is wrong would be told."""
    assert verified(home, "--user", UNIT) == ""
    assert verified(home, "--system", of_the_system(UNIT, home)) == ""
    assert "KillMod" in verified(home, "--user", UNIT.replace("KillMode", "KillMod"))


@contextmanager
def ended(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """It does not outlive its test, whatever happens."""
    try:
        yield
    finally:
        process.kill()
        process.wait()


def test_the_command_of_the_unit_is_ready_serves_and_ends_well(home: Path) -> None:
    """As systemd does it: the command in the folder, READY, SIGTERM, and success."""
    unit = configparser.RawConfigParser()
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(UNIT.replace("%h", str(home)))
    service = unit["Service"]
    assert service["Type"] == "notify"
    with Manager(f"{home}/notify") as manager:
        process = subprocess.Popen(
            shlex.split(service["ExecStart"]),
            cwd=service["WorkingDirectory"],
            env={**environment(home), "NOTIFY_SOCKET": manager.where},
            stdin=subprocess.DEVNULL,
        )
        with ended(process):
            assert manager.hear()["READY"] == "1"
            log = home / "k1s/stdout_backup.log"
            until("its job to run", lambda: log.read_text() == "saved\n")
            process.send_signal(signal.SIGTERM)
            assert manager.hear()["STOPPING"] == "1"
            assert process.wait(play.STOP_S) == 0


def test_a_mistake_in_the_file_is_not_tried_again(home: Path) -> None:
    """Its exit code is the one that the unit excepts."""
    (home / "k1s/jobs.toml").write_text("[job.web]\n")
    code = subprocess.call(
        [home / ".local/bin/k1s", "server", "-c", "jobs.toml"],
        cwd=home / "k1s",
        env=environment(home),
        stderr=subprocess.DEVNULL,
    )
    assert f"RestartPreventExitStatus={code}\n" in UNIT


def test_the_line_for_cron_starts_the_server(home: Path) -> None:
    """In cron's shell and environment; its process is the server, which stops when told to."""
    (line,) = play.read_crontab(play.README.read_text(encoding="utf-8"))
    schedule, _, command = line.partition(" ")
    assert schedule == "@reboot"
    assert "%" not in command, "it would end the line for cron"
    process = subprocess.Popen(["/bin/sh", "-c", command], cwd="/", env=environment(home))
    log = home / "k1s/server.log"
    with ended(process):
        until("it to listen", lambda: log.exists() and "is listening" in log.read_text())
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(play.STOP_S) == 0
