"""The steps that all subjects share."""

import itertools
import json
import os
import re
import signal
import socket
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pace import ready_s
from pytest_bdd import given, step, then, when

from . import commands, lookup, processes, rhythm, values
from .counter import Counter
from .house import House, start_plain
from .phrases import phrase
from .server import K1S, Server
from .terminal import Stage
from .waiting import until
from .wire import connect, encode, exchange, read_all
from .world import Table, World, new_world

CONFIG = "k1s.toml"
_NUMBERS = itertools.count()
lookup.remember_definitions()


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House[Server]]:
    """Where scenarios borrow their server, unless they need one of their own."""
    house = House(lambda: tmp_path_factory.mktemp("house").resolve(), start_plain)
    yield house
    house.close()


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory, house: House[Server]) -> Iterator[World]:
    """The world of one scenario, ended and swept after it.

    Its name is short: the path of a Unix socket may have 107 bytes, and the
    scenario's own name may be most of that. pytest would go through the names of
    all others to find the next number.
    """
    home = tmp_path_factory.mktemp(f"w{next(_NUMBERS)}", numbered=False)
    yield from new_world(home.resolve(), house)


@pytest.fixture
def stage() -> Iterator[Stage]:
    """The terminal of a scenario; all on it is ended with the scenario."""
    one = Stage()
    yield one
    if hasattr(one, "terminal"):
        one.terminal.end()


# Servers


@given("a running server")
def start_a_server(world: World) -> None:
    """A server listens."""
    assert world.borrow_server().address


@given(phrase('a running server whose environment has "{name}" as "{value}"'))
def start_a_server_with(world: World, name: str, value: str) -> None:
    """A server listens whose environment has one more variable."""
    assert world.start_server(extra={name: world.fill(value)}).address


@given("a running server that was started with SIGINT, SIGQUIT, SIGHUP and SIGPIPE ignored")
def start_a_deaf_server(world: World) -> None:
    """A server listens that inherited ignored signals, as from a script with `&`."""
    deaf = "trap '' INT QUIT HUP PIPE; exec \"$@\""
    assert world.start_server("sh", "-c", deaf, "sh", K1S, "server", "-p", "0").address


@given("the configuration:")
def write_configuration(world: World, docstring: str) -> None:
    """A file holds the configuration."""
    (world.folder / CONFIG).write_text(docstring + "\n")


@given("a running server that is configured with:")
def start_a_configured_server(world: World, docstring: str) -> None:
    """A server listens that has read a configuration."""
    write_configuration(world, docstring)
    assert world.start_server(K1S, "server", "-p", "0", "-c", CONFIG).address


@when(phrase('I start "{line}"'))
def start_command(world: World, line: str) -> None:
    """A server is started by this command line."""
    world.start_server(*commands.command(world.fill(line)))


@when(phrase('I start "{line}" with the environment "{pairs}"'))
def start_with_environment(world: World, line: str, pairs: str) -> None:
    """A server is started that finds these variables."""
    extra = world.variables(pairs)
    world.start_server(*commands.command(world.fill(line)), extra=extra)


@then(phrase('it says in one line that it "{words}" and a free port'))
def says_where(world: World, words: str) -> None:
    """The one line of output names the host and a port that the system chose."""
    _, port = world.address
    assert world.server.said == f"k1s {words}{port}\n"
    assert port > 1024


@when(phrase("the server is told to stop with {name:word}"))
def tell_the_server(world: World, name: str) -> None:
    """The server gets a signal."""
    world.told_at = time.monotonic()
    world.server.tell(name)


@step("the server exits with 0")
def server_exits(world: World) -> None:
    """The server ends well."""
    assert world.server.exit_code() == 0, world.server.complained


@then("the server still answers")
def server_answers(world: World) -> None:
    """The server lists its jobs."""
    world.jobs()


@then("a client that goes there is answered")
def client_is_answered(world: World) -> None:
    """The line was true."""
    assert world.jobs() == []


@then(phrase('the server has complained in one line, of "{words}"'))
def complained_once(world: World, words: str) -> None:
    """The error output is this line."""
    assert world.server.complained.count("\n") == 1
    assert words in world.server.complained


# Programs and files


@given(phrase('a program "{name}" that {behaviour:rest}'))
def write_a_program(world: World, name: str, behaviour: str) -> None:
    """A program exists that behaves as the sentence says."""
    world.write_program(name, behaviour)


