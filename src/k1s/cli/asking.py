"""Asking the server, where every answer but the wanted one ends the command with a sentence."""

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from k1s.cli.failing import NO_SERVER, REFUSED, WRONG_USAGE, fail
from k1s.client.transport import ServerGoneError, Stream, request, request_each
from k1s.client.transport import stream as open_stream
from k1s.destination import Destination, DestinationError


def destination(host: str | None, port: int | None, socket: str | None) -> Destination:
    """Where the server is, by the flags and the environment."""
    try:
        return Destination.chosen(host, port, socket, os.environ)
    except DestinationError as error:
        fail(WRONG_USAGE, str(error))


def reply(
    where: Destination, message: dict[str, Any], if_gone: Callable[[], None] | None = None
) -> Any:
    """The reply of the server, whatever it says; without one, `if_gone` has the first word."""
    try:
        return request(where, message)
    except DestinationError as error:
        fail(WRONG_USAGE, str(error))
    except ServerGoneError as error:
        if if_gone is not None:
            if_gone()
        fail(NO_SERVER, str(error))


def answer(
    where: Destination, message: dict[str, Any], if_gone: Callable[[], None] | None = None
) -> Any:
    """The reply of the server that does what it was asked."""
    value = reply(where, message, if_gone)
    if is_refusal(value):
        fail(REFUSED, str(value["error"]))
    return value


def replies(
    where: Destination,
    messages: Iterable[dict[str, Any]],
    when_idle: Callable[[], None] | None = None,
) -> Iterator[tuple[int, Any]]:
    """The replies to many requests with their numbers, as they come."""
    try:
        yield from request_each(where, messages, when_idle)
    except DestinationError as error:
        fail(WRONG_USAGE, str(error))
    except ServerGoneError as error:
        fail(NO_SERVER, str(error))


def stream(where: Destination, message: dict[str, Any]) -> Stream:
    """The values that answer a request that is answered with many."""
    try:
        return open_stream(where, message)
    except DestinationError as error:
        fail(WRONG_USAGE, str(error))
    except ServerGoneError as error:
        fail(NO_SERVER, str(error))


def to_the_end(values: Stream) -> Iterator[Any]:
    """All that comes on a stream until it is over."""
    try:
        yield from values
    except ServerGoneError as error:
        fail(NO_SERVER, str(error))


def arrived(values: Stream) -> list[Any] | None:
    """What has come on a stream, maybe nothing yet; None once it is over."""
    try:
        return values.arrived()
    except ServerGoneError as error:
        fail(NO_SERVER, str(error))


def is_refusal(value: Any) -> bool:
    """Whether the server said no."""
    return isinstance(value, dict) and "error" in value
