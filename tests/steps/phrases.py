"""Patterns of steps: short to write, and too strict to match each other's sentences."""

import re
from typing import Any

from pytest_bdd import parsers

_FIELD = re.compile(r'("?)\{(\w+)(?::(\w+))?\}("?)')
_KINDS = {"d": r"-?\d+", "f": r"\d+(?:\.\d+)?", "word": r"[\w-]+", "rest": r".*"}
_CONVERT = {"d": int, "f": float}


class Phrase(parsers.re):
    """A sentence with fields: "{x}" is text in quotes, {n:d} a number, {s:f} seconds."""

    def __init__(self, sentence: str) -> None:
        """Turn the sentence into a strict regular expression."""
        self.kinds = {name: kind for _, name, kind, _ in _FIELD.findall(sentence)}
        super().__init__(_expression(sentence), re.DOTALL)

    def parse_arguments(self, name: str) -> dict[str, Any] | None:
        """The fields of a sentence, numbers as numbers."""
        found = super().parse_arguments(name)
        if found is None:
            return None
        return {key: _CONVERT.get(self.kinds[key], str)(value) for key, value in found.items()}


def _expression(sentence: str) -> str:
    """The regular expression of a sentence with fields."""
    parts: list[str] = []
    end = 0
    for field in _FIELD.finditer(sentence):
        parts += [re.escape(sentence[end : field.start()]), _group(field)]
        end = field.end()
    return "".join([*parts, re.escape(sentence[end:])])


def _group(field: re.Match[str]) -> str:
    """The group of one field; quoted text without a kind holds no quotes itself."""
    before, name, kind, after = field.groups()
    expression = _KINDS[kind] if kind else r'[^"]*'
    return f"{before}(?P<{name}>{expression}){after}"


def phrase(sentence: str) -> Phrase:
    """The pattern of a step, from its sentence with fields."""
    return Phrase(sentence)