@step(phrase('the file "{name}":'))
def write_file(world: World, name: str, docstring: str) -> None:
    """The file has this text from now on."""
    (world.folder / name).write_text(world.fill(docstring) + "\n")


@given(phrase('a folder "{name}"'))
def make_a_folder(world: World, name: str) -> None:
    """A folder exists below the server's."""
    (world.folder / name).mkdir(parents=True)


@given(phrase('a link "{name}" to "{target}"'))
def make_a_link(world: World, name: str, target: str) -> None:
    """A symbolic link exists below the server's folder."""
    (world.folder / name).symlink_to(world.fill(target))


@given(phrase('a text file "{name}"'))
def make_a_text_file(world: World, name: str) -> None:
    """A file exists that is neither a folder nor a program."""
    (world.folder / name).write_text("text\n")


@step(phrase('"{program}" has been started at least {times:d} times'))
@step(phrase('"{program}" has been started at least {times:d} time'))
def started_at_least(world: World, program: str, times: int) -> None:
    """The program has noted so many starts, soon."""
    world.wait_for_starts(program, times)


@step(phrase('"{program}" has been started exactly {times:d} times'))
@step(phrase('"{program}" has been started exactly {times:d} time'))
def started_exactly(world: World, program: str, times: int) -> None:
    """The program has noted so many starts and no more."""
    assert len(world.starts(program)) == times


@then(phrase('"{program}" is started {times:d} more times'))
def started_more(world: World, program: str, times: int) -> None:
    """The program notes so many starts from now on."""
    world.wait_for_starts(program, len(world.starts(program)) + times)


@then(phrase('no process of "{program}" is left'))
def nothing_left(world: World, program: str) -> None:
    """Every process that the program noted is gone at this moment."""
    assert world.programs[program].living == []


@then(phrase('no two runs of "{program}" overlapped'))
def no_overlap(world: World, program: str) -> None:
    """Each run began after the one before it had noted its end."""
    starts, ends = world.starts(program), world.programs[program].times("ends")
    assert len(ends) >= len(starts) - 1 > 0
    assert all(ends[i] <= start for i, start in enumerate(starts[1:]))


@then(phrase('the file "{name}" holds:'))
def file_holds(world: World, name: str, docstring: str) -> None:
    """The file holds these lines and nothing else."""
    wanted = world.fill(docstring) + "\n"
    assert (world.folder / name).read_text() == wanted


@then(phrase('the file "{name}" has the line "{line}"'))
def file_has_line(world: World, name: str, line: str) -> None:
    """One of the lines of the file is this one."""
    assert line in (world.folder / name).read_text().splitlines()


@then(phrase("these files have mode {mode:word}:"))
def have_mode(world: World, mode: str, datatable: Table) -> None:
    """The bits of each are exactly these."""
    modes = {name: stat.S_IMODE((world.folder / name).stat().st_mode) for (name,) in datatable}
    assert set(modes.values()) == {int(mode, 8)}, modes


@then("there are soon no logs")
def soon_no_logs(world: World) -> None:
    """The server may have had to finish with them first."""
    until("the logs to go", lambda: list(world.folder.glob("*.log*")), lambda found: not found)


@then(phrase('there is no file "{name}"'))
def no_file(world: World, name: str) -> None:
    """There is nothing of this name."""
    assert not (world.folder / name).exists()


def error_log(world: World, job_id: str) -> list[str]:
    """The lines of a job's error log; an error log that does not exist is empty."""
    path = Path(world.job(job_id)["errorLogPath"])
    return path.read_text().splitlines() if path.exists() else []


@then(phrase('the error log of "{job_id}" is empty'))
def error_log_is_empty(world: World, job_id: str) -> None:
    """k1s has nothing to say about the job."""
    assert error_log(world, job_id) == []


@then(phrase('the error log of "{job_id}" has 1 line that ends with "{text}"'))
def error_log_has(world: World, job_id: str, text: str) -> None:
    """k1s says this once; it may say other things, too."""
    path = world.folder / f"error_{job_id}.log"
    found = [line for line in path.read_text().splitlines() if line.endswith(f" {text}")]
    assert len(found) == 1, path.read_text()


