"""Rules for one value: how it is checked, and beside that what a JSON Schema can say of it.

Both halves are made from the same numbers, so that an editor that reads the
schema and the program that reads the document agree.
"""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import Attribute, frozen

Check = Callable[[Any, "Attribute[Any]", Any], None]


@frozen(eq=False)
class Rule:
    """A validator of attrs that knows the keywords of JSON Schema for what it demands."""

    check: Check
    schema: Mapping[str, Any]

    def __call__(self, instance: object, attribute: "Attribute[Any]", value: Any) -> None:
        """Check a value, as attrs asks for it."""
        self.check(instance, attribute, value)


def rule(**schema: Any) -> Callable[[Check], Rule]:
    """Make a rule of a function that checks."""
    return lambda check: Rule(check, schema)
