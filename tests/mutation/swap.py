"""Changes functions of a running process in place, so that every name of them sees it."""

import gc
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import _lru_cache_wrapper
from types import CodeType, FunctionType

from tests.mutation.mutants import Mutant, Source

Key = tuple[str, int, int]  # qualified name, first line, and which of several there
Print = tuple[str, str, bytes, tuple[object, ...]]  # file, name, instructions, their places
Swap = tuple[FunctionType, CodeType]


class NotSwappable(Exception):
    """The edit is felt at import only, or is no Python, or changes what a closure holds."""


class Live:
    """The functions of a process, by where they stand in the source."""

    def __init__(self, root: str) -> None:
        """`root`: the folder of the source."""
        self._functions: dict[Print, list[FunctionType]] = {}
        for one in gc.get_objects():
            if isinstance(one, FunctionType) and one.__code__.co_filename.startswith(root):
                self._functions.setdefault(_print(one.__code__), []).append(one)
        self._unchanged: tuple[Source | None, dict[Key, CodeType]] = (None, {})

    def swaps(self, source: Source, mutant: Mutant) -> list[Swap]:
        """What is to be put where. Raises NotSwappable."""
        with source.edited(mutant):
            after = _by_key(compiled(source))
        found = []
        for key, old in self._before(source).items():
            new = after.get(key)
            if new is None or new == old:
                continue
            for function in self._functions.get(_print(old), ()):
                if len(new.co_freevars) != len(old.co_freevars):
                    raise NotSwappable
                found.append((function, new))
        if not found:
            raise NotSwappable
        return found

    def _before(self, source: Source) -> dict[Key, CodeType]:
        if self._unchanged[0] is not source:
            self._unchanged = (source, _by_key(compiled(source)))
        return self._unchanged[1]


def apply(swaps: Sequence[Swap]) -> None:
    """Puts the codes in place and forgets what was computed with the old ones."""
    for function, code in swaps:
        function.__code__ = code
    for one in gc.get_objects():
        if isinstance(one, _lru_cache_wrapper):
            one.cache_clear()


def _print(code: CodeType) -> Print:
    """Codes that ran are no longer equal to themselves fresh: the interpreter adapts them."""
    return code.co_filename, code.co_qualname, code.co_code, (*code.co_positions(),)


def compiled(source: Source) -> CodeType:
    """The module as its tree is now. Raises NotSwappable."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        try:
            return source.compiled()
        except SyntaxError:
            raise NotSwappable from None


def _by_key(module: CodeType) -> dict[Key, CodeType]:
    seen: Counter[tuple[str, int]] = Counter()
    codes = {}
    for code in _inside(module):
        place = (code.co_qualname, code.co_firstlineno)
        codes[*place, seen[place]] = code
        seen[place] += 1
    return codes


def _inside(code: CodeType) -> Iterator[CodeType]:
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield one
            yield from _inside(one)
