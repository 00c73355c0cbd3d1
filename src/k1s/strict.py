"""Converters that take a value as it is or not at all, and say in words what they wanted.

cattrs coerces by default (null to the text "None", true to 1, a text to a list
of letters). Here each type has a hook that does not, and what is wrong with a
document is found as one `Mistake` with the path that leads to it.
"""

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from functools import partial
from signal import Signals
from types import MappingProxyType
from typing import Any, Final, cast

from attrs import NOTHING, Attribute, fields_dict, frozen
from cattrs import AttributeValidationNote, ClassValidationError, Converter, ForbiddenExtraKeysError
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from k1s.errors import InvalidValueError, shown, shown_name
from k1s.job import JobType

MISSING: Final = "is missing"
_COMPARED_MAX: Final = 60

Rename = Callable[[str], str]
Hook = Callable[[Any, Any], Any]


@frozen
class Mistake:
    """What is wrong with a document, and where: a dotted path in the document's own spelling."""

    path: str
    problem: str

    def __str__(self) -> str:
        return f"{self.path} {self.problem}".lstrip()


class WrongTypeError(Exception):
    """A value is of another type; `path` leads from the attribute to the value."""

    def __init__(self, wants: str, got: str, path: str = "") -> None:
        super().__init__(wants)
        self.wants, self.got, self.path = wants, got, path


class ItemError(Exception):
    """An item of a list is wrong; `mistake` is what is wrong with it."""

    def __init__(self, index: int, mistake: Exception) -> None:
        super().__init__(str(mistake))
        self.index, self.mistake = index, mistake


def make_converter(  # noqa: PLR0913 (each says one thing of the documents)
    inputs: Iterable[type],
    outputs: Iterable[type] = (),
    rename: Rename = str,
    hooks: Mapping[Any, Hook] = MappingProxyType({}),
    lists: Mapping[type, str] = MappingProxyType({}),
    *,
    strict_keys: bool = True,
) -> Converter:
    """A strict converter of our own for these attrs classes; `rename` spells their attributes.

    `hooks` take the types that only these classes have, `lists` say in words
    what a list of such items is. A key that a class does not know is a mistake,
    unless the keys are not strict.

    What reads or writes a class is made when it is first used: most programs
    use a few of the classes only, and making it takes a millisecond for each.
    """
    converter = Converter(forbid_extra_keys=strict_keys)
    for of, hook in hooks.items():
        _register(converter, of, hook)
    for plain, hook in _PLAIN.items():
        converter.register_structure_hook(plain, hook)
    for item, wants in lists.items():
        _register(converter, tuple[item, ...], list_hook(converter, item, wants))  # type: ignore[valid-type]
    _register(converter, tuple[str, ...], _texts)
    _register(converter, Mapping[str, str], _variables)
    converter.register_unstructure_hook(Signals, operator.attrgetter("name"))

    def taking(cls: type) -> Hook:
        take: Hook = make_dict_structure_fn(
            cls, converter, _cattrs_forbid_extra_keys=strict_keys, **_overrides(cls, rename)
        )
        return _object_hook(take)

    def giving(cls: type) -> Callable[[Any], dict[str, Any]]:
        return make_dict_unstructure_fn(cls, converter, **_overrides(cls, rename))

    converter.register_structure_hook_factory(frozenset(inputs).__contains__, taking)
    converter.register_unstructure_hook_factory(frozenset(outputs).__contains__, giving)
    return converter


def mistakes(converter: Converter, of: type, values: Mapping[str, Any]) -> Iterator[Mistake]:
    """All that is wrong with the attributes of a class, from values that bear their names.

    Each is looked at by itself. Only if all are good, the rules between them are.
    """
    found = list(_mistakes_alone(converter, fields_dict(of), values))
    yield from found
    if not found:
        try:
            converter.structure(values, of)
        except ClassValidationError as error:
            yield first_mistake(error)


def _mistakes_alone(
    converter: Converter, attributes: Mapping[str, "Attribute[Any]"], values: Mapping[str, Any]
) -> Iterator[Mistake]:
    for name, attribute in attributes.items():
        if name not in values:
            if attribute.default is NOTHING:
                yield Mistake(name, MISSING)
            continue
        try:
            taken = converter.structure(values[name], cast("type[Any]", attribute.type))
            if attribute.validator is not None:
                attribute.validator(None, attribute, taken)
        except ClassValidationError as error:
            inner = first_mistake(error)
            yield Mistake(f"{name}.{inner.path}".removesuffix("."), inner.problem)
        except WrongTypeError as error:
            yield _mistake([name], error, str)
        except InvalidValueError as error:
            yield _mistake([], error, str)


def first_mistake(error: ClassValidationError, rename: Rename = str) -> Mistake:
    """The first thing that is wrong, from the tree of exceptions that cattrs raises."""
    path: list[str] = []
    cause: BaseException = error
    while True:
        match cause:
            case ClassValidationError():
                cause = cause.exceptions[0]
                path += [rename(name) for name in _names(cause)]
            case ItemError():
                path[-1] += f"[{cause.index}]"
                cause = cause.mistake
            case _:
                return _mistake(path, cause, rename)