@then(phrase('the output log of "{job_id}" grows no more'))
def log_grows_no_more(world: World, job_id: str) -> None:
    """The output log has the same size after other jobs have run."""
    path = world.folder / f"stdout_{job_id}.log"
    size = path.stat().st_size
    let_another_job_run(world, 3)
    assert path.stat().st_size == size > 0


# Jobs


def create(world: World, job: dict[str, Any]) -> dict[str, Any]:
    """Ask for a job; whatever comes back is the last reply."""
    world.sent = job
    world.waited_s = ready_s(world.server.pid)
    request = {"command": "create-job", "job": job}
    world.last_reply = exchange(world.address, encode(request))
    reply: dict[str, Any] = world.last_reply.json
    if "error" not in reply:
        world.created[reply["id"]] = reply
    return reply


def new_job(world: World, type_: str, job_id: str, program: str, table: Table) -> dict[str, Any]:
    """Ask for a job that runs a program, with those keys of a table that are not null."""
    base = {"id": job_id, "type": type_, "executable": world.executable(program)}
    rest = {key: value for key, value in world.values(table).items() if value is not None}
    return create(world, {**base, **rest})


@given(phrase('a {type_:word} job "{job_id}" that runs "{program}"'))
@given(phrase('a {type_:word} job "{job_id}" that runs "{program}" with:'))
def there_is_a_job(
    world: World, type_: str, job_id: str, program: str, datatable: Table | None = None
) -> None:
    """The job exists, and its program has been started."""
    reply = new_job(world, type_, job_id, program, datatable or [])
    assert "error" not in reply, reply
    if program in world.programs:
        world.wait_for_starts(program, 1)


@when(phrase('I create a {type_:word} job "{job_id}" that runs "{program}"'))
@when(phrase('I create a {type_:word} job "{job_id}" that runs "{program}" with:'))
def create_a_job(
    world: World, type_: str, job_id: str, program: str, datatable: Table | None = None
) -> None:
    """The server is asked for a job."""
    new_job(world, type_, job_id, program, datatable or [])


@when("I create the job:")
def create_the_job(world: World, datatable: Table) -> None:
    """The server is asked for a job with these keys."""
    create(world, world.values(datatable))


@given(phrase("{count:d} one-time jobs that have {size:d} characters of arguments each"))
def big_jobs(world: World, count: int, size: int) -> None:
    """So many jobs exist that take long to list."""
    for number in range(count):
        job = {"id": f"big-{number}", "type": "one-time", "executable": "/bin/true"}
        assert "error" not in create(world, {**job, "arguments": ["x" * size]})


@step(phrase('the job "{job_id}" becomes "{state}"'))
def becomes(world: World, job_id: str, state: str) -> None:
    """The job comes into the state."""
    world.state_of(job_id, wait_for=state)


@step(phrase('the job "{job_id}" is "{state}"'))
def is_in_state(world: World, job_id: str, state: str) -> None:
    """The job is in the state at this moment."""
    job = world.job(job_id)
    assert job["state"] == state, job


@then(phrase('the job "{job_id}" shows:'))
def job_shows(world: World, job_id: str, datatable: Table) -> None:
    """The job shows these values at this moment."""
    job = world.job(job_id)
    assert not values.differences(world.pairs(datatable), job), job


@step(phrase('the job "{job_id}" soon shows:'))
def job_soon_shows(world: World, job_id: str, datatable: Table) -> None:
    """The job comes to show these values."""
    table = world.pairs(datatable)
    until(
        f"the job {job_id} to show {table}",
        lambda: values.differences(table, world.job(job_id)),
        lambda differences: not differences,
    )


@then(phrase('the job "{job_id}" is due {seconds:f} seconds after its last end'))
def due_after_end(world: World, job_id: str, seconds: float) -> None:
    """The job says when it is due, and that is so long after its last end."""
    job = world.state_of(job_id, wait_for="restarting")
    delay = values.seconds(job["nextRunAt"]) - values.seconds(job["endedAt"])
    assert -0.003 <= delay - seconds <= 0.1, job


@then(phrase('the job "{job_id}" is due {seconds:f} seconds after its first start'))
def due_after_start(world: World, job_id: str, seconds: float) -> None:
    """The job says when it is due, and that is so long after its first start."""
    assert world.job(job_id)["runCount"] == 1
    due_after_last_start(world, job_id, seconds)


