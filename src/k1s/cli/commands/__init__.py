"""The commands of `k1s`, one row each; nothing of a command is imported here."""

from importlib import import_module
from types import FunctionType
from typing import Final, NamedTuple


class Command(NamedTuple):
    """A name on the command line, and the function behind it as `module:function`."""

    name: str
    function: str
    group: str

    def load(self) -> FunctionType:
        """The function itself; its signature says the words of the command."""
        module, _, name = self.function.partition(":")
        function: FunctionType = getattr(import_module(module), name)
        return function


SERVING: Final = "Server"
OTHERS: Final = "Others"
DOING: Final = "Running jobs"
LOOKING: Final = "Looking at jobs"
FILES: Final = "Jobs files"
GROUPS: Final = (DOING, LOOKING, FILES, SERVING, OTHERS)

COMMANDS: Final = (
    Command("create", "k1s.cli.commands.create:create", DOING),
    Command("run", "k1s.cli.commands.run:run", DOING),
    Command("start", "k1s.cli.commands.start:start", DOING),
    Command("restart", "k1s.cli.commands.restart:restart", DOING),
    Command("signal", "k1s.cli.commands.signal:signal", DOING),
    Command("kill", "k1s.cli.commands.kill:kill", DOING),
    Command("delete", "k1s.cli.commands.delete:delete", DOING),
    Command("list", "k1s.cli.commands.list:list_jobs", LOOKING),
    Command("show", "k1s.cli.commands.show:show", LOOKING),
    Command("why", "k1s.cli.commands.why:why", LOOKING),
    Command("top", "k1s.cli.commands.top:top", LOOKING),
    Command("logs", "k1s.cli.commands.logs:logs", LOOKING),
    Command("wait", "k1s.cli.commands.wait:wait", LOOKING),
    Command("up", "k1s.cli.commands.up:up", FILES),
    Command("simulate", "k1s.cli.commands.simulate:simulate", FILES),
    Command("schema", "k1s.cli.commands.schema:schema", FILES),
    Command("server", "k1s.cli.commands.serve:server", SERVING),
    Command("token", "k1s.cli.commands.token:token", SERVING),
    Command("help", "k1s.cli.commands.help:help", OTHERS),
    Command("client", "k1s.cli.commands.original:client", OTHERS),
    Command("completion", "k1s.cli.commands.completion:completion", OTHERS),
    Command("diagrams", "k1s.cli.commands.diagrams:diagrams", OTHERS),
)
BY_NAME: Final = {command.name: command for command in COMMANDS}
