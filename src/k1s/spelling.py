"""How one name is spelled in Python and on the wire."""


def camel_case(name: str) -> str:
    """`period_in_seconds` as the wire spells it: `periodInSeconds`."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
