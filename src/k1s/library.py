"""All that `from k1s import ...` offers to programs; `import k1s` alone loads none of it."""

from k1s.client.asynchronous import AsyncClient, AsyncStream
from k1s.client.blocking import Client, Stream
from k1s.client.calls import JobKeys
from k1s.client.conversation import ServerGoneError
from k1s.client.refusals import (
    AlreadyFinished,
    BeingKilled,
    HalfClosed,
    InternalError,
    InvalidJobType,
    InvalidJson,
    InvalidRequest,
    JobExists,
    JobIdRequired,
    JobNotFound,
    LineTooLong,
    NotAllowed,
    NotKillable,
    NotRunning,
    Overtaken,
    Refused,
    ShuttingDown,
    TimedOut,
    TooManyConnections,
    TooManyJobs,
    TooSlow,
    UnknownCommand,
    UnreachableState,
    UnreadableLog,
)
from k1s.client.replies import StrangeReplyError
from k1s.client.values import (
    Explanation,
    JobInfo,
    LogChunk,
    Missed,
    Prospect,
    ServerInfo,
    Transition,
)
from k1s.destination import DestinationError
from k1s.errors import InvalidValueError, K1sError
from k1s.job import JobSpec, JobType, State
from k1s.protocol import LogStream
from k1s.transition import Trigger

__all__ = [
    "AlreadyFinished",
    "AsyncClient",
    "AsyncStream",
    "BeingKilled",
    "Client",
    "DestinationError",
    "Explanation",
    "HalfClosed",
    "InternalError",
    "InvalidJobType",
    "InvalidJson",
    "InvalidRequest",
    "InvalidValueError",
    "JobExists",
    "JobIdRequired",
    "JobInfo",
    "JobKeys",
    "JobNotFound",
    "JobSpec",
    "JobType",
    "K1sError",
    "LineTooLong",
    "LogChunk",
    "LogStream",
    "Missed",
    "NotAllowed",
    "NotKillable",
    "NotRunning",
    "Overtaken",
    "Prospect",
    "Refused",
    "ServerGoneError",
    "ServerInfo",
    "ShuttingDown",
    "State",
    "StrangeReplyError",
    "Stream",
    "TimedOut",
    "TooManyConnections",
    "TooManyJobs",
    "TooSlow",
    "Transition",
    "Trigger",
    "UnknownCommand",
    "UnreachableState",
    "UnreadableLog",
]