@then(phrase('the job "{job_id}" is due {seconds:f} seconds after its last start'))
def due_after_last_start(world: World, job_id: str, seconds: float) -> None:
    """The job says when it is due, and that is so long after its last start."""
    job = world.job(job_id)
    delay = values.seconds(job["nextRunAt"]) - values.seconds(job["startedAt"])
    assert abs(delay - seconds) <= 0.1, job


@then(phrase('the process of the job "{job_id}" exists'))
def process_exists(world: World, job_id: str) -> None:
    """The process id that the job shows belongs to a process."""
    assert Path(f"/proc/{world.job(job_id)['pid']}").exists()


@when(phrase('I remember the job "{job_id}"'))
def remember(world: World, job_id: str) -> None:
    """What the job shows now is kept for a comparison."""
    world.remembered[job_id] = world.job(job_id)


@then(phrase('the job "{job_id}" is as I remember it'))
def is_as_remembered(world: World, job_id: str) -> None:
    """The job shows what it showed before."""
    assert world.job(job_id) == world.remembered[job_id]


def let_another_job_run(world: World, times: int) -> None:
    """A job of its own runs so often, every 0.1 seconds, and is deleted again."""
    job = {"id": "the-other", "type": "periodic", "executable": "/bin/true"}
    reply = world.ask(command="create-job", job={**job, "periodInSeconds": 0.1})
    assert "error" not in reply, reply
    what = f"another job to run {times} times"
    until(what, lambda: world.job("the-other"), lambda seen: seen["runCount"] >= times)
    assert world.ask(command="delete-job", jobId="the-other") == {"message": "Job deleted"}


@step(phrase("meanwhile another job runs {times:d} times"))
def another_job_runs(world: World, times: int) -> None:
    """Enough time goes by for another job to run so often."""
    let_another_job_run(world, times)


# Killing and deleting


def request(world: World, command: str, **keys: str) -> None:
    """Send a command; what comes back is the last reply."""
    world.last_reply = exchange(world.address, encode({"command": command, **keys}))


@step(phrase('I kill the job "{job_id}"'))
def kill(world: World, job_id: str) -> None:
    """The server is told to kill the job."""
    world.told_at = time.time()
    request(world, "kill-job", jobId=job_id)


@when(phrase('I kill the job "{job_id}" with "{name}"'))
def kill_with(world: World, job_id: str, name: str) -> None:
    """The server is told to kill the job with a signal."""
    world.told_at = time.time()
    request(world, "kill-job", jobId=job_id, signal=name)


@when(phrase('I restart the job "{job_id}"'))
def restart(world: World, job_id: str) -> None:
    """The server is told to restart the job, and answers."""
    request(world, "restart-job", jobId=job_id)


@when(phrase('I delete the job "{job_id}"'))
def delete(world: World, job_id: str) -> None:
    """The server is told to delete the job, and answers."""
    request(world, "delete-job", jobId=job_id)


@when(phrase('I ask for the job "{job_id}" to be deleted without waiting for the reply'))
def delete_without_waiting(world: World, job_id: str) -> None:
    """The server has been told to delete the job, and has begun."""
    client = connect(world.address)
    world.clients.append(client)
    world.told_at = time.time()
    client.sendall(encode({"command": "delete-job", "jobId": job_id}))


@then(phrase('one more is told "{code}"'))
def one_more_is_told(world: World, code: str) -> None:
    """Without having said anything."""
    with connect(world.address) as one_more:
        assert is_error(read_all(one_more).json, code)


@when("these clients have gone")
def clients_have_gone(world: World) -> None:
    """There is room for others, once the server has seen it."""
    for client in world.clients:
        client.close()
    until(
        "room for another one",
        lambda: exchange(world.address, encode({"command": "get-all-jobs"})).raw,
        lambda reply: reply.startswith(b"["),
    )


@then(
    phrase(
        'the deletion is answered with "{text}" at least {seconds:f} seconds after it was asked for'
    )
)
def deletion_is_answered(world: World, text: str, seconds: float) -> None:
    """The reply comes, and not earlier than that."""
    assert read_all(world.clients[-1]).json == {"message": text}
    assert time.time() - world.told_at >= seconds


