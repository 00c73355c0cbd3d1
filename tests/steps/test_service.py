"""Steps of the feature "A service of the machine" that no other feature has."""

import time
from collections.abc import Iterator

import pytest
from notified import Manager
from pytest_bdd import given, scenarios, then, when

from . import commands
from .phrases import phrase
from .world import Table, World

scenarios("service.feature")


class Stand:
    """Where the manager of a scenario stands, once there is one."""

    manager: Manager
    began: float


@pytest.fixture
def stand() -> Iterator[Stand]:
    """It goes away with the scenario."""
    one = Stand()
    yield one
    if hasattr(one, "manager"):
        one.manager.go_away()


@given(phrase('a service manager that listens on "{where}"'))
def there_is_a_manager(world: World, stand: Stand, where: str) -> None:
    """Its socket is there."""
    stand.manager = Manager(world.fill(where))


@when(phrase('the manager starts "{line}"'))
def manager_starts(world: World, stand: Stand, line: str) -> None:
    """The server is told where to find it."""
    manager_starts_with(world, stand, line, "")


@when(phrase('the manager starts "{line}" with the environment "{pairs}"'))
def manager_starts_with(world: World, stand: Stand, line: str, pairs: str) -> None:
    """The same, and more."""
    extra = {"NOTIFY_SOCKET": stand.manager.where, **world.variables(pairs)}
    stand.began = time.monotonic()
    world.start_server(*commands.command(line), extra=extra)


@then("the first that the manager hears is:")
def hears_first(world: World, stand: Stand, datatable: Table) -> None:
    """It is all in one message; what the server had said by then is remembered."""
    heard = stand.manager.hear()
    world.remembered["by then"] = world.server.said, world.server.complained
    assert heard == world.pairs(datatable)


@then(phrase('by then the server had said where it listens, and complained of "{words}"'))
def had_said(world: World, words: str) -> None:
    """Whoever is told that it is ready finds it so."""
    said, complained = world.remembered["by then"]
    assert said.endswith(f":{world.address[1]}\n")
    assert words in complained


@when("the manager has heard that it is ready")
def has_heard(stand: Stand) -> None:
    """Nothing else came before."""
    assert stand.manager.hear()["READY"] == "1"


@then("the next that the manager hears is:")
def hears_next(world: World, stand: Stand, datatable: Table) -> None:
    """It is all in one message."""
    assert stand.manager.hear() == world.pairs(datatable)


@then("the manager has heard nothing else")
def has_heard_nothing(stand: Stand) -> None:
    """No message is left."""
    assert stand.manager.hears_nothing()


@given("the manager has more to read than it can keep")
def is_full(stand: Stand) -> None:
    """It takes no message any more."""
    stand.manager.fill()


@then(
    phrase(
        'the manager hears "{line}" {times:d} times, and not within less than {seconds:f} seconds'
    )
)
def hears_often(stand: Stand, line: str, times: int, seconds: float) -> None:
    """The first of them may come at once."""
    name, value = line.split("=")
    count = 0
    while count < times:
        count += stand.manager.hear() == {name: value}
    assert time.monotonic() - stand.began >= seconds


@then(phrase('no line of the file "{name}" begins with "{start}"'))
def no_line_begins(world: World, name: str, start: str) -> None:
    """And the file is there."""
    lines = (world.folder / name).read_text().splitlines()
    assert not [line for line in lines if line.startswith(start)]
