"""Who may import whom."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import k1s
from k1s.cli.commands import COMMANDS

SOURCE = Path(k1s.__file__).parent
LAYERS = (
    {
        "errors",
        "durations",
        "rules",
        "spelling",
        "job",
        "transition",
        "prospect",
        "views",
        "protocol",
    },
    {
        *(
            "schedule",
            "events",
            "machine",
            "lifecycle",
            "journal",
            "waits",
            "orders",
            "queries",
            "viewcache",
            "registry",
        ),
        *("strict", "strictjson", "codec", "jobcodec"),
        *("config", "limits", "destination", "logs.growth", "logs.tail"),
        *("forecast", "explaining"),
        *("jobsfile", "simulation"),
    },
    {"engines", "logs"},
    {
        *(
            "runner",
            "logkeeper",
            "logsource",
            "streams",
            "port",
            "server",
            "jobsfile.loading",
            "notifying",
        ),
        *("client", "library", "k1s", "cli", "diagrams", "__main__"),
    },
)
EDGE_ONLY = {"asyncio", "os", "socket", "subprocess", "threading", "time", "logging"}


def _module(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__") or "k1s"


FILES = {_module(path): path for path in sorted(SOURCE.rglob("*.py"))}
NAMED = {name: number for number, layer in enumerate(LAYERS) for name in layer}


def _layer(module: str) -> int:
    """A package is one room, whatever stands in it, unless a module of it is named itself."""
    return NAMED.get(module, NAMED.get(module.partition(".")[0], len(LAYERS)))


LAYER = {module: _layer(module) for module in FILES}


@cache
def _nodes(module: str) -> list[ast.AST]:
    return list(ast.walk(ast.parse(FILES[module].read_text(encoding="utf-8"))))


def _imports(module: str) -> Iterator[str]:
    """All that a module imports, inside functions too; ours without the `k1s.` in front."""
    for node in _nodes(module):
        match node:
            case ast.Import():
                yield from (_short(alias.name) for alias in node.names)
            case ast.ImportFrom():
                assert node.level == 0, f"{module} imports relatively"
                yield from (_imported(node.module or "", alias.name) for alias in node.names)


def _imported(parent: str, name: str) -> str:
    """`from k1s import schedule` means the module; `from k1s.job import Job` means k1s.job."""
    child = _short(f"{parent}.{name}")
    return child if child in FILES else _short(parent)


def _short(name: str) -> str:
    return name.removeprefix("k1s.")


def _ours(module: str) -> set[str]:
    return {name for name in _imports(module) if name in FILES} - {module}


def test_every_module_has_a_layer() -> None:
    """Each module stands in the table of layers."""
    assert {module for module in FILES if LAYER[module] == len(LAYERS)} == set()


def test_imports_point_upwards() -> None:
    """A module imports only from its own layer and from those above it."""
    downwards = {
        (module, name) for module in FILES for name in _ours(module) if LAYER[name] > LAYER[module]
    }
    assert downwards == set()


def test_no_cycles() -> None:
    """No module imports itself, by whatever way round."""
    order = TopologicalSorter({module: _ours(module) for module in FILES}).static_order()
    assert set(order) == set(FILES)


def test_the_core_does_not_touch_the_world() -> None:
    """The first two layers know no process, file, clock, thread or event loop."""
    core = {module for module in FILES if LAYER[module] < 2}
    touching = {
        (module, root)
        for module in core
        for root in {name.partition(".")[0] for name in _imports(module)} & EDGE_ONLY
    }
    assert core
    assert touching == set()


def test_nothing_assigns_a_state() -> None:
    """The machine is the only thing that moves a job: no source line sets a `state`."""
    for module in FILES:
        for node in _nodes(module):
            assert not _assigns_a_state(node), f"{module}, line {node.lineno}"


def _assigns_a_state(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(attr="state", ctx=ast.Store() | ast.Del()):
            return True
        case ast.Call(
            func=ast.Name(id="setattr" | "Job" | "evolve") | ast.Attribute(attr="__setattr__")
        ):
            words = {value.value for value in node.args if isinstance(value, ast.Constant)}
            return "state" in words | {keyword.arg for keyword in node.keywords}
    return False


def test_no_command_imports_what_a_server_needs_before_it_serves() -> None:
    """Neither an event loop nor the machines cost those time who only ask, or have mistyped."""
    needing = {"simulate", "diagrams"}
    commands = [
        _short(command.function.partition(":")[0])
        for command in COMMANDS
        if command.name not in needing
    ]
    assert len(commands) == len(COMMANDS) - len(needing)
    # What a command does is imported when it is called, which need not be tried here.
    modules = {module for command in commands for module in {command, *_ours(command)}}
    assert (
        _loaded_by(*(f"k1s.{module}" for module in sorted(modules))) & {"asyncio", "transitions"}
        == set()
    )


def _loaded_by(*modules: str) -> set[str]:
    """All that is imported where these modules are."""
    program = f"import json, sys, {', '.join(modules)}; print(json.dumps(list(sys.modules)))"
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )
    loaded = set(json.loads(result.stdout))
    assert loaded >= set(modules)
    return loaded


def test_the_words_of_all_commands_are_light() -> None:
    """A shell that completes a line imports the command of it, at each press of a key."""
    modules = [command.function.partition(":")[0] for command in COMMANDS]
    heavy = {"socket", "attr", "cattrs", "tomli", "k1s.job", "inspect", "signal"}
    assert _loaded_by(*modules) & heavy == set()


def test_one_module_knows_cyclopts() -> None:
    """Everything else is imported by commands whose words are plain."""
    knowing = {
        module
        for module in FILES
        if "cyclopts" in {name.partition(".")[0] for name in _imports(module)}
    }
    assert knowing == {"cli.line.app"}


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("k1s.cli.overview", {"asyncio", "transitions", "cattrs", "attr", "attrs", "cyclopts"}),
        (
            "k1s.cli.acting",
            {"asyncio", "transitions", "cattrs", "attr", "attrs", "inspect", "pathlib"},
        ),
        ("k1s.cli.line.app", {"asyncio", "transitions", "cattrs", "tomli", "k1s.job"}),
        ("k1s.cli.aligning", {"asyncio", "transitions"}),
        ("k1s.cli.commands.schema", {"asyncio", "transitions", "cattrs", "tomli", "k1s.job"}),
        (
            "k1s.client.transport",
            {"asyncio", "transitions", "cattrs", "tomli", "k1s.job", "attr", "attrs"},
        ),
    ],
)
def test_the_command_line_starts_light(module: str, heavy: set[str]) -> None:
    """What is used in loops and prompts imports nothing that only a server needs."""
    assert _loaded_by(module) & heavy == set()


def test_the_guardian_starts_with_next_to_nothing() -> None:
    """Each server has one beside itself, which waits all its life: it is small and soon there."""
    program = f"import sys; sys.path.append({str(SOURCE.parent)!r}); import k1s.engines.guardian"
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"{program}; print(*sys.modules)"],
        capture_output=True,
        check=True,
        text=True,
    )
    loaded = set(result.stdout.split())
    assert "k1s.engines.guardian" in loaded
    assert loaded & {"typing", "re", "random", "hashlib", "subprocess", "attr"} == set()
