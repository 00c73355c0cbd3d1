"""Steps of the feature "The original client" that no other feature has."""

from pytest_bdd import scenarios, when

from .wire import exchange
from .world import Table, World

scenarios("original_client.feature")


@when("I send each of these lines, none is refused:")
def send_good_lines(world: World, datatable: Table) -> None:
    """The server does what each line asks for."""
    for (line,) in datatable:
        reply = exchange(world.address, line.encode() + b"\n").json
        assert isinstance(reply, list) or "error" not in reply, (line, reply)