@then(phrase('there is no job "{job_id}"'))
def no_job(world: World, job_id: str) -> None:
    """The server does not know the job."""
    assert world.ask(command="get-job-by-id", jobId=job_id)["code"] == "job-not-found"


@then("the list of jobs is empty")
def no_jobs(world: World) -> None:
    """The server has no job at all."""
    assert world.jobs() == []


@step(phrase('"{program}" has counted a {name:word}'))
def has_counted_one(world: World, program: str, name: str) -> None:
    """The program has noted the signal, soon."""
    assert signal.Signals[name]
    until(f"{program} to count a {name}", lambda: world.programs[program].lines("signals"))


@then(phrase('"{program}" has counted exactly {times:d} {name:word}'))
def has_counted(world: World, program: str, times: int, name: str) -> None:
    """The program has noted the signal so often."""
    assert signal.Signals[name]
    assert len(world.programs[program].lines("signals")) == times


# Asking and being answered


@when("I ask for all jobs")
def ask_for_all(world: World) -> None:
    """The server is asked for its jobs."""
    request(world, "get-all-jobs")


@when(phrase('I ask for the job "{job_id}"'))
def ask_for_one(world: World, job_id: str) -> None:
    """The server is asked for a job."""
    request(world, "get-job-by-id", jobId=job_id)


@when("I ask for the server's description")
def ask_for_info(world: World) -> None:
    """The server is asked what it is."""
    request(world, "get-server-info")


@when("I send the line:")
def send_line(world: World, docstring: str) -> None:
    """A line goes to the server as it stands."""
    world.last_reply = exchange(world.address, world.fill(docstring).encode() + b"\n")


@when(phrase("I send a line of {size:d} bytes"))
def send_long_line(world: World, size: int) -> None:
    """The line, not counting its end, is so long, and would be fine otherwise."""
    line = b'{"command": "get-all-jobs"}'
    world.last_reply = exchange(world.address, line + b" " * (size - len(line)) + b"\n")


@when(phrase('I send the bytes "{text:rest}"'))
def send_bytes(world: World, text: str) -> None:
    """Bytes go to the server, written with the escapes of C."""
    world.last_reply = exchange(world.address, escaped(text))


def escaped(text: str) -> bytes:
    """The bytes that a text with escapes stands for."""
    return text.encode("latin-1").decode("unicode_escape").encode("latin-1")


@when("I send each of these lines, each is refused:")
def send_bad_lines(world: World, datatable: Table) -> None:
    """Each line is answered with its error, and the error says what it has to."""
    wrong, refusals = [], []
    for line, code, naming in datatable[1:]:
        raw = exchange(world.address, world.fill(line).encode() + b"\n")
        refusals.append(raw.json)
        if not is_error(raw.json, code, naming):
            wrong.append((line, code, naming, raw.json))
    world.remembered["refusals"] = refusals
    assert not wrong, "\n".join(map(str, wrong))


def is_error(reply: Any, code: str, naming: str = "") -> bool:
    """Whether a reply is an error of this code, with one sentence that has these words."""
    if not isinstance(reply, dict) or reply.keys() != {"error", "code"}:
        return False
    sentence = reply["error"]
    is_sentence = isinstance(sentence, str) and sentence.strip() != "" and "\n" not in sentence
    return is_sentence and naming in sentence and bool(reply["code"] == code)


@then(phrase('the reply is the line "{line:rest}"'))
def reply_is_line(world: World, line: str) -> None:
    """The reply says this, whatever its blanks."""
    assert values.same(json.loads(line), world.reply.json), world.reply


@then("the reply shows:")
def reply_shows(world: World, datatable: Table) -> None:
    """The reply is an object that shows these values."""
    reply = world.reply.json
    assert not values.differences(world.pairs(datatable), reply), reply


@then(phrase('the reply is the message "{text}"'))
def reply_is_message(world: World, text: str) -> None:
    """The reply is a message and nothing else."""
    assert world.reply.json == {"message": text}


@then(phrase('the reply is the error "{code}" in a sentence'))
def reply_is_error(world: World, code: str) -> None:
    """The reply is this error, with a sentence."""
    assert is_error(world.reply.json, code), world.reply


@then(phrase('the reply is the error "{code}" naming "{naming}"'))
def reply_is_error_naming(world: World, code: str, naming: str) -> None:
    """The reply is this error, and its sentence has these words."""
    assert is_error(world.reply.json, code, naming), world.reply


