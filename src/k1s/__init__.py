"""k1s runs programs for you on a Linux machine and keeps its word about them.

For programs: `from k1s import Client`, and whatever else `k1s.library` names.
It is loaded when it is asked for, so that the command line does not pay for it.
"""

__version__ = "0.1.0"

TYPE_CHECKING = False  # type checkers know better; `typing` itself would cost time
if TYPE_CHECKING:
    from k1s.library import *  # noqa: F403 (its `__all__` is the list)
else:

    def __getattr__(name: str) -> object:
        # The modules of the package begin with a small letter, and are not ours to find.
        if name[:1].isupper():
            from k1s import library

            if name in library.__all__:
                return getattr(library, name)
        raise AttributeError(f"module 'k1s' has no attribute {name!r}")

    def __dir__() -> list[str]:
        from k1s import library

        return [*globals(), *library.__all__]
