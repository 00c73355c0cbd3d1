"""Steps of the feature "The library for Python programs" that no other feature has."""

import subprocess
import sys

from pytest_bdd import scenarios, then, when

from . import commands
from .server import environment
from .world import World

scenarios("library.feature")


@when("I run the Python program:")
def run_program(world: World, docstring: str) -> None:
    """The program runs to its end; its environment says where the server is."""
    path = world.home / "program.py"
    path.write_text(world.fill(docstring))
    done = subprocess.run(
        [sys.executable, "-W", "error", path],
        env=environment(world.folder, {"K1S_PORT": str(world.address[1])}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=commands.DEADLINE_S,
        check=False,
    )
    world.last_run = commands.Run(done.returncode, done.stdout, done.stderr)


@then("the program prints:")
def program_prints(world: World, docstring: str) -> None:
    """Exactly this, and it ends well."""
    assert (world.run.code, world.run.err) == (0, "")
    assert world.run.out == world.fill(docstring) + "\n"
