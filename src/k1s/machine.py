"""Rows of a table, and the machine of the `transitions` library that is built from them.

A row has a guard at the most, and nothing else to call on the way. So to move
is to find the rows of a trigger and a state, and to take the first that no
guard forbids. The library does that, but it also prepares for callbacks of a
dozen kinds, none of which there are, and logs each: four fifths of its time. So
the walk along a row is done here, on the library's own events, transitions and
states, and it is still the library that sets the state. A test holds every
walk beside one of the library's own.
"""

from collections.abc import Callable, Iterable
from typing import Any

from attrs import frozen
from transitions import Event, Machine, MachineError, Transition

from k1s.job import Job, State
from k1s.transition import Trigger


@frozen
class Row:
    """One line of the table: on `trigger`, and if `guard` holds, from `source` to `target`."""

    trigger: Trigger
    source: State
    target: State
    guard: Callable[[Job], bool] | None = None


class _Event(Event):
    """All rows of one trigger."""

    def trigger(self, model: Any, *_: object, **__: object) -> bool:
        """Move along the first row that is open; False if guards forbid all of them."""
        source = model.state.name
        if source not in self.transitions:
            raise MachineError(f"Can't trigger event {self.name} from state {source}!")
        for row in self.transitions[source]:
            if _is_open(row, model):
                assert row.dest is not None, "every row has a target"
                self.machine.set_state(row.dest, model)
                return True
        return False


def _is_open(row: Transition, model: object) -> bool:
    for condition in row.conditions:
        guard: Any = condition.func
        if guard(model) != condition.target:
            return False
    return True


class _Machine(Machine):
    event_cls = _Event


def build_machine(rows: Iterable[Row]) -> Machine:
    """One machine for all jobs of a type: jobs are passed to it and never registered with it."""
    rows = tuple(rows)
    used = {state for row in rows for state in (row.source, row.target)}
    machine = _Machine(
        model=None,
        states=[state for state in State if state in used],
        initial=State.PENDING,
        auto_transitions=False,
    )
    for row in rows:
        machine.add_transition(row.trigger, row.source, row.target, conditions=row.guard)
    return machine
