"""The command line, against servers that die, refuse or fall silent at any moment."""

import json
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from answering import WAIT_S, answering
from steps.server import K1S, environment

from k1s.cli.commands.run import _is_here
from k1s.client.transport import AT_ONCE
from k1s.destination import Destination

Answer = Callable[[socket.socket, threading.Event], None]

DONE = {"jobId": "it", "trigger": "succeed", "to": "done", "exitCode": 0, "signal": None}


def says(*values: object) -> Answer:
    """A server that says so, and closes the connection."""
    text = b"".join(json.dumps(value).encode() + b"\n" for value in values)
    return lambda connection, _: connection.sendall(text)


def breaks_off(connection: socket.socket, _: threading.Event) -> None:
    """A server that dies in the middle of a line."""
    connection.sendall(b'{"jobId": "it')


def falls_silent(connection: socket.socket, asked: threading.Event) -> None:
    """A server that says no more until the client hangs up."""
    asked.set()
    while connection.recv(1 << 16):
        pass


def falls_silent_after(count: int) -> Answer:
    """A server that has been asked so often before a test goes on, and says nothing."""
    waiting = threading.Semaphore(count - 1)

    def answer(connection: socket.socket, asked: threading.Event) -> None:
        if not waiting.acquire(blocking=False):
            asked.set()
        while connection.recv(1 << 16):
            pass

    return answer


def in_turn(*answers: Answer) -> Answer:
    """A server that does one after the other."""
    left = iter(answers)

    def answer(connection: socket.socket, asked: threading.Event) -> None:
        next(left)(connection, asked)

    return answer


def refuses(code: str) -> Answer:
    """A server that says no."""
    return says({"error": "No, and that is final", "code": code})


