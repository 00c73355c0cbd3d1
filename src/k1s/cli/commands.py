"""The commands of `k1s`, one row each; nothing of a command is imported here."""

from typing import Final, NamedTuple


class Command(NamedTuple):
    """A name on the command line, and the function behind it as `module:function`."""

    name: str
    function: str
    group: str
    takes_program: bool = False
    """The words behind the first `--` are a program of the user's, and go to `program`."""


SERVING: Final = "Server"
OTHERS: Final = "Others"
FILES: Final = "Jobs files"
GROUPS: Final = (FILES, SERVING, OTHERS)

COMMANDS: Final = (
    Command("up", "k1s.cli.up:up", FILES),
    Command("simulate", "k1s.cli.simulate:simulate", FILES),
    Command("schema", "k1s.cli.schema:schema", FILES),
    Command("server", "k1s.cli.serve:server", SERVING),
    Command("token", "k1s.cli.token:token", SERVING),
    Command("client", "k1s.cli.original:client", OTHERS),
    Command("diagrams", "k1s.cli.diagrams:diagrams", OTHERS),
)
