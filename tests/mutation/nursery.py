"""Mutants that are felt when a module is imported: tables, constants, default values.

A process that has imported nothing of the project forks one that has the edit from the beginning.
"""

import marshal
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import find_spec
from multiprocessing import Pipe
from types import CodeType, ModuleType
from typing import Final

import pytest

LIBRARIES: Final = ("coincurve", "ecdsa", "cryptography", "bdkpython", "pbk", "embit", "wallycore")
ARGUMENTS: Final = (
    *(
        "-n0",
        "-q",
        "-p",
        "no:faulthandler",
        "-p",
        "no:randomly",
        "-p",
        "no:cacheprovider",
        "--tb=no",
        "--timeout=0",
    ),
    *("--hypothesis-profile=mutation", "-W", "ignore::pytest.PytestAssertRewriteWarning"),
)


class Nursery:
    """The process, forked when this is made: before anything of the project is imported."""

    def __init__(self) -> None:
        self._asked, asked = Pipe()
        if os.fork() == 0:
            self._asked.close()
            for name in LIBRARIES:
                if find_spec(name):
                    import_module(name)
            while True:
                try:
                    module, code, arguments, wall_seconds = asked.recv()
                except EOFError:
                    os._exit(0)
                asked.send(_born(module, marshal.loads(code), arguments, wall_seconds))
        asked.close()

    def status(
        self, module: str, code: CodeType, arguments: Sequence[str], wall_seconds: int
    ) -> int:
        """How pytest ends, as a status of wait(), where `module` has this code."""
        whole = [*ARGUMENTS, "-x", *arguments]
        self._asked.send((module, marshal.dumps(code), whole, wall_seconds))
        status: int = self._asked.recv()
        return status


def _born(module: str, code: CodeType, arguments: list[str], wall_seconds: int) -> int:
    child = os.fork()
    if child == 0:
        signal.alarm(wall_seconds)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        try:
            sys.meta_path.insert(0, _Finder(module.removesuffix(".__init__"), code))
            os._exit(pytest.main(arguments))
        finally:
            os._exit(pytest.ExitCode.INTERNAL_ERROR)
    return os.waitpid(child, 0)[1]


class _Loader(SourceFileLoader):
    code: CodeType

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 - as the interpreter calls it
        return self.code


class _Finder(MetaPathFinder):
    """Finds one module, with other code in it than its file has."""

    def __init__(self, module: str, code: CodeType) -> None:
        self._module = module
        self._code = code

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._module:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(fullname, spec.origin)
            spec.loader.code = self._code
        return spec
