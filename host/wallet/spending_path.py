"""The paths on which the coins of a wallet can be spent: who signs, and from when on.

They are read from BDK's policy, and a payment keeps to one of them: the one with the fewest locks,
or the one that was chosen by its number.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from itertools import combinations, product
from typing import Any

import bdkpython as bdk

from host.errors import BadInput
from host.wallet.bdk_adapter import EXTERNAL, INTERNAL

MOST_PATHS = 16  # more lines nobody reads
_LOCKS = ("ABSOLUTETIMELOCK", "RELATIVETIMELOCK")
_FIRST_TIME = 500_000_000  # BIP65
_UNIT_S, _IN_UNITS, _NO_LOCK = 512, 1 << 22, 1 << 31  # BIP68
_NOBODY = "50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0"  # BIP341


@dataclass(frozen=True, slots=True)
class PathLocks:
    """From when on: a coin's age in blocks (BIP68) or seconds, a height or a time (BIP65)."""

    blocks: int = 0
    seconds: int = 0
    height: int = 0
    time: int = 0

    def with_those(self, other: "PathLocks") -> "PathLocks":
        """Both are to be met."""
        names = [item.name for item in fields(self)]
        return PathLocks(*(max(getattr(self, name), getattr(other, name)) for name in names))


@dataclass(frozen=True, slots=True)
class PathKey:
    """A key by its master fingerprint, 8 hex digits, or by the beginning of the key itself."""

    fingerprint: str


@dataclass(frozen=True, slots=True)
class Preimage:
    """Somebody knows the bytes behind this digest, in hex."""

    digest: str


@dataclass(frozen=True, slots=True)
class KeyGroup:
    """So many of these are needed."""

    count: int
    members: "tuple[Signers, ...]"


Signers = PathKey | Preimage | KeyGroup


@dataclass(frozen=True, slots=True)
class PolicyPath:
    """One way to spend. `items` are those to be met of each condition, by BDK's name of it."""

    signers: Signers
    locks: PathLocks
    items: Mapping[str, list[int]]


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a path; a lock has no signers."""

    signers: tuple[Signers, ...] = ()
    locks: PathLocks = PathLocks()
    choices: tuple[tuple[str, tuple[int, ...]], ...] = ()


def of(wallet: "bdk.Wallet", branch: "bdk.KeychainKind" = EXTERNAL) -> tuple[PolicyPath, ...]:
    """All paths, in the order of the script. Raises BadInput when they are too many to list."""
    policy = wallet.policies(branch)
    parts = _parts(json.loads(policy.as_string())) if policy is not None else []
    return tuple(
        PolicyPath(
            _together(part.signers),
            part.locks,
            {name: list(indexes) for name, indexes in part.choices},
        )
        for part in parts
    )


def numbered(
    wallet: "bdk.Wallet", number: int, branch: "bdk.KeychainKind" = EXTERNAL
) -> PolicyPath:
    """The path of that number, from 1. Raises BadInput when there is none."""
    paths = of(wallet, branch)
    if not 1 <= number <= len(paths):
        raise BadInput(
            f"This wallet has no path {number}. No payment was created. `quietkey wallet paths`"
            " lists those that it has."
        )
    return paths[number - 1]


def chosen(builder: "bdk.TxBuilder", wallet: "bdk.Wallet", number: int = 0) -> "bdk.TxBuilder":
    """The builder, told which conditions the payment is to meet: those of the path `number`.

    Without a number, with as few locks as there can be. BDK asks for it where the conditions differ
    in what they want of a payment (older, after). Raises BadInput: there is no such path.
    """
    for branch in (EXTERNAL, INTERNAL):
        if number:
            builder = builder.policy_path(dict(numbered(wallet, number, branch).items), branch)
            continue
        policy = wallet.policies(branch)
        if policy is not None and policy.requires_path():
            path: dict[str, list[int]] = {}
            _choose(json.loads(policy.as_string()), path)
            builder = builder.policy_path(path, branch)
    return builder


def usual(wallet: "bdk.Wallet") -> int:
    """The number of the path that is taken when none is chosen, if it has locks; else 0."""
    policy = wallet.policies(EXTERNAL)
    if policy is None:
        return 0
    conditions: dict[str, list[int]] = {}
    if not _choose(json.loads(policy.as_string()), conditions):
        return 0
    with suppress(BadInput):  # too many to have numbers
        for number, path in enumerate(of(wallet), 1):
            if all(conditions.get(name) == items for name, items in path.items.items()):
                return number
    return 0


def number_of(wallet: "bdk.Wallet", transaction: "bdk.Transaction") -> int:
    """The path whose lock by age a payment of ours has in all inputs (BIP68); 0 when it has none.

    What takes its place keeps to the same path: those who signed it can sign that, too.
    """
    sequences = {txin.sequence for txin in transaction.input()}
    if any(sequence & _NO_LOCK for sequence in sequences):
        return 0
    with suppress(BadInput):
        for number, path in enumerate(of(wallet), 1):
            units = path.locks.seconds // _UNIT_S
            if sequences == {_IN_UNITS | units if units else path.locks.blocks}:
                return number
    return 0


def missing(signers: Signers, signed: Collection[str]) -> int:
    """How many signatures are needed beside those of the fingerprints in `signed`, at least."""
    match signers:
        case PathKey(fingerprint):
            return int(fingerprint not in signed)
        case KeyGroup(count, members):
            return sum(sorted(missing(member, signed) for member in members)[:count])
        case _:
            return 0


def _choose(node: Mapping[str, Any], path: dict[str, list[int]]) -> int:
    """How many locks are left when the conditions with the fewest are met; these go into `path`."""
    if node["type"] != "THRESH":
        return int(node["type"] in _LOCKS)
    locks = [_choose(item, path) for item in node["items"]]
    order = sorted(range(len(locks)), key=locks.__getitem__)
    path[node["id"]] = sorted(order[: node["threshold"]])
    return sum(locks[index] for index in path[node["id"]])


def _parts(node: Mapping[str, Any]) -> list[_Part]:
    match node["type"]:
        case "THRESH":
            return _of_threshold(node)
        case "MULTISIG":
            members = tuple(PathKey(_key_name(key)) for key in node["keys"])
            return [_Part((KeyGroup(node["threshold"], members),))]
        case "ABSOLUTETIMELOCK":
            value = node["value"]
            locks = PathLocks(time=value) if value >= _FIRST_TIME else PathLocks(height=value)
            return [_Part(locks=locks)]
        case "RELATIVETIMELOCK":
            value = node["value"]
            locks = PathLocks(value.get("Blocks", 0), value.get("Time", 0) * _UNIT_S)
            return [_Part(locks=locks)]
        case _ if "hash" in node:
            return [_Part((Preimage(node["hash"]),))]
        case _:
            name = _key_name(node)
            return [] if name == _NOBODY else [_Part((PathKey(name[:8]),))]


def _key_name(key: Mapping[str, Any]) -> str:
    names = (key.get(name) for name in ("fingerprint", "x_only_pubkey", "pubkey"))
    return str(next(filter(None, names), "?"))


def _of_threshold(node: Mapping[str, Any]) -> list[_Part]:
    """Each choice apart, but signatures to be chosen from stay together.

    Raises BadInput when there are too many.
    """
    inside = [_parts(item) for item in node["items"]]
    possible = [index for index, parts in enumerate(inside) if parts]
    count = node["threshold"]
    is_choice = count == 1 < len(possible) and not all(map(_is_key, node["items"]))
    keys = [] if is_choice else [index for index in possible if _only_signs(inside[index])]
    branches = [index for index in possible if index not in keys]
    paths: list[_Part] = []
    for number in range(max(count - len(keys), 0), min(count, len(branches)) + 1):
        for indexes in combinations(branches, number):
            for parts in product(*(inside[index] for index in indexes)):
                signers = [inside[index][0] for index in keys]
                items = sorted((*keys[: count - number], *indexes))
                paths.append(_all_of(parts, signers, count - number, (node["id"], tuple(items))))
                if len(paths) > MOST_PATHS:
                    raise BadInput(
                        f"This wallet can be spent on more than {MOST_PATHS} paths: none can be"
                        " chosen here, and a payment takes the one with the fewest locks."
                    )
    return paths


def _is_key(item: Mapping[str, Any]) -> bool:
    return item["type"] in {"ECDSASIGNATURE", "SCHNORRSIGNATURE"}


def _only_signs(parts: Sequence[_Part]) -> bool:
    return len(parts) == 1 and bool(parts[0].signers) and parts[0].locks == PathLocks()


def _all_of(
    parts: Sequence[_Part],
    keys: Sequence[_Part],
    count: int,
    item: tuple[str, tuple[int, ...]],
) -> _Part:
    """All of `parts`, and `count` of the `keys`."""
    locks, items = PathLocks(), [item]
    for part in (*parts, *keys):
        locks = locks.with_those(part.locks)
        items += part.choices
    signers = [signer for part in parts for signer in part.signers]
    members = tuple(_together(part.signers) for part in keys)
    if count == len(members):
        signers = [*members, *signers]
    elif count:
        signers = [KeyGroup(count, members), *signers]
    return _Part(tuple(signers), locks, tuple(items))


def _together(signers: Iterable[Signers]) -> Signers:
    """All of these, without an "all of" directly in another."""
    flat: list[Signers] = []
    for signer in signers:
        if isinstance(signer, KeyGroup) and signer.count == len(signer.members):
            flat += signer.members
        else:
            flat.append(signer)
    return flat[0] if len(flat) == 1 else KeyGroup(len(flat), tuple(flat))
