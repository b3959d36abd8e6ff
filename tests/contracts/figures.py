"""The house in figures: `python -m tests.contracts.figures` prints them, `test_figures` holds them.

Everything is read from the source as text; nothing of the project is run.
"""

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("signer", "firmware_emu", "host")
# Beside its own folder, the long trials of the wallet and its network, each a command too.
HOST_TESTS = ("tests/host", "tests/hostile_peers", "tests/model", "tests/scale")

# Words that name no thing. A name may hold one ("is_known"), and may not be one.
_WORDS = (
    "one ones each every all any both other others another rest whole same such it its "
    "this that these those what which who whose where when how why here there at of by to "
    "on off up under above below behind beyond before after between again around found "
    "made told said asked named shown given kept known seen gone got taken heard meant "
    "wanted owed owes due went come came begun put held has had was are would own ours "
    "mine their theirs us them they him more most less least much many few some now then "
    "still yet once twice never ever always so no thing things something nothing anything "
    "everything somebody nobody good bad wrong new old older newer apart together away "
    "alone about instead lent drawn brought "
)
GRAMMAR = frozenset(_WORDS.split())


@cache
def parsed(path: Path) -> ast.Module:
    """A module of the house; several figures are taken of each."""
    return ast.parse(path.read_text("utf-8"))


def sources(*packages: str) -> Iterator[tuple[Path, ast.Module]]:
    """Every module of these packages, parsed."""
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path, parsed(path)


def bound_names(tree: ast.Module) -> Iterator[str]:
    """Every name that a module binds: definitions, arguments, variables, attributes."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.ClassDef(name=name) | ast.arg(arg=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                yield name
            case _:
                pass


def grammar_names(package: str) -> tuple[Counter[str], int]:
    """The names of a package that are grammar only, and how many names it binds."""
    names = [name for _, tree in sources(package) for name in bound_names(tree)]
    names = [name for name in names if name not in {"self", "cls", "_"}]
    return Counter(n for n in names if n.strip("_").lower() in GRAMMAR), len(names)


def shared_class_names() -> dict[str, list[str]]:
    """Class names that stand for two things, and the modules that define them."""
    modules = defaultdict(list)
    for path, tree in sources(*PACKAGES):
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                modules[node.name].append(_name(path))
    return {name: files for name, files in sorted(modules.items()) if len(files) > 1}


def crowded_folders(limit: int = 12) -> dict[str, int]:
    """Folders of the signer and the device with more modules beside each other than `limit`."""
    counts = Counter(
        _name(path.parent)
        for path, _ in sources("signer", "firmware_emu")
        if path.name != "__init__.py"
    )
    return {folder: count for folder, count in counts.items() if count > limit}


def silent_raisers(package: str) -> tuple[list[str], int]:
    """Public functions that raise and do not say so; and how many public functions raise."""
    raisers = [
        (f"{_name(path)}:{function.lineno} {function.name}", documentation)
        for path, tree in sources(package)
        for function, documentation in _public_functions(tree)
        if any(isinstance(node, ast.Raise) and node.exc for node in _own_nodes(function))
    ]
    says_so = re.compile(r"[Rr]aises?\b|Refused|Malformed")
    return [name for name, text in raisers if not says_so.search(text)], len(raisers)


_Function = ast.FunctionDef | ast.AsyncFunctionDef


def _public_functions(
    node: ast.AST, class_documentation: str = ""
) -> Iterator[tuple[_Function, str]]:
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.ClassDef(name=name) if not name.startswith("_"):
                yield from _public_functions(child, ast.get_docstring(child) or "")
            case ast.FunctionDef(name="__init__" | "__post_init__"):
                yield child, (ast.get_docstring(child) or "") + class_documentation
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                if not name.startswith("_"):
                    yield child, ast.get_docstring(child) or ""
            case ast.ClassDef():
                pass
            case _:
                yield from _public_functions(child, class_documentation)


def _own_nodes(function: _Function) -> Iterator[ast.AST]:
    """The nodes of a function, without those of functions and classes inside it."""
    waiting = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield node
            waiting.extend(ast.iter_child_nodes(node))


def longest_function() -> tuple[int, str]:
    """Lines of the longest function, and where it is."""
    return max(
        ((node.end_lineno or 0) - node.lineno + 1, f"{_name(path)} {node.name}")
        for path, tree in sources(*PACKAGES)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def broad_excepts() -> list[str]:
    """Handlers that catch everything; each must raise again or end the process."""
    return [
        _name(path)
        for path, tree in sources(*PACKAGES)
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"})
    ]


def headless_files_of_the_app() -> list[str]:
    """Modules of `host/tui` that import nothing of Textual, and so stand in the wrong room."""
    return [
        _name(path)
        for path, tree in sources("host/tui")
        if path.name != "__init__.py" and not any("textual" in module for module in _imported(tree))
    ]


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def folders_of_the_device_that_name(word: str) -> set[str]:
    """Folders of the device in whose code a word stands."""
    return {
        _name(path.parent)
        for path, _ in sources("firmware_emu")
        if word in path.read_text("utf-8").lower()
    }


def lines(folder: str) -> int:
    """Lines of Python below a folder."""
    return sum(len(p.read_text("utf-8").splitlines()) for p in (ROOT / folder).rglob("*.py"))


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def table() -> Iterator[str]:
    """The figures, a line each."""
    for package in PACKAGES:
        names, total = grammar_names(package)
        yield f"names of {package} that are grammar only: {100 * names.total() / total:.1f} %"
        silent, raisers = silent_raisers(package)
        share = 100 * (raisers - len(silent)) / raisers
        yield f"public functions of {package} that raise and say so: {share:.0f} % of {raisers}"
    shared = shared_class_names()
    yield f"class names used for two things: {len(shared)} ({', '.join(shared)})"
    yield f"folders with more than 12 modules: {crowded_folders() or 'none'}"
    yield "longest function: {} lines ({})".format(*longest_function())
    yield f"broad excepts: {len(broad_excepts())} ({', '.join(broad_excepts())})"
    yield f"files of host/tui without Textual: {len(headless_files_of_the_app())}"
    bitcoin = sorted(folders_of_the_device_that_name("bitcoin"))
    yield f"folders of the device that name Bitcoin: {', '.join(bitcoin) or 'none'}"
    yield f"host tests : source: {sum(map(lines, HOST_TESTS)) / lines('host'):.2f}"


if __name__ == "__main__":
    print("\n".join(table()))  # noqa: T201  what this command is for
