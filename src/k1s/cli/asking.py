"""Asking the server, where every answer but the wanted one ends the command with a sentence."""

import os
from typing import Any

from k1s.cli.failing import NO_SERVER, REFUSED, WRONG_USAGE, fail
from k1s.client.transport import ServerGoneError, request
from k1s.destination import Destination, DestinationError


def destination(host: str | None, port: int | None, socket: str | None) -> Destination:
    """Where the server is, by the flags and the environment."""
    try:
        return Destination.chosen(host, port, socket, os.environ)
    except DestinationError as error:
        fail(WRONG_USAGE, str(error))


def reply(where: Destination, message: dict[str, Any]) -> Any:
    """The reply of the server, whatever it says."""
    try:
        return request(where, message)
    except DestinationError as error:
        fail(WRONG_USAGE, str(error))
    except ServerGoneError as error:
        fail(NO_SERVER, str(error))


def answer(where: Destination, message: dict[str, Any]) -> Any:
    """The reply of the server that does what it was asked."""
    value = reply(where, message)
    if is_refusal(value):
        fail(REFUSED, str(value["error"]))
    return value


def is_refusal(value: Any) -> bool:
    """Whether the server said no."""
    return isinstance(value, dict) and "error" in value
