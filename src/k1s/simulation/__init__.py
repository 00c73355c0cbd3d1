"""Plays jobs against the real registry and the real rules, on a clock that leaps.

The rooms: `agenda` is the clock and what will happen, `script` says what the
programs do, `play` drives the registry through it all, `story` tells what
happened in lines, and `picture` draws it.
"""
