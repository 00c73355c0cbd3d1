"""The command line: `commands` has a file for each command, and the rest is what they share.

A new command is a function in a file of its own and one row in `commands`; the
signature of the function says the words of the command (see `line.words`). What
was typed is read in `line`, what people see is made in `display`, and what has
to be asked and done stands here. Only what a command needs is imported, and only
when it is called: the command line is used in loops and prompts.
"""

from k1s.cli.entry import main

__all__ = ["main"]