@then(phrase('the reply is the error "{code}" saying "{sentence}"'))
def reply_is_error_saying(world: World, code: str, sentence: str) -> None:
    """The reply is this error, word for word."""
    assert world.reply.json == {"error": sentence, "code": code}


@then("the reply lists the jobs:")
def reply_lists(world: World, datatable: Table) -> None:
    """The reply lists these jobs, in this order."""
    assert [job["id"] for job in world.reply.json] == [row[0] for row in datatable]


@then("the server has closed the connection")
def connection_is_closed(world: World) -> None:
    """The reply was read up to the end of the connection."""
    assert world.reply.raw


@given(phrase("{count:d} clients that have connected and say nothing"))
def silent_clients(world: World, count: int) -> None:
    """So many connections are open and known to the server."""
    world.clients += [connect(world.address) for _ in range(count)]
    world.jobs()


@given("a port that nobody listens on")
def reserve_unused_port(world: World) -> None:
    """A port is taken, so that nobody else gets it, but nobody listens."""
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    world.clients.append(taken)
    world.ports["UNUSED_PORT"] = taken.getsockname()[1]


@given("somebody between me and the server who counts what it is asked")
def start_counting(world: World) -> None:
    """Commands may go to COUNTER_PORT instead of PORT."""
    world.counter = Counter(world.address)
    world.ports["COUNTER_PORT"] = world.counter.port


def counted(world: World) -> list[str]:
    """The commands that the server has been asked for, one after the other."""
    assert world.counter is not None
    return world.counter.asked


@when(phrase('the server has been asked to "{command}"'))
def has_been_asked(world: World, command: str) -> None:
    """The question comes, soon."""
    until(f"it to {command}", lambda: command in counted(world))


@then(phrase('the server has been asked to "{command}" once, and for nothing since'))
def has_been_asked_once(world: World, command: str) -> None:
    """That was the last question, too."""
    asked = counted(world)
    assert (asked.count(command), asked[-1]) == (1, command), asked


# Rhythm


@then(phrase('the pauses between the runs of "{program}" were at least:'))
def pauses_were(world: World, program: str, datatable: Table) -> None:
    """Each pause was as long as its row says."""
    wanted = [float(row[0].removesuffix(" seconds")) for row in datatable]
    seen = rhythm.pauses(world, program, len(wanted))
    assert all(pause >= least for pause, least in zip(seen, wanted, strict=True)), seen


@then(
    phrase(
        'run number {number:d} of "{program}" began at least {seconds:f} seconds'
        ' after the first start of "{job_id}"'
    )
)
def run_began(world: World, number: int, program: str, seconds: float, job_id: str) -> None:
    """The run was not early."""
    began = world.wait_for_starts(program, number)[number - 1]
    passed = began - rhythm.first_start(world, job_id)
    assert passed >= seconds - rhythm.STAMP_S, passed


@then(
    phrase('the next tick of "{job_id}" lies a whole number of {period:f} seconds after the first')
)
def tick_on_grid(world: World, job_id: str, period: float) -> None:
    """The rhythm has not drifted by more than the milliseconds of the replies."""
    assert rhythm.off_the_grid(world, job_id, period) <= 0.005


@then(phrase('no run of "{job_id}" began more than {seconds:f} seconds late'))
def runs_were_punctual(world: World, job_id: str, seconds: float) -> None:
    """The server is excused for as long as no processor was free for it."""
    late = rhythm.lateness(world, job_id)
    excused = ready_s(world.server.pid) - world.waited_s
    assert late, "there was one run only"
    assert max(late) <= seconds + excused, (late, excused)


@then(phrase("the server has never used more than {size:d} MB of memory"))
def memory_is_small(world: World, size: int) -> None:
    """The peak of the server's memory is below this."""
    peak_kb = processes.kilobytes(world.server.pid, "VmHWM")
    assert peak_kb < size * 1000, peak_kb


@then(phrase("the server has not grown by more than {size:d} MB meanwhile"))
def memory_has_not_grown(world: World, size: int) -> None:
    """The peak of the server's memory since it was looked at is not much above it."""
    grown_kb = processes.kilobytes(world.server.pid, "VmHWM") - world.memory_kb
    assert grown_kb < size * 1000, grown_kb


# Commands


