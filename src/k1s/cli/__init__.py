"""The command line: one file for each command, and a few rooms that they share.

A new command is a function in a file of its own and one row in `commands`; the
signature of the function says the words of the command (see `words`). Only what
a command needs is imported, and only when it is called: the command line is used
in loops and prompts.
"""

from k1s.cli.entry import main

__all__ = ["main"]
