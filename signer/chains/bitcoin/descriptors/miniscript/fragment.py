"""A miniscript as a value: fragments within fragments, each of them well typed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from signer.chains.bitcoin.descriptors.miniscript import assembly, costs, limits, types
from signer.chains.bitcoin.descriptors.miniscript.table import FragmentNode, K, is_wrapper
from signer.errors import Malformed

T = TypeVar("T")

# What the letters of a type must say of a whole script, in the order in which it is worth knowing.
_SANE = {
    "B": "It is no whole script",
    "s": "It can be spent without any signature",
    "m": "Somebody else could change the witness of a payment",
    "k": "It waits for a time and a height at once, which can never come",
}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Fragment(FragmentNode[K], Generic[K]):
    """A fragment and those inside it, in the order of the text. Raises Malformed where they misfit.

    Nothing here recurses: Python would give up on a script that consensus allows.
    """

    subs: "tuple[Fragment[K], ...]" = ()
    type: types.Type = field(init=False)

    def __post_init__(self) -> None:
        type_ = types.type_of(self, [sub.type for sub in self.subs])
        if not type_ & types.BASES:
            raise Malformed(f"{self.name} does not fit the fragments inside it.")
        object.__setattr__(self, "type", type_)

    def __eq__(self, value: object) -> bool:
        return isinstance(value, Fragment) and self._flat() == value._flat()

    def __hash__(self) -> int:
        return hash(self._flat())

    def __str__(self) -> str:
        return self.render()

    def __repr__(self) -> str:
        return f"Fragment({self})"

    def walk(self) -> "Iterator[Fragment[K]]":
        """All fragments in text order, those inside before the one that holds them."""
        order, left = [], [self]
        while left:
            order.append(fragment := left.pop())
            left.extend(fragment.subs)
        return reversed(order)

    def fold(self, combine: "Callable[[Fragment[K], list[T]], T]") -> T:
        """`combine` of this fragment and what it gave for each fragment inside."""
        done: list[T] = []
        for fragment in self.walk():
            first = len(done) - len(fragment.subs)
            done[first:] = [combine(fragment, done[first:])]
        return done[0]

    def keys(self) -> tuple[K, ...]:
        """All keys, in the order of the text, repeated ones too."""
        return tuple(key for fragment in self.walk() for key in fragment.own_keys)

    def compile(self, resolve: Callable[[K], bytes]) -> bytes:
        """The script. `resolve` gives the bytes of a key, 33 in P2WSH and 32 in tapscript."""
        return self.fold(
            lambda node, subs: assembly.script_of(
                node, tuple(resolve(key) for key in node.own_keys), subs
            )
        )

    def render(self, key: Callable[[K], str] = str) -> str:
        """The text that this is parsed from. `key` writes a key as the text had it."""
        wrappers, inner = self.fold(
            lambda node, subs: _text(node, [key(own_key) for own_key in node.own_keys], subs)
        )
        return wrappers + inner

    def check_sane(self) -> None:
        """Raises Malformed, in words for a person, unless the script keeps coins safe (BIP379).

        It takes a signature to spend, on every path; nobody else can change a witness; no path
        mixes times and heights; no key stands twice; all of it stays within consensus and policy.
        """
        for letter, sentence in _SANE.items():
            if letter not in self.type:
                raise Malformed(f"{sentence}.")
        if len(set(self.keys())) < len(self.keys()):
            raise Malformed("A key stands twice in the script.")
        for fragment in self.walk():
            if fragment.name == "older":
                limits.check_older(fragment.number)
        script = self.compile(lambda _key: bytes(self.context.key_bytes))
        limits.check(self.context, script, self._worst(), self.fold(_height))

    @property
    def max_witness_bytes(self) -> int:
        """The largest witness that spends, without the script: items with their compact sizes.

        Of those that nobody else can change. Raises Malformed if there is none.
        """
        return self._worst().size

    def _worst(self) -> costs.WitnessCost:
        worst = self.fold(costs.costs_of).satisfied
        if worst is None:
            raise Malformed("Nothing can satisfy the script.")
        return worst

    def _flat(self) -> tuple[object, ...]:
        return tuple(
            (f.context, f.name, f.number, f.digest, f.own_keys, len(f.subs)) for f in self.walk()
        )


def _text(
    node: FragmentNode[Any], keys: list[str], subs: Sequence[tuple[str, str]]
) -> tuple[str, str]:
    """The wrappers of a fragment with their colon, and the fragment itself."""
    if is_wrapper(node.name):
        [(wrappers, inner)] = subs
        return node.name + (wrappers or ":"), inner
    number = [str(node.number)] if node.number else []
    digest = [node.digest.hex()] if node.digest else []
    inside = ",".join((*number, *digest, *keys, *(w + inner for w, inner in subs)))
    return "", f"{node.name}({inside})" if inside else node.name


def _height(fragment: Fragment[Any], subs: list[int]) -> int:
    """How far tapscript piles up the stack beyond the items of its witness, or a little more.

    In P2WSH the keys of multi() come on top, 20 at most: the bound of items is far lower there.
    """
    # The result of X lies there while the next one of and_b, or_b or thresh runs.
    if subs:
        return max(subs) + any("W" in sub.type for sub in fragment.subs)
    return 2 if fragment.digest or fragment.name in ("pk_h", "pkh") else 1
