"""Days of a whole server in less than a second: the real core, and a world that is made up.

The registry and the life of its jobs are the real ones. The clocks, the
programs, the clients and everything that goes wrong are drawn from a seed. The
rooms: `agenda` is the clock and what will happen, `programs` says how programs
behave and `engine` what becomes of them, `accounts` watches each job and says
what should become of it, `server` carries out what the registry decides and
checks it, and `days` is the world around it.

Everything that is decided goes to a trace, and one seed gives one trace:
`python -m simulation SEED [HOURS]`, from the folder above, prints it.
"""