@when(phrase('I run "{line}" with the environment "{pairs}"'))
def run_with_variables(world: World, line: str, pairs: str) -> None:
    """A command line runs that finds these variables."""
    world.last_run = commands.run(world.fill(line), world.folder, world.variables(pairs))


@when(phrase('I run "{line}"'))
def run_command(world: World, line: str) -> None:
    """A command line runs in the folder, to its end."""
    world.last_run = commands.run(world.fill(line), world.folder)


@when(phrase('I run "{line}" on a terminal'))
def run_on_terminal(world: World, line: str) -> None:
    """A command line runs with a terminal as its output."""
    world.last_run = commands.run_on_terminal(world.fill(line), world.folder)


@when(phrase('I run "{line}" on a terminal of {columns:d} columns with NO_COLOR as "{value}"'))
def run_without_colour(world: World, line: str, columns: int, value: str) -> None:
    """A command line runs on a terminal whose owner wants no colours."""
    extra = {"NO_COLOR": value}
    world.last_run = commands.run_on_terminal(world.fill(line), world.folder, columns, extra)


@when(phrase('I run "{line}" in the folder "{folder}"'))
def run_in_folder(world: World, line: str, folder: str) -> None:
    """A command line runs in another folder than the server's."""
    world.last_run = commands.run(world.fill(line), world.folder / folder)


@when(phrase('I run "{line}" and press Ctrl-C when it shows "{text}"'))
def run_and_interrupt(world: World, line: str, text: str) -> None:
    """A command line runs until it has said this on its terminal, and gets a SIGINT then."""
    world.last_run = commands.run_and_interrupt(world.fill(line), world.folder, text)


@when(
    phrase('I run "{line}" and press Ctrl-C when it shows "{text}", and when it shows "{another}"')
)
def run_and_interrupt_twice(world: World, line: str, text: str, another: str) -> None:
    """The same, with a second SIGINT."""
    world.last_run = commands.run_and_interrupt(world.fill(line), world.folder, text, another)


@then(phrase("the exit code is {code:d}"))
def exit_code_is(world: World, code: int) -> None:
    """The command ended so."""
    assert world.run.code == code, world.run


@then(phrase("the output is the numbers from {first:d} to {last:d}"))
def output_is_numbers(world: World, first: int, last: int) -> None:
    """Each number has a line, and there is nothing else."""
    assert world.run.out == values.numbers(first, last)


@then("the output is empty")
def output_is_empty(world: World) -> None:
    """Nothing went to the output."""
    assert world.run.out == ""


@then("nobody complains")
def nobody_complains(world: World) -> None:
    """Nothing went to the error output."""
    assert world.run.err == ""


@then("the complaint is one line")
def complaint_is_one_line(world: World) -> None:
    """The error output is one line by k1s."""
    assert world.run.err.startswith("k1s: "), world.run
    assert world.run.err.endswith("\n"), world.run
    assert world.run.err.count("\n") == 1, world.run


@given(phrase('the file "{name}" has {count:d} jobs that run "{program}", with one log for all'))
def many_jobs_of_one_log(world: World, name: str, count: int, program: str) -> None:
    """The same, which asks much less of the disk."""
    logs = "".join(f'{which}_log_path = "all.log"\n' for which in ("stdout", "stderr", "error"))
    many_jobs(world, name, count, program, logs)


@given(phrase('the file "{name}" has {count:d} jobs that run "{program}"'))
def many_jobs(world: World, name: str, count: int, program: str, more: str = "") -> None:
    """A file of so many one-time jobs; the first id is not the first in the alphabet."""
    world.remembered["order"] = [f"job-{number}" for number in reversed(range(count))]
    tables = [
        f'[job.{job_id}]\ntype = "one-time"\nexecutable = "{program}"\n{more}'
        for job_id in world.remembered["order"]
    ]
    (world.folder / name).write_text("\n".join(tables))


@when(phrase('I run "{line}" into the file "{name}"'))
def run_into_file(world: World, line: str, name: str) -> None:
    """A command line runs whose output is a file."""
    with (world.folder / name).open("wb") as out:
        process = commands.start(world.fill(line), world.folder, out=out.fileno())
        world.last_run = commands.finish(process)


