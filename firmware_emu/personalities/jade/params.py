"""Typed reads of a request's parameters. Nothing off the wire goes further without one.

The sentences begin as Jade's do, because its clients and test-suites look for them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from signer.formats import cbor

CHAIN = "bitcoin"
NETWORKS = {"mainnet": "mainnet", "testnet": "testnet", "localtest": "regtest"}
VARIANTS = {"pkh(k)": "pkh", "sh(wpkh(k))": "sh(wpkh)", "wpkh(k)": "wpkh", "tr(k)": "tr"}
DEEPEST = 16
LONGEST_NAME = 15

MOST_SIGNERS = 15
PATH = "Failed to extract valid path from parameters"

_MAXIMUM = 0xFFFFFFFF


class BadParameter(Exception):
    """A parameter is missing or not what it should be. The message is for the peer."""


@dataclass(frozen=True, slots=True)
class Params:
    """The parameters of one request. A null is the same as nothing given."""

    given: Mapping[str | int, cbor.Value] = field(repr=False)

    @classmethod
    def of(cls, value: cbor.Value) -> "Params":
        """Parameters that must be there. Raises BadParameter."""
        if not isinstance(value, dict):
            raise BadParameter("Expecting parameters map")
        return cls(value)

    @classmethod
    def optional(cls, value: cbor.Value) -> "Params":
        return cls(value if isinstance(value, dict) else {})

    def has(self, name: str) -> bool:
        return self.given.get(name) is not None

    def flag(self, name: str) -> bool:
        return self.given.get(name) is True

    def network(self) -> str:
        """The chain's word for a network that Jade knows. Raises BadParameter."""
        match self.given.get("network"):
            case str(name) if name in NETWORKS:
                return NETWORKS[name]
            case _:
                raise BadParameter("Failed to extract valid network from parameters")

    def path(
        self, *, name: str = "path", may_be_empty: bool = False, sentence: str = PATH
    ) -> tuple[int, ...]:
        """At most 16 numbers of 32 bits each. Raises BadParameter."""
        return _path(self.given.get(name), sentence, may_be_empty=may_be_empty)

    def paths(self, sentence: str) -> tuple[tuple[int, ...], ...]:
        """A path for each signer, and at least one. Raises BadParameter."""
        match self.given.get("paths"):
            case [_, *_] as paths if len(paths) <= MOST_SIGNERS:
                return tuple(_path(path, sentence, may_be_empty=True) for path in paths)
            case _:
                raise BadParameter(sentence)

    def name(self, key: str, kind: str) -> str:
        """What to call an account: 1 to 15 letters that can be seen. Raises BadParameter."""
        match self.given.get(key):
            case str(name) if 1 <= len(name) <= LONGEST_NAME and all("!" <= c <= "~" for c in name):
                return name
            case _:
                raise BadParameter(f"Missing or invalid {kind} name parameter")

    def text(self, key: str, longest: int, sentence: str) -> str:
        """A text of 1 to so many letters. Raises BadParameter."""
        match self.given.get(key):
            case str(text) if 1 <= len(text) <= longest:
                return text
            case _:
                raise BadParameter(sentence)

    def data(self, key: str, size: int, sentence: str) -> bytes:
        """Exactly so many bytes. Raises BadParameter."""
        match self.given.get(key):
            case bytes(data) if len(data) == size:
                return data
            case _:
                raise BadParameter(sentence)

    def number(self, key: str, sentence: str, otherwise: int | None = None) -> int:
        """A number of 32 bits; `otherwise` where there is none. Raises BadParameter."""
        number = self.given.get(key)
        number = otherwise if number is None else number
        if isinstance(number, int) and _is_uint(number):
            return number
        raise BadParameter(sentence)

    def choice(self, key: str, sentence: str) -> bool:
        """True or false; false where there is nothing. Raises BadParameter."""
        match self.given.get(key):
            case bool() | None as chosen:
                return bool(chosen)
            case _:
                raise BadParameter(sentence)

    def variant(self) -> str:
        """A kind of address, as the chain calls it. Raises BadParameter."""
        match self.given.get("variant"):
            case str(name) if name in VARIANTS:
                return VARIANTS[name]
            case _:
                raise BadParameter("Invalid script variant parameter")

    def check_epoch(self) -> None:
        """A clock setting: it is not needed here. Raises BadParameter for a wrong one."""
        if self.has("epoch") and not _is_uint(self.given["epoch"]):
            raise BadParameter("Failed to extract valid epoch value from parameters")

    def entropy(self) -> bytes:
        """Some bytes. Raises BadParameter."""
        match self.given.get("entropy"):
            case bytes(data) if data:
                return data
            case _:
                raise BadParameter("Failed to extract valid entropy bytes from parameters")

    def psbt(self) -> bytes:
        """Some bytes; what they are is for the signer to see. Raises BadParameter."""
        match self.given.get("psbt"):
            case bytes(data) if data:
                return data
            case _:
                raise BadParameter("Failed to extract psbt bytes from parameters")

    def is_path_element(self, name: str) -> bool:
        return _is_uint(self.given.get(name))


def check_used(value: cbor.Value) -> None:
    """Raises BadParameter where a float, `undefined` or the like is inside (threat T99)."""
    match value:
        case cbor.Unused():
            raise BadParameter("Failed to extract valid values from parameters")
        case list():
            inner = value
        case dict():
            inner = [*value.values()]
        case cbor.Tag():
            inner = [value.value]
        case _:
            inner = []
    for item in inner:
        check_used(item)


def _path(steps: cbor.Value, sentence: str, *, may_be_empty: bool) -> tuple[int, ...]:
    if not isinstance(steps, list) or len(steps) > DEEPEST or not (steps or may_be_empty):
        raise BadParameter(sentence)
    return tuple(_step(step, sentence) for step in steps)


def _step(step: cbor.Value, sentence: str) -> int:
    if isinstance(step, int) and _is_uint(step):
        return step
    raise BadParameter(sentence)


def _is_uint(value: cbor.Value) -> bool:
    """True is an int to Python, and not a number to anyone else."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAXIMUM
