"""Typed reads of a request's parameters. Nothing off the wire goes further without one.

The sentences begin as Jade's do, because its clients and test-suites look for them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from signer.formats import cbor

NETWORKS = {"mainnet": "mainnet", "testnet": "testnet", "localtest": "regtest"}
VARIANTS = {"wpkh(k)": "wpkh", "tr(k)": "tr", "pkh(k)": "pkh", "sh(wpkh(k))": "sh-wpkh"}
BUILT = ("wpkh", "tr")
DEEPEST = 16

_MAXIMUM = 0xFFFFFFFF


class BadParameter(Exception):
    """A parameter is missing or not what it should be. The message is for the peer."""


@dataclass(frozen=True, slots=True)
class Params:
    """The parameters of one request. A null is the same as nothing given."""

    given: Mapping[str | int, cbor.Value] = field(repr=False)

    @classmethod
    def of(cls, value: cbor.Value) -> "Params":
        """Parameters that must be there."""
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
        match self.given.get("network"):
            case str(name) if name in NETWORKS:
                return NETWORKS[name]
            case _:
                raise BadParameter("Failed to extract valid network from parameters")

    def path(self, *, may_be_empty: bool = False) -> tuple[int, ...]:
        """At most 16 numbers of 32 bits each."""
        steps = self.given.get("path")
        if not isinstance(steps, list) or len(steps) > DEEPEST or not (steps or may_be_empty):
            raise BadParameter(_PATH)
        return tuple(_step(step) for step in steps)

    def variant(self) -> str:
        match self.given.get("variant"):
            case str(name) if name in VARIANTS:
                return VARIANTS[name]
            case _:
                raise BadParameter("Invalid script variant parameter")

    def check_epoch(self) -> None:
        """A clock setting: read, so that a wrong one is told, and not needed here."""
        if self.has("epoch") and not _is_uint(self.given["epoch"]):
            raise BadParameter("Failed to extract valid epoch value from parameters")

    def entropy(self) -> bytes:
        match self.given.get("entropy"):
            case bytes(data) if data:
                return data
            case _:
                raise BadParameter("Failed to extract valid entropy bytes from parameters")

    def psbt(self) -> bytes:
        match self.given.get("psbt"):
            case bytes(data) if data:
                return data
            case _:
                raise BadParameter("Failed to extract psbt bytes from parameters")

    def is_path_element(self, name: str) -> bool:
        return _is_uint(self.given.get(name))


_PATH = "Failed to extract valid path from parameters"


def _step(step: cbor.Value) -> int:
    if isinstance(step, int) and _is_uint(step):
        return step
    raise BadParameter(_PATH)


def _is_uint(value: cbor.Value) -> bool:
    """True is an int to Python, and not a number to anyone else."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAXIMUM
