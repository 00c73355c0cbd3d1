"""Draws the state machines as Mermaid text: the same bytes each time, from the machines that run.

One picture per job type and one of all. They are kept in files of their own
and, so that code hosts draw them, inside a README between two marker comments.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from transitions import Machine

from k1s.job import FINAL, JobType, State
from k1s.lifecycle import MACHINES

_CLASSES: Final = {
    "waits": ("fill:#fff3cd,stroke:#b58900,color:#3d2f00", (State.PENDING, State.RESTARTING)),
    "runs": ("fill:#d6e9ff,stroke:#1f6feb,color:#05264c", (State.RUNNING,)),
    "good": ("fill:#d3f5dc,stroke:#1a7f37,color:#04260f", (State.DONE,)),
    "bad": ("fill:#ffdfdc,stroke:#cf222e,color:#4c0507", (State.KILLED, State.EXHAUSTED)),
}
# Mermaid places arrows in the order in which it reads them. In this one, found
# by trying, no label covers another, from top to bottom or, without the many
# arrows of `restarting`, from left to right. An arrow not named here comes last.
_ORDER: Final = (
    (State.PENDING, State.KILLED),
    (State.RESTARTING, State.RUNNING),
    (State.RUNNING, State.PENDING),
    (State.RUNNING, State.DONE),
    (State.RUNNING, State.KILLED),
    (State.PENDING, State.RUNNING),
    (State.RUNNING, State.RUNNING),
    (State.RUNNING, State.EXHAUSTED),
    (State.RUNNING, State.RESTARTING),
    (State.RESTARTING, State.KILLED),
)
_Edge = tuple[State, State]
_ANY_BEGIN: Final = "<!-- diagram: "
_BEGIN: Final = _ANY_BEGIN + "{} -->"
_END: Final = "<!-- end of diagram -->"


def draw_all() -> dict[str, str]:
    """Each picture by its name: `all`, and one for each job type."""
    pictures = {"all": _draw(MACHINES.values())}
    pictures |= {str(job_type): _draw([MACHINES[job_type]]) for job_type in JobType}
    return pictures


def write(folder: Path, readme: Path) -> list[Path]:
    """Bring the files and the README, if there is one, up to date; those that were stale."""
    stale = find_stale(folder, readme)
    for path, text in _wanted(folder, readme).items():
        if path in stale:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return stale


def find_stale(folder: Path, readme: Path) -> list[Path]:
    """The files that are missing or differ from the machines."""
    wanted = _wanted(folder, readme)
    return [path for path, text in wanted.items() if _read(path) != text]


def _wanted(folder: Path, readme: Path) -> dict[Path, str]:
    pictures = draw_all()
    wanted = {folder / f"{name}.mmd": picture for name, picture in pictures.items()}
    text = _read(readme)
    if text is not None:
        wanted[readme] = _embed(text, pictures)
    return wanted


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def _embed(text: str, pictures: Mapping[str, str]) -> str:
    """The text with each picture between its markers, where it has markers for it."""
    for name, picture in pictures.items():
        before, begin, rest = text.partition(_BEGIN.format(name))
        old, end, after = rest.partition(_END)
        if begin and end and _ANY_BEGIN not in old:  # or else its end is missing
            text = f"{before}{begin}\n```mermaid\n{picture}```\n{end}{after}"
    return text


def _draw(machines: Iterable[Machine]) -> str:
    edges = _edges(machines)
    states = [state for state in State if any(state in edge for edge in edges)]
    direction = "TB" if State.RESTARTING in states else "LR"
    lines = ["stateDiagram-v2", f"    direction {direction}", f"    [*] --> {State.PENDING}"]
    for source, target in sorted(edges, key=_place):
        label = "<br>or ".join(edges[source, target])
        lines.append(f"    {source} --> {target}: {label}")
    lines += [f"    {state} --> [*]" for state in states if state in FINAL]
    for name, (style, members) in _CLASSES.items():
        if shown := [state for state in members if state in states]:
            lines.append(f"    classDef {name} {style}")
            lines.append(f"    class {','.join(shown)} {name}")
    return "\n".join(lines) + "\n"


def _place(edge: _Edge) -> int:
    return _ORDER.index(edge) if edge in _ORDER else len(_ORDER)


def _edges(machines: Iterable[Machine]) -> dict[_Edge, list[str]]:
    """What leads from one state to another, without repetition, with the guard below it."""
    words: dict[_Edge, dict[str, list[str]]] = {}
    for machine in machines:
        for event in machine.events.values():
            for transition in (row for rows in event.transitions.values() for row in rows):
                edge = (State[str(transition.source)], State[str(transition.dest)])
                triggers = words.setdefault(edge, {}).setdefault(_guard(transition), [])
                if event.name not in triggers:
                    triggers.append(event.name)
    return {edge: _labels(by_guard) for edge, by_guard in words.items()}


def _labels(by_guard: Mapping[str, list[str]]) -> list[str]:
    """What needs no guard comes first, so that a guard belongs to the word before it."""
    return [" or ".join(by_guard[guard]) + guard for guard in sorted(by_guard)]


def _guard(transition: Any) -> str:
    names = [condition.func.__name__.replace("_", " ") for condition in transition.conditions]
    return f"<br>[{', '.join(names)}]" if names else ""
