"""What can be changed in a module, one thing at a time, as edits of its syntax tree.

Not changed: what a person reads and no program (texts with a space in them, whatever a `raise`
says, docstrings), annotations, decorators (so the flags of dataclasses), `strict=`, `repr=`,
`__all__`.
"""

import ast
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from types import CodeType
from typing import Any, Final

FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)
NOT_CHANGED: Final = {"annotation", "returns", "decorator_list", "bases", "ctx"}
ERRORS: Final = {"Malformed", "Refused", "CrossCheckFailed"}
AROUND: Final = 24  # characters shown before and behind what an edit changes

# The neighbour (off by one) first, then the contrary.
COMPARISONS: Final[Mapping[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
OPERATORS: Final[Mapping[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
}
NAMES: Final = {"any": "all", "all": "any", "min": "max", "max": "min"}
TEXTS: Final = {"little": "big", "big": "little"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One edit. `lines` are those whose execution can make it felt; at import, if not `called`."""

    module: str
    text: str  # function: before -> after
    lines: range
    called: bool
    parent: ast.AST
    field: str
    place: int | None  # in a list of nodes
    new: ast.AST


class Source:
    """A module's syntax tree, and its mutants."""

    def __init__(self, module: str, path: Path) -> None:
        self.module = module
        self.path = path
        self.tree = ast.parse(path.read_bytes(), str(path))
        self.mutants = tuple(_told_apart(self._of(self.tree, (), called=False)))

    def compiled(self) -> CodeType:
        code: CodeType = compile(self.tree, str(self.path), "exec", dont_inherit=True)
        return code

    @contextmanager
    def edited(self, mutant: Mutant) -> Iterator[None]:
        """The tree, with this one edit."""
        old = _put(mutant, mutant.new)
        try:
            yield
        finally:
            _put(mutant, old)

    def _of(self, node: ast.AST, scope: tuple[str, ...], *, called: bool) -> Iterator[Mutant]:
        if _is_said(node):
            return
        for field, place, child in _children(node):
            # A default value is computed where the function is made, not where it is called.
            runs = called or (field == "body" and isinstance(node, (*FUNCTIONS, ast.Lambda)))
            for new in _replacements(node, field, child):
                lines = _lines(new if isinstance(new, ast.Match) else child)
                text = ".".join(scope) + ": " + _shown(_source(child), _source(new))
                fixed = ast.fix_missing_locations(ast.copy_location(copy(new), child))
                yield Mutant(self.module, text, lines, runs, node, field, place, fixed)
            inner = (*scope, child.name) if isinstance(child, (*FUNCTIONS, ast.ClassDef)) else scope
            yield from self._of(child, inner, called=runs)


def _told_apart(found: Iterator[Mutant]) -> Iterator[Mutant]:
    """The same edit at two places of one function is told apart by a number."""
    seen: Counter[str] = Counter()
    for mutant in found:
        seen[mutant.text] += 1
        nth = seen[mutant.text]
        yield mutant if nth == 1 else replace(mutant, text=f"{mutant.text} ({nth})")


def _put(mutant: Mutant, node: ast.AST) -> ast.AST:
    """Puts a node in the mutant's place and returns what was there."""
    if mutant.place is None:
        old: ast.AST = getattr(mutant.parent, mutant.field)
        setattr(mutant.parent, mutant.field, node)
        return old
    nodes = getattr(mutant.parent, mutant.field)
    old, nodes[mutant.place] = nodes[mutant.place], node
    return old


def _children(node: ast.AST) -> Iterator[tuple[str, int | None, ast.AST]]:
    for field, value in ast.iter_fields(node):
        if field in NOT_CHANGED:
            continue
        if isinstance(value, ast.AST):
            yield field, None, value
        elif isinstance(value, list):
            places = ((at, one) for at, one in enumerate(value) if isinstance(one, ast.AST))
            yield from ((field, at, one) for at, one in places)


def _is_said(node: ast.AST) -> bool:
    """What only a person reads."""
    match node:
        case ast.Raise() | ast.JoinedStr() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name in ERRORS
        case ast.keyword(arg="strict" | "repr") | ast.Assign(targets=[ast.Name(id="__all__")]):
            return True
        case _:
            return False


def _lines(node: ast.AST) -> range:
    match node:
        case ast.If(test=head) | ast.While(test=head) | ast.For(iter=head):
            return _lines(head)
        case _:
            pass
    first = getattr(node, "lineno", 0)
    return range(first, (getattr(node, "end_lineno", None) or first) + 1)


def _source(node: ast.AST) -> str:
    if isinstance(node, ast.Match):
        return ", ".join(f"case {ast.unparse(case.pattern)}" for case in node.cases)
    text = " ".join(ast.unparse(node).split())
    return text.encode("ascii", "backslashreplace").decode()


def _shown(old: str, new: str) -> str:
    """Both, with what is the same at their ends cut short."""
    head = _alike(old, new)
    tail = _alike(old[head:][::-1], new[head:][::-1])
    start, end = max(head - AROUND, 0), max(tail - AROUND, 0)
    left, right = "..." if start else "", "..." if end else ""
    cut = (text[start : len(text) - end] for text in (old, new))
    return " -> ".join(f"{left}{_middle(text)}{right}" for text in cut)


def _alike(old: str, new: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(old, new, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(old), len(new)))


def _middle(text: str) -> str:
    return text if len(text) <= 4 * AROUND else f"{text[: 2 * AROUND]} ... {text[-AROUND:]}"


def _replacements(parent: ast.AST, field: str, node: ast.AST) -> Iterator[ast.AST]:
    is_condition = isinstance(node, ast.expr) and (
        field in {"test", "ifs", "guard"} or (isinstance(parent, ast.Return) and _is_bool(node))
    )
    if is_condition:
        # That a loop never ends needs no test.
        yield from map(_constant, (False,) if isinstance(parent, ast.While) else (True, False))
    for kind, edits in EDITS.items():
        if isinstance(node, kind):
            found = edits(node)
            # True and False instead of a condition are stronger than its contrary.
            yield from (one for one in found if not (is_condition and _is_contrary(node, one)))
    if isinstance(node, ast.Raise) and not isinstance(parent, ast.If):
        yield ast.Pass()  # as for the others, False instead of the condition says it
    if field == "iter":
        yield ast.Tuple(elts=[], ctx=ast.Load())
    if isinstance(parent, ast.Return) and not is_condition and ast.unparse(node) != "None":
        yield _constant(None)


def _is_bool(node: ast.AST) -> bool:
    return isinstance(node, ast.Compare | ast.BoolOp) or (
        isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    )


def _is_contrary(old: ast.AST, new: ast.AST) -> bool:
    if isinstance(old, ast.UnaryOp):
        return True
    if not (isinstance(old, ast.Compare) and isinstance(new, ast.Compare)):
        return False
    pairs = zip(old.ops, new.ops, strict=True)
    return len(old.ops) == 1 and any(type(b) is COMPARISONS[type(a)][-1] for a, b in pairs)


def _constant(value: object) -> ast.Constant:
    return ast.Constant(value=value)  # type: ignore[arg-type]


def _with(node: ast.AST, **fields: object) -> ast.AST:
    new = copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def _without(items: Sequence[Any], place: int) -> list[Any]:
    return [one for at, one in enumerate(items) if at != place]


def _compare(node: ast.Compare) -> Iterator[ast.AST]:
    for place, op in enumerate(node.ops):
        for other in COMPARISONS[type(op)]:
            ops = [*node.ops]
            ops[place] = other()
            yield _with(node, ops=ops)
    match node:
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[ast.Tuple() | ast.Set() as of]):
            for place in range(len(of.elts) if len(of.elts) > 1 else 0):
                yield _with(node, comparators=[_with(of, elts=_without(of.elts, place))])
        case _:
            pass


def _bool_op(node: ast.BoolOp) -> Iterator[ast.AST]:
    yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
    for place in range(len(node.values)):
        left = _without(node.values, place)
        yield left[0] if len(left) == 1 else _with(node, values=left)


def _bin_op(node: ast.BinOp) -> Iterator[ast.AST]:
    if type(node.op) in OPERATORS:
        yield _with(node, op=OPERATORS[type(node.op)]())


def _aug_assign(node: ast.AugAssign) -> Iterator[ast.AST]:
    yield ast.Pass()
    if type(node.op) in OPERATORS:
        yield _with(node, op=OPERATORS[type(node.op)]())


def _unary_op(node: ast.UnaryOp) -> Iterator[ast.AST]:
    yield node.operand


def _value(node: ast.Constant) -> Iterator[ast.AST]:
    match node.value:
        case bool(value):
            yield _constant(not value)
        case int(value):
            yield from map(_constant, (value + 1, value - 1))
        case bytes(value):
            yield _constant(value[:-1] + bytes((value[-1] ^ 1,)) if value else b"\x01")
        case str(value) if " " not in value:
            yield _constant(TEXTS.get(value, value + "X"))


def _call(node: ast.Call) -> Iterator[ast.AST]:
    match node.func:
        case ast.Name(id=name) if name in NAMES:
            yield _with(node, func=ast.Name(id=NAMES[name], ctx=ast.Load()))
    for place, keyword in enumerate(node.keywords):
        if keyword.arg != "strict":
            yield _with(node, keywords=_without(node.keywords, place))


def _slice(node: ast.Slice) -> Iterator[ast.AST]:
    yield from (_with(node, **{end: None}) for end in ("lower", "upper", "step") if _has(node, end))


def _has(node: ast.AST, name: str) -> bool:
    return getattr(node, name) is not None


def _match(node: ast.Match) -> Iterator[ast.AST]:
    if len(node.cases) > 1:
        for place, case in enumerate(node.cases):
            # Who does not come into a case's body does not miss the case.
            yield ast.copy_location(_with(node, cases=_without(node.cases, place)), case.body[0])


def _expression(node: ast.Expr) -> Iterator[ast.AST]:
    if not isinstance(node.value, ast.Constant):
        yield ast.Pass()


def _assign(node: ast.Assign) -> Iterator[ast.AST]:
    # A name that is never given its value is missed at once; a field may not be.
    if all(isinstance(target, ast.Attribute | ast.Subscript) for target in node.targets):
        yield ast.Pass()


def _delete(_node: ast.AST) -> Iterator[ast.AST]:
    yield ast.Pass()


EDITS: Final[Mapping[Any, Callable[[Any], Iterator[ast.AST]]]] = {
    ast.Compare: _compare,
    ast.BoolOp: _bool_op,
    ast.BinOp: _bin_op,
    ast.UnaryOp: _unary_op,
    ast.Constant: _value,
    ast.Call: _call,
    ast.Slice: _slice,
    ast.Match: _match,
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AugAssign: _aug_assign,
    (ast.Delete, ast.Break, ast.Continue): _delete,
}