class Stand:
    """A server that does well but in what a test says, and a command that asks it."""

    def __init__(self, folder: Path, odd: Mapping[str, Answer]) -> None:
        made = {key: str(folder / key) for key in ("stdoutLogPath", "stderrLogPath")}
        self.asked = threading.Event()
        self.folder = folder
        self._answers: dict[str, Answer] = {
            "get-server-info": says({"workingDirectory": str(folder), "sequence": 0}),
            "create-job": says({**made, "errorLogPath": str(folder / "error")}),
            "watch-jobs": says(DONE),
            "get-logs": says({"jobId": "it", "stream": "stdout", "text": "out\n"}),
            "get-job-by-id": says({"id": "it"}),
            "get-all-jobs": says([]),
            "delete-job": says({"message": "Job deleted"}),
            **odd,
        }

    def answer(self, connection: socket.socket, line: bytes) -> None:
        """Do as the command of the line is done here."""
        self._answers[json.loads(line)["command"]](connection, self.asked)

    def run(
        self, *words: str, tell: signal.Signals | None = None
    ) -> subprocess.CompletedProcess[str]:
        """What a command line comes to, which gets a signal once the server is silent."""
        with answering(self.answer) as where:
            process = subprocess.Popen(
                [K1S, words[0], "-p", str(where.port), *words[1:]],
                cwd=self.folder,
                env=environment(self.folder),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            try:
                if tell is not None:
                    assert self.asked.wait(WAIT_S)
                    process.send_signal(tell)
                out, err = process.communicate(timeout=WAIT_S)
            finally:
                process.kill()
        return subprocess.CompletedProcess(words, process.returncode, out, err)


RUN = ("run", "--", "true")


@pytest.mark.parametrize("command", ["watch-jobs", "get-logs"])
def test_a_server_that_dies_in_a_line_ends_a_run_with_a_sentence(
    tmp_path: Path, command: str
) -> None:
    """Nobody is shown a traceback, whatever was being read."""
    ended = Stand(tmp_path, {command: breaks_off}).run(*RUN)
    assert ended.returncode == 3
    assert ended.stderr.count("\n") == 1
    assert "broke" in ended.stderr


def test_a_server_that_dies_in_a_line_ends_show_with_a_sentence(tmp_path: Path) -> None:
    """Nobody is shown a traceback."""
    ended = Stand(tmp_path, {"get-logs": breaks_off}).run("show", "it", "--json")
    assert ended.returncode == 3
    assert ended.stderr.count("\n") == 1
    assert "broke" in ended.stderr


def test_a_server_that_dies_in_a_line_ends_a_hint_with_a_sentence(tmp_path: Path) -> None:
    """What else a job has written is looked for when its output is empty."""
    odd = {"get-all-jobs": says([{"id": "it"}]), "get-logs": in_turn(says(), breaks_off)}
    ended = Stand(tmp_path, odd).run("logs", "it")
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.count("\n") == 1
    assert "broke" in ended.stderr


def test_show_shows_what_is_no_utf_8(tmp_path: Path) -> None:
    """A program may have a name of any bytes, and the error log names it."""
    pieces = says({"base64": "d2hhdCD/IGlz"}, {"text": " it\n"})
    ended = Stand(tmp_path, {"get-logs": pieces}).run("show", "it", "--json")
    assert json.loads(ended.stdout)[0]["errorLog"] == ["what \ufffd is it"]


@pytest.mark.parametrize("command", ["watch-jobs", "get-logs"])
def test_a_refusal_ends_a_run_with_a_sentence(tmp_path: Path, command: str) -> None:
    """Only a job that is gone already is passed over."""
    ended = Stand(tmp_path, {command: refuses("too-many-connections")}).run(*RUN)
    assert (ended.returncode, ended.stderr) == (1, "k1s: No, and that is final\n")


def test_a_job_that_is_deleted_before_its_log_was_opened_has_run(tmp_path: Path) -> None:
    """Its end is known, and there is nothing to show."""
    ended = Stand(tmp_path, {"get-logs": refuses("job-not-found")}).run(*RUN)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_a_job_that_is_deleted_before_it_has_run_is_told(tmp_path: Path) -> None:
    """It has no end that could be waited for."""
    deleted = says({"jobId": "it", "trigger": "delete", "to": None})
    ended = Stand(tmp_path, {"watch-jobs": deleted}).run(*RUN)
    assert ended.returncode == 1
    assert ended.stderr == "k1s: the job was deleted before it had run\n"


def test_a_job_that_cannot_be_cleaned_up_is_told(tmp_path: Path) -> None:
    """Whoever may find it must know."""
    ended = Stand(tmp_path, {"delete-job": refuses("too-many-connections")}).run(*RUN)
    assert ended.returncode == 0
    assert "is left behind: No, and that is final" in ended.stderr


@pytest.mark.parametrize(
    ("command", "number"), [("create-job", signal.SIGINT), ("delete-job", signal.SIGTERM)]
)
def test_a_run_can_be_stopped_while_the_server_says_nothing(
    tmp_path: Path, command: str, number: signal.Signals
) -> None:
    """Neither the order nor the clean-up holds it."""
    ended = Stand(tmp_path, {command: falls_silent}).run(*RUN, tell=number)
    assert (ended.returncode, ended.stderr) == (128 + number, "")


def test_a_run_heeds_signals_while_it_waits_for_the_last_move(tmp_path: Path) -> None:
    """All is shown, and the end of the job is still to come."""
    odd = {"watch-jobs": falls_silent, "delete-job": refuses("internal-error")}
    ended = Stand(tmp_path, odd).run(*RUN, tell=signal.SIGTERM)
    assert ended.returncode == 1
    assert ended.stderr.startswith("k1s: No, and that is final\n")


MANY = AT_ONCE + 10


@pytest.mark.parametrize(
    ("command", "silent", "words"),
    [
        ("delete", "delete-job", f"deleting {AT_ONCE}: n0, n1, "),
        ("restart", "restart-job", f"restarting {AT_ONCE}: n0, n1, "),
        ("kill", "wait-job", f"killing {MANY}: n0, n1, "),
    ],
)
def test_who_is_told_and_who_is_not(tmp_path: Path, command: str, silent: str, words: str) -> None:
    """What has not been asked for yet is not done after Ctrl-C, and nobody must believe that."""
    jobs = says([{"id": f"n{number}"} for number in range(MANY)])
    odd = {
        "get-all-jobs": jobs,
        "kill-job": says({"message": "Job is being killed"}),
        silent: falls_silent_after(AT_ONCE),
    }
    ended = Stand(tmp_path, odd).run(command, "n*", tell=signal.SIGINT)
    assert ended.returncode == 130
    assert f"k1s goes on {words}" in ended.stderr
    is_untold = "10 others have not been told" in ended.stderr
    assert is_untold is (command != "kill"), ended.stderr


@pytest.mark.parametrize("last_word", [falls_silent, breaks_off, refuses("too-many-connections")])
def test_up_can_be_stopped_while_the_server_says_nothing(tmp_path: Path, last_word: Answer) -> None:
    """The server is asked once more what is done, and may keep it to itself."""
    (tmp_path / "jobs.toml").write_text('[job.it]\ntype = "one-time"\nexecutable = "true"\n')
    odd = {"create-jobs": falls_silent, "get-all-jobs": in_turn(says([]), last_word)}
    ended = Stand(tmp_path, odd).run("up", "jobs.toml", tell=signal.SIGINT)
    assert ended.returncode == 130
    assert ended.stderr.splitlines() == [
        "k1s: stopped: the same command goes on from here",
        "  the server does not tell what is done",
    ]


@pytest.mark.parametrize(
    ("where", "is_here"),
    [
        (Destination(), True),
        (Destination("localhost"), True),
        (Destination("::1"), True),
        (Destination("myserver", socket="k1s.sock"), True),
        (Destination("192.0.2.1"), False),
        (Destination("myserver"), False),
    ],
)
def test_a_server_by_name_is_elsewhere(where: Destination, is_here: bool) -> None:
    """Only what is this machine for certain is asked to know this folder."""
    assert _is_here(where) is is_here


def test_a_host_by_name_is_no_mistake(tmp_path: Path) -> None:
    """A name that nobody knows is told in a sentence."""
    ended = Stand(tmp_path, {}).run("run", "-h", "myserver.invalid", "--", "true")
    assert ended.returncode == 3
    assert ended.stderr.startswith("k1s: no k1s server at myserver.invalid")
    assert ended.stderr.count("\n") == 1