def _names(cause: BaseException) -> Iterator[str]:
    """The attribute that cattrs was at."""
    for note in getattr(cause, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            yield note.name


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`: did you mean port?` where a known word is near, and nothing where none is."""
    from difflib import get_close_matches

    near = get_close_matches(word[:_COMPARED_MAX], list(known), n=1)
    return f": did you mean {near[0]}?" if near else ""


def keys(cls: type, rename: Rename = str) -> list[str]:
    """The keys of an attrs class, as a document spells them."""
    return [rename(name) for name in fields_dict(cls)]


def _mistake(path: list[str], cause: BaseException, rename: Rename) -> Mistake:
    match cause:
        case WrongTypeError():
            return Mistake(".".join(path) + cause.path, f"wants {cause.wants}, got {cause.got}")
        case InvalidValueError():
            # Only the attribute's name is respelled: a variable keeps its own.
            name, dot, variable = cause.field.partition(".")
            where = ".".join([*path, rename(name)]) + dot + variable
            return Mistake(where, f"wants {cause.wants}, got {cause.got}")
        case ForbiddenExtraKeysError():
            key = min(cause.extra_fields)
            hint = did_you_mean(key, keys(cause.cl, rename))
            return Mistake(".".join(path), f"has no key {shown(key)}{hint}")
        case KeyError():
            return Mistake(".".join(path), MISSING)
        case _:
            raise cause


def _register(converter: Converter, of: Any, hook: Hook) -> None:
    """A class takes the hook of an ancestor unless its own stands in the same list."""
    if isinstance(of, type):
        converter.register_structure_hook(of, hook)
    else:
        converter.register_structure_hook_func(partial(operator.eq, of), hook)


def _overrides(cls: type, rename: Rename) -> dict[str, Any]:
    return {name: override(rename=rename(name)) for name in fields_dict(cls)}


def _object_hook(hook: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def structure(value: object, of: type) -> Any:
        if type(value) is not dict:
            raise WrongTypeError("an object", shown(value))
        return hook(value, of)

    return structure


def _text(value: object, _: object) -> str:
    if type(value) is str:
        return value
    raise WrongTypeError("text", shown(value))


def _whole(value: object, _: object) -> int:
    if type(value) is int:
        return value
    raise WrongTypeError("a whole number", shown(value))


def _number(value: object, _: object) -> float:
    if type(value) is int or type(value) is float:
        return value
    raise WrongTypeError("a number", shown(value))


def _texts(value: object, _: object) -> tuple[str, ...]:
    if type(value) is not list:
        raise WrongTypeError("a list of texts", shown(value))
    for index, item in enumerate(value):
        if type(item) is not str:
            raise WrongTypeError("text", shown(item), f"[{index}]")
    return tuple(value)


def _variables(value: object, _: object) -> dict[str, str]:
    """The values may be secrets, so that no error quotes one."""
    if type(value) is not dict:
        raise WrongTypeError("an object of texts", _kind(value))
    for name, text in value.items():
        if type(text) is not str:
            raise WrongTypeError("text", "something else", f".{shown_name(name)}")
    return value


def _kind(value: object) -> str:
    """What a value is, without a word of it."""
    return shown(value) if isinstance(value, list) else "something else"


def _signal(value: object, _: object) -> Signals:
    """A name in any case, with or without its SIG: how people and the original client write it."""
    name = _text(value, str).upper()
    try:
        return Signals["SIG" + name.removeprefix("SIG")]
    except KeyError:
        raise WrongTypeError("the name of a signal such as SIGTERM", shown(value)) from None


def _flag(value: object, _: object) -> bool:
    if type(value) is bool:
        return value
    raise WrongTypeError("true or false", shown(value))


def enum_hook(of: type[StrEnum], wants: str) -> Hook:
    """Take a text that is one of the values."""

    def structure(value: object, _: object) -> Any:
        if type(value) is str and value in list(of):
            return of(value)
        raise WrongTypeError(wants, shown(value))

    return structure


def list_hook(converter: Converter, item: type, wants: str) -> Hook:
    """Take a list of such items; a mistake in one is an `ItemError`."""

    def structure(value: object, _: object) -> tuple[Any, ...]:
        if type(value) is not list:
            raise WrongTypeError(wants, shown(value))
        return tuple(_item(converter, item, index, each) for index, each in enumerate(value))

    return structure


def _item(converter: Converter, item: type, index: int, value: object) -> Any:
    try:
        return converter.structure(value, item)
    except (WrongTypeError, ClassValidationError) as error:
        raise ItemError(index, error) from None


def _job_type(value: object, _: object) -> JobType:
    try:
        return JobType(_text(value, str))
    except ValueError:
        raise WrongTypeError("one-time, periodic or continuous", shown(value)) from None


_PLAIN: Final[Mapping[type, Callable[[object, object], Any]]] = {
    str: _text,
    int: _whole,
    float: _number,
    bool: _flag,
    Signals: _signal,
    JobType: _job_type,
}