@when(phrase('I run "{line}" with {name:word} as "{value}"'))
@when(phrase('I run "{line}" with {name:word} as "{value}" and {more:word} as "{other}"'))
def run_with(  # noqa: PLR0913, PLR0917 (two variables have four parts)
    world: World, line: str, name: str, value: str, more: str = "", other: str = ""
) -> None:
    """A command line with settings in its environment."""
    extra = {key: world.fill(text) for key, text in ((name, value), (more, other)) if key}
    world.last_run = commands.run(world.fill(line), world.folder, extra)


@then(phrase('the output has the line "{line}"'))
def output_has(world: World, line: str) -> None:
    """One of the lines is this one."""
    assert line in world.run.out.splitlines(), world.run.out


@then(phrase('the help says "{words}"'))
def help_says(world: World, words: str) -> None:
    """However the help breaks its lines, and draws boxes around them."""
    assert words in re.sub(r"[\s│]+", " ", world.run.out), world.run
    assert world.run.code == 0


@then(phrase('the complaint does not name "{words}"'))
def complaint_does_not_name(world: World, words: str) -> None:
    """The error output does not have these words."""
    assert words not in world.run.err, world.run


@then("the complaint is these lines:")
def complaint_is(world: World, docstring: str) -> None:
    """Nothing else is said, and in this order."""
    assert world.run.err == world.fill(docstring) + "\n"


@then(phrase('the complaint names "{words}"'))
def complaint_names(world: World, words: str) -> None:
    """The error output has these words."""
    assert world.fill(words) in world.run.err, world.run


@then(phrase('the output names "{words}"'))
def output_names(world: World, words: str) -> None:
    """The output has these words."""
    assert words in world.run.out, world.run


@then("the output has colours")
def output_has_colours(world: World) -> None:
    """There are escapes for colours."""
    assert "\x1b[" in world.run.out


@then("the output has no colours")
def output_has_no_colours(world: World) -> None:
    """There is no escape at all."""
    assert "\x1b" not in world.run.out


@then(phrase('the output is "{text}"'))
def output_is(world: World, text: str) -> None:
    """The output is this, to the byte."""
    assert world.run.out == world.fill(text.replace("\\n", "\n")), world.run


@then(phrase('the error output is "{text}"'))
def error_output_is(world: World, text: str) -> None:
    """The error output is this, to the byte."""
    assert world.run.err == text.replace("\\n", "\n"), world.run


@then("the output is one line of JSON")
def output_is_json_line(world: World) -> None:
    """The output is one line that is JSON."""
    assert world.run.out.count("\n") == 1
    json.loads(world.run.out)


@then("the output is one line")
def output_is_line(world: World) -> None:
    """The output is one line."""
    assert world.run.out.count("\n") == 1
    assert world.run.out.strip()


@then(phrase("the output is the JSON {text:rest}"))
def output_is_json(world: World, text: str) -> None:
    """The output is this value."""
    assert json.loads(world.run.out) == json.loads(text)


@then("the output shows:")
def output_shows(world: World, datatable: Table) -> None:
    """The output is an object that shows these values."""
    shown = json.loads(world.run.out)
    assert not values.differences(world.pairs(datatable), shown), world.run


@then("the output names each of:")
def output_names_each(world: World, datatable: Table) -> None:
    """The output has all these words."""
    missing = [row[0] for row in datatable if row[0] not in world.run.out]
    assert not missing, (missing, world.run.out)


@then("nobody is shown a traceback")
def no_traceback(world: World) -> None:
    """No page of code is on the error output."""
    assert "Traceback" not in world.run.err, world.run.err
    assert "Error" not in world.run.err, world.run.err


@when(phrase('I run "{line}" whose output nobody reads'))
def run_unread(world: World, line: str) -> None:
    """The reader has gone before the command line runs."""
    ours, theirs = os.pipe()
    os.close(ours)
    process = commands.start(world.fill(line), world.folder, out=theirs)
    os.close(theirs)
    world.last_run = commands.finish(process)


@when(phrase('I run "{line}" and close its output after {count:d} bytes'))
def run_and_close(world: World, line: str, count: int) -> None:
    """A command line runs whose reader goes away."""
    process = commands.start(world.fill(line), world.folder)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(count)
    process.stdout.close()
    err = process.stderr.read().decode()
    process.stderr.close()
    world.last_run = commands.Run(process.wait(commands.DEADLINE_S), "", err)
