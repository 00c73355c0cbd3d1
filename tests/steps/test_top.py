"""Steps of the feature "The list, live" that no other feature has."""

import os
import re
import signal

from pytest_bdd import given, scenarios, step, then, when

from . import processes
from .phrases import phrase
from .terminal import Stage, Terminal
from .waiting import until
from .world import World

scenarios("top.feature")


@given(phrase("{count:d} periodic jobs that run every {seconds:f} seconds"))
def periodic_jobs(world: World, count: int, seconds: float) -> None:
    """So many jobs move all the time."""
    for number in range(count):
        job = {"id": f"tick-{number}", "type": "periodic", "executable": "/bin/true"}
        reply = world.ask(command="create-job", job={**job, "periodInSeconds": seconds})
        assert "error" not in reply, reply


@when(phrase('I look at "{line}"'))
def look_at(world: World, stage: Stage, line: str) -> None:
    """A command line runs on a terminal."""
    stage.terminal = Terminal(world.fill(line), world.folder)


@when(phrase('I look at "{line}" with {variable:word} as "{value}"'))
def look_with(world: World, stage: Stage, line: str, variable: str, value: str) -> None:
    """A command line runs on a terminal, with one more variable."""
    stage.terminal = Terminal(world.fill(line), world.folder, {variable: value})


@when(phrase('I press the key "{key}"'))
def press(stage: Stage, key: str) -> None:
    """A key is pressed."""
    stage.terminal.press(key.encode())


@when("I press Ctrl-C on the keyboard")
def press_ctrl_c(stage: Stage) -> None:
    """The terminal makes a signal of it."""
    stage.terminal.press(b"\x03")


@when("I press Ctrl-Z on the keyboard")
def press_ctrl_z(stage: Stage) -> None:
    """The terminal makes a signal of it."""
    stage.terminal.press(b"\x1a")


@when(phrase("I send {name:word} to the live list"))
def send_signal(stage: Stage, name: str) -> None:
    """The command gets a signal."""
    os.kill(stage.terminal.process.pid, signal.Signals[name])


@when(phrase("the terminal becomes {columns:d} columns wide and {rows:d} rows high"))
def resize(stage: Stage, columns: int, rows: int) -> None:
    """The window gets another size."""
    stage.terminal.resize(columns, rows)


def line_of(stage: Stage, job_id: str) -> str:
    """The line of a job on the screen, empty if there is none."""
    lines = stage.terminal.look()
    return next((f"{line} " for line in lines if line.split()[:1] == [job_id]), "")


@then(phrase('the screen comes to show "{text}"'))
def screen_shows(stage: Stage, text: str) -> None:
    """One of its lines has this text, soon, and it is the whole screen that is taken."""
    until(f"{text!r} on the screen", stage.terminal.look, lambda seen: text in "\n".join(seen))
    assert stage.terminal.is_other_screen
    assert stage.terminal.is_cursor_hidden


@then(phrase('the line of "{job_id}" on the screen comes to have "{text}"'))
def line_has(stage: Stage, job_id: str, text: str) -> None:
    """The line of the job has this text, soon."""
    until(f"{text!r}", lambda: line_of(stage, job_id), lambda line: text in line)


@then(phrase('the line of "{job_id}" on the screen comes to have "{text}", or a greater number'))
def line_has_at_least(stage: Stage, job_id: str, text: str) -> None:
    """The same, with a number in it that goes on growing, whether anybody looks or not."""
    before, least, after = re.split(r"(\d+)", text)
    pattern = re.compile(f"{re.escape(before)}(\\d+){re.escape(after)}")
    until(
        f"{text!r}",
        lambda: line_of(stage, job_id),
        lambda line: (found := pattern.search(line)) and int(found[1]) >= int(least),
    )


@then(phrase('there is a line of "{job_id}" on the screen'))
def there_is_a_line(stage: Stage, job_id: str) -> None:
    """The job is shown, once the whole screen has been drawn."""
    until(f"a line of {job_id}", lambda: line_of(stage, job_id), bool)


@then(phrase('there is no line of "{job_id}" on the screen'))
def there_is_no_line(stage: Stage, job_id: str) -> None:
    """The job is not shown."""
    assert not line_of(stage, job_id), stage.terminal.look()


@then("the screen has colours")
def has_colours(stage: Stage) -> None:
    """Something of it is painted."""
    assert stage.terminal.is_painted


@then("the screen has no colours")
def has_no_colours(stage: Stage) -> None:
    """Nothing of all that was ever drawn is painted."""
    assert not stage.terminal.is_painted


@then(phrase("the live list ends with {code:d}"))
def ends(stage: Stage, code: int) -> None:
    """The command ends by itself."""
    process = stage.terminal.process
    assert until("its end", process.poll, lambda seen: seen is not None) == code


@then("the live list stops")
def stops(stage: Stage) -> None:
    """The command stops as any does at Ctrl-Z."""
    pid = stage.terminal.process.pid
    until("its stop", lambda: processes.status(pid, "State"), lambda seen: seen.startswith("T"))


@then("the terminal is as it was before")
def terminal_is_as_before(stage: Stage) -> None:
    """Its screen, its cursor and its modes are what they were."""
    terminal = stage.terminal
    terminal.look()
    assert not terminal.is_other_screen
    assert not terminal.is_cursor_hidden
    assert not terminal.has_no_wrap
    assert terminal.modes == terminal.before


@then(phrase('what stands on the terminal then names "{words}"'))
def terminal_names(stage: Stage, words: str) -> None:
    """What was said when the screen had been given back."""
    stage.terminal.look()
    assert words in stage.terminal.after
    assert stage.terminal.after.count("\n") == 1


@when("whoever counts passes on no more lists")
def passes_on_no_more(world: World) -> None:
    """The next question for the list is not answered."""
    fetched_last(world)
    assert world.counter is not None
    world.counter.is_mute = True


@then("the list is asked for once more")
def asked_once_more(world: World) -> None:
    """The question has come."""
    until("a question", lambda: len(fetches(world)), lambda n: n > world.remembered["fetches"])


@when("the list has been fetched for the last time")
def fetched_last(world: World) -> None:
    """The list on the screen is that of the server."""
    world.remembered["fetches"] = len(fetches(world))


@then("the list has not been fetched again")
def not_fetched_again(world: World) -> None:
    """Nobody has asked the server since then."""
    assert len(fetches(world)) == world.remembered["fetches"]


def fetches(world: World) -> list[float]:
    """When the list was asked for."""
    assert world.counter is not None
    return world.counter.fetches


@step(phrase("the list is fetched {count:d} more times, and not more than {most:d} times a second"))
def fetched_seldom(world: World, stage: Stage, count: int, most: int) -> None:
    """Any so many fetches take their time, for they are made one after the other."""
    made = fetches(world)
    begin = len(made)
    until(
        f"{count} fetches",
        lambda: (stage.terminal.look(), len(made))[1],
        lambda n: n > begin + count,
    )
    # The first one may have come late, and the next one in time.
    took = made[begin + count] - made[begin]
    assert took >= (count - 1) / most
