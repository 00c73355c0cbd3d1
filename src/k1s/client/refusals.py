"""What a server says no with, as exceptions: one class for each code.

All of them are `Refused`, so that a caller can catch one, some or all. A code
that this version does not know is a plain `Refused`.
"""

from typing import ClassVar, Final

from k1s.errors import Code, K1sError


class Refused(K1sError):
    """The server, or the client on its behalf, said no; nothing has changed.

    `message` is a sentence for people, and also the text of the exception;
    `code` is the word for programs.
    """

    CODE: ClassVar[Code | None] = None

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code if self.CODE is None else self.CODE.value


class JobNotFound(Refused):
    """There is no job with this id."""

    CODE = Code.JOB_NOT_FOUND


class JobIdRequired(Refused):
    """No id was given."""

    CODE = Code.JOB_ID_REQUIRED


class JobExists(Refused):
    """There is a job with this id already."""

    CODE = Code.JOB_EXISTS


class InvalidJobType(Refused):
    """A job's type is none of the three."""

    CODE = Code.INVALID_JOB_TYPE


class NotKillable(Refused):
    """A one-time job cannot be killed, only deleted."""

    CODE = Code.NOT_KILLABLE


class AlreadyFinished(Refused):
    """The job has come to its end by itself: there is nothing to kill."""

    CODE = Code.ALREADY_FINISHED


class NotRunning(Refused):
    """The job has no process to send a signal to."""

    CODE = Code.NOT_RUNNING


class BeingKilled(Refused):
    """The job is on its way to its end, and cannot be started before that."""

    CODE = Code.BEING_KILLED


class Overtaken(Refused):
    """A kill, a deletion or the end of the server came before the new start."""

    CODE = Code.OVERTAKEN


class TimedOut(Refused):
    """The job did not come to the state in time."""

    CODE = Code.TIMED_OUT


class HalfClosed(Refused):
    """Our half of the connection was closed while we waited for an answer."""

    CODE = Code.HALF_CLOSED


class UnreadableLog(Refused):
    """A log cannot be read by the server: the message says why."""

    CODE = Code.UNREADABLE_LOG


class UnreachableState(Refused):
    """The job cannot come to the state any more, or never could."""

    CODE = Code.UNREACHABLE_STATE


class UnknownCommand(Refused):
    """The server does not know the command: it is older than this client."""

    CODE = Code.UNKNOWN_COMMAND


class InvalidJson(Refused):
    """The request was no JSON as the server takes it."""

    CODE = Code.INVALID_JSON


class InvalidRequest(Refused):
    """A value is wrong; the message names it, and says what is wanted and what was given."""

    CODE = Code.INVALID_REQUEST


class LineTooLong(Refused):
    """The request has more bytes than the server takes."""

    CODE = Code.LINE_TOO_LONG


class NotAllowed(Refused):
    """The server does not obey this user, or wants another token."""

    CODE = Code.NOT_ALLOWED


class TooManyJobs(Refused):
    """The server has as many jobs as it takes."""

    CODE = Code.TOO_MANY_JOBS


class TooManyConnections(Refused):
    """The server has as many connections as it takes."""

    CODE = Code.TOO_MANY_CONNECTIONS


class TooSlow(Refused):
    """The request did not arrive in time."""

    CODE = Code.TOO_SLOW


class ShuttingDown(Refused):
    """The server is about to end."""

    CODE = Code.SHUTTING_DOWN


class InternalError(Refused):
    """The server made a mistake: its log says which."""

    CODE = Code.INTERNAL_ERROR


def refused(message: str, code: str) -> Refused:
    """The exception for an error reply."""
    return _BY_CODE.get(code, Refused)(message, code)


_BY_CODE: Final = {cls.CODE.value: cls for cls in Refused.__subclasses__() if cls.CODE is not None}
