"""How far `k1s up` had come when it was interrupted."""

from builders import make_spec

from k1s.cli.interrupted import lines
from k1s.jobsfile.plan import Create, Delete, Keep, Plan, Refuse, Replace, Step

ALIVE = {"state": "running", "killRequested": False}
DYING = {"state": "running", "killRequested": True}
DEAD = {"state": "killed", "killRequested": True}


def create(id: str) -> Create:
    """A step."""
    return Create(make_spec(id=id))


def replace(id: str) -> Replace:
    """A step."""
    return Replace(make_spec(id=id), (), None)


def delete(id: str) -> Delete:
    """A step."""
    return Delete(make_spec(id=id))


def keep(id: str) -> Keep:
    """A step."""
    return Keep(make_spec(id=id), None)


def told(step: Step, rest: Step | None, view: dict[str, object] | None = None) -> list[str]:
    """What is said of one job."""
    left = Plan((rest,)) if rest else Plan()
    return list(lines(Plan((step,)), left, {"a": view} if view else {}))


def test_what_is_done() -> None:
    """What needs no more than to be kept, or is gone as it should be."""
    assert told(create("a"), keep("a"), ALIVE) == ["done: a"]
    assert told(replace("a"), keep("a"), ALIVE) == ["done: a"]
    assert told(delete("a"), None) == ["done: a"]


def test_what_is_in_between() -> None:
    """A job that is replaced has a time in which there is none."""
    assert told(replace("a"), create("a")) == ["deleted, and not made again yet: a"]
    returning = "still being deleted, and not made again yet: a"
    assert told(replace("a"), replace("a"), DYING) == [returning]
    assert told(delete("a"), delete("a"), DYING) == ["still being deleted: a"]


def test_what_is_not_begun() -> None:
    """It is as it was, and nobody has told it to end."""
    assert told(create("a"), create("a")) == ["not begun: a"]
    assert told(replace("a"), replace("a"), ALIVE) == ["not begun: a"]
    assert told(replace("a"), replace("a"), DEAD) == ["not begun: a"]
    assert told(delete("a"), delete("a"), ALIVE) == ["not begun: a"]


def test_what_was_not_to_be_changed_is_not_told() -> None:
    """What is kept is no news."""
    assert told(keep("a"), keep("a"), ALIVE) == []
    refuse = Refuse(make_spec(id="a"), (), "/other")
    assert told(refuse, refuse, ALIVE) == []


def test_many() -> None:
    """The first few are named, what was done comes first, and the order is that of the plan."""
    steps = Plan(tuple(create(f"n{number}") for number in range(12)))
    rest = Plan(steps.steps[1:])
    assert list(lines(steps, rest, {})) == [
        "done: n0",
        "not begun: n1, n2, n3, n4, n5, n6, n7, n8, n9, n10 and 1 more",
    ]
