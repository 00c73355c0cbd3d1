"""What rude and broken clients send: a corpus by the rows of the list of faults, and mutations.

Everything follows from the seed, so that a failure can be had again.
"""

import json
import random
from collections.abc import Callable, Iterator

_JOB = {"id": "a", "type": "one-time", "executable": "/bin/true"}
_PERIODIC = {**_JOB, "type": "periodic"}


def _create(job: object) -> bytes:
    return _request("create-job", job=job)


def _request(command: str, **keys: object) -> bytes:
    return json.dumps({"command": command, **keys}).encode()


CORPUS: dict[str, list[bytes]] = {
    "good": [
        b'{"command": "get-all-jobs"}',
        b'{"command":"getAllJobs","job":null,"jobId":null,"signal":"sigint"}',
        b'{"command": "get-job-by-id", "jobId": "a"}',
        b'{"command": "kill-job", "jobId": "a", "signal": "SIGTERM", "token": "t"}',
        b'{"command": "delete-job", "jobId": "a"}',
        _create({**_JOB, "arguments": ["a", "b"], "environment": {"A": "b"}, "maxRetry": 3}),
        _create({**_PERIODIC, "periodInSeconds": 30, "stopTimeoutSeconds": 2.5}),
        _request("create-jobs", jobs=[{**_JOB, "id": "b", "origin": "/jobs.toml"}, _JOB]),
        _request("start-job", jobId="a"),
        _request("restart-job", jobId="b"),
        _request("signal-job", jobId="a", signal="hup"),
        _request("wait-job", jobId="a", timeoutSeconds=0.5, **{"for": "killed"}),
        _request("explain-job", jobId="a"),
        _request("get-server-info"),
        _request("watch-jobs", jobIds=["a", "b"], **{"from": 0}),
        _request("get-logs", jobIds=["a"], streams=["stdout", "error"], lines=5, follow=True),
    ],
    "C1": [b'{"command": "get-all-jobs"', b"{", b'{"'],
    "C3": [b"{" + b" " * 5000, b'{"command": "' + b"x" * 5000, b"x" * 5000],
    "C4": [
        b'\xef\xbb\xbf{"command": "get-all-jobs"}',
        '{"command": "get-all-jobs"}'.encode("utf-16"),
        '{"command": "get-all-jobs"}'.encode("utf-16-be"),
        b'{"command": "\xff\xfe"}',
        b'{"command": "\xed\xa0\x80"}',
        b'{"command": "\\ud800"}',
    ],
    "C5": [b'{"a":' * 900, b"[" * 1500, b'{"job":' + b"[" * 1500 + b"]" * 1500 + b"}"],
    "C6": [
        b'{"command": "get-all-jobs", "command": "delete-job"}',
        b'{"command": "create-job", "job": {"id": "a", "id": "b"}}',
    ],
    "C7": [
        b'{"command": "create-job", "job": {"periodInSeconds": NaN}}',
        b'{"command": "create-job", "job": {"periodInSeconds": -Infinity}}',
        b'{"command": "create-job", "job": {"periodInSeconds": 1e999}}',
    ],
    "C8": [
        b'{"command": "create-job", "job": {"maxRetry": ' + b"9" * 3000 + b"}}",
        b'{"command": "create-job", "job": {"maxRetry": 9223372036854775808}}',
        b'{"command": "create-job", "job": {"maxRetry": -' + b"9" * 18 + b"}}",
    ],
    "C9": [
        _create({**_PERIODIC, "periodInSeconds": value})
        for value in (0, -1, 1e-9, True, "5", None, 1e308, 0.1)
    ],
    "C10": [
        b"[]",
        b"5",
        b'"text"',
        b"null",
        b'{"command": 5}',
        b'{"command": "explode"}',
        b'{"command": "kill-job", "jobId": "a", "signal": 9}',
        _create({**_JOB, "arguments": "text"}),
        _create({**_JOB, "environment": ["A=b"]}),
        _create([]),
        _create({**_JOB, "id": "../../etc"}),
        _request("create-jobs", jobs=[]),
        _request("create-jobs", jobs=[_JOB, None]),
        _request("create-jobs", jobs={"a": _JOB}),
        _request("signal-job", jobId="a"),
        _request("wait-job", jobId="a", **{"for": "gone"}),
        _request("watch-jobs", **{"from": 2**53}),
        _request("get-logs", jobIds="a"),
        _request("get-logs", jobIds=["a"], streams=["stdin"]),
    ],
    "C13": [b'{"command": "get-all-jobs"}\n' * 3, b"\n\n\n", b"{}\n{}\n"],
    "C14": [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST / HTTP/1.1\r\n\r\n" + _create(_JOB),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\0\0\0\0",
        b"\n",
        b"[]\n",
    ],
}
_INPUTS = [line for lines in CORPUS.values() for line in lines]
_TOKENS = [
    *(b"{", b"}", b"[", b"]", b":", b",", b'"', b"\\", b"\n", b"\r\n", b"\0", b" ", b"\t"),
    *(b"null", b"true", b"NaN", b"-0", b"1e9", b"1e309", b"0x10", b"9" * 25, b"\\u0000"),
    *(b"\\ud83d\\ude00", b"\\udfff", b"\xf0\x9f\x98\x80", b"\xff", b"\xc0\x80", b"\xe2\x80\xa8"),
    *(b'"command"', b'"job"', b'"jobId"', b'"token"', b'"id"', b'"a":1,', b"{}", b"[]", b'""'),
]
_LENGTH_MAX = 20_000

Mutation = Callable[[random.Random, bytearray], None]


def _flip(chance: random.Random, line: bytearray) -> None:
    line[chance.randrange(len(line))] ^= 1 << chance.randrange(8)


def _insert(chance: random.Random, line: bytearray) -> None:
    at = chance.randrange(len(line) + 1)
    line[at:at] = chance.choice(_TOKENS)


def _replace(chance: random.Random, line: bytearray) -> None:
    at = chance.randrange(len(line))
    line[at : at + chance.randrange(1, 8)] = chance.choice(_TOKENS)


def _cut(chance: random.Random, line: bytearray) -> None:
    at = chance.randrange(len(line))
    del line[at : at + chance.randrange(1, 30)]


def _double(chance: random.Random, line: bytearray) -> None:
    at = chance.randrange(len(line))
    line[at:at] = line[at : at + chance.randrange(1, 60)] * chance.randrange(1, 5)


def _splice(chance: random.Random, line: bytearray) -> None:
    other = chance.choice(_INPUTS)
    line[chance.randrange(len(line)) :] = other[chance.randrange(len(other)) :]


def _noise(chance: random.Random, line: bytearray) -> None:
    at = chance.randrange(len(line) + 1)
    line[at:at] = chance.randbytes(chance.randrange(1, 12))


_MUTATIONS: tuple[Mutation, ...] = (_flip, _insert, _replace, _cut, _double, _splice, _noise)


_KEYS = [
    *("command", "job", "jobId", "signal", "token", "id", "type", "executable", "arguments"),
    *("workingDirectory", "environment", "periodInSeconds", "maxRetry", "stdoutLogPath"),
    *("restartDelaySeconds", "maxRestartDelaySeconds", "stopTimeoutSeconds", "nonsense", ""),
    *("jobs", "jobIds", "for", "from", "timeoutSeconds", "streams", "lines", "follow", "origin"),
    "healthyAfterSeconds",
]
# As JSON: each is read anew wherever it is put, for it may be edited there.
_VALUES: list[str] = [
    json.dumps(value)
    for value in (
        *(None, True, False, 0, 1, -1, 0.1, 5.5, 1e9, 1e10, -1e-9, 2**63 - 1, "", "a", "b", "c"),
        *("SIGKILL", "kill", "periodic", "one-time", "continuous", "x" * 200, "é", "\0", "\ud800"),
        *(
            "done",
            "running",
            "pending",
            "stdout",
            ["stderr"],
            ["error", "error"],
            ["a"] * 2000,
            [_JOB],
        ),
        *("start-job", "restart-job", "wait-job", "watch-jobs", "get-logs"),
        *(
            [],
            {},
            ["a"],
            [1],
            {"A": "b"},
            {"": "b"},
            {"A": None},
            [[]],
            "get-all-jobs",
            "deleteJob",
        ),
    )
]


def _edited(chance: random.Random) -> bytes:
    """A good request with other values, other keys, or fewer of them."""
    message = json.loads(chance.choice(CORPUS["good"]))
    for _ in range(chance.randrange(1, 4)):
        jobs = [message.get("job"), *_list(message.get("jobs"))]
        job = chance.choice([job for job in jobs if isinstance(job, dict)] or [message])
        target = job if chance.random() < 0.7 else message
        key = chance.choice([*target, chance.choice(_KEYS)])
        if chance.random() < 0.2:
            target.pop(key, None)
        else:
            target[key] = json.loads(chance.choice(_VALUES))
    return json.dumps(message, ensure_ascii=chance.random() < 0.9).encode(errors="surrogatepass")


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _mutated(chance: random.Random) -> bytes:
    """Anything of the corpus, with bytes changed."""
    line = bytearray(chance.choice(_INPUTS))
    for _ in range(chance.randrange(1, 5)):
        chance.choice(_MUTATIONS)(chance, line)
        line = line or bytearray(b"{")
    return bytes(line[:_LENGTH_MAX])


def inputs(count: int, seed: int) -> Iterator[bytes]:
    """So many inputs: first the corpus as it is, then what becomes of it."""
    chance = random.Random(seed)
    for number in range(count):
        if number < len(_INPUTS):
            yield _INPUTS[number] + b"\n"
            continue
        line = _edited(chance) if chance.random() < 0.3 else _mutated(chance)
        yield line + chance.choice((b"\n", b"\n", b"\n", b"", b"\r\n"))


def pieces(chance: random.Random, data: bytes) -> Iterator[bytes]:
    """The same bytes as the network may hand them over."""
    for _ in range(chance.choice((0, 0, 1, 3))):
        at = chance.randrange(len(data) + 1)
        if data[:at]:
            yield data[:at]
        data = data[at:]
    if data:
        yield data
