"""Which spending paths of a registered account the signatures of a payment are for (T22, T84).

A signature whose locks this payment does not meet opens nothing, however right it is. Sequence and
locktime are in the payment, so the device can tell. What others have signed already is verified
here, and is not needed any more; parts of joint signatures are not counted.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from signer.chains.bitcoin import units
from signer.chains.bitcoin.accounts import policy_words
from signer.chains.bitcoin.accounts.account import PolicyAccount
from signer.chains.bitcoin.accounts.registration import own_numbers_of
from signer.chains.bitcoin.descriptors.conditions import (
    ALWAYS,
    NEVER,
    Condition,
    NotBefore,
    OlderThan,
    Signature,
    Threshold,
    fold,
    spending_paths,
    threshold,
)
from signer.chains.bitcoin.network import BIP68_DISABLED, FINAL_SEQUENCE, LOCKTIME_THRESHOLD
from signer.chains.bitcoin.payment import signatures
from signer.chains.bitcoin.payment.inputs import SpentInput
from signer.chains.bitcoin.payment.payment import CheckedPayment
from signer.chains.bitcoin.payment.signing import SigningTask, SpendPath
from signer.chains.bitcoin.psbt.maps import Map
from signer.review import Fact, Origin, Page, warning

_VALUE, _IN_SECONDS = 0xFFFF, 1 << 22  # BIP68, BIP112: what is compared of a sequence


@dataclass(frozen=True, slots=True)
class Locks:
    """What a payment says of time, for one of its coins."""

    version: int
    sequence: int
    locktime: int

    def meet(self, lock: OlderThan | NotBefore) -> bool:
        """Whether they meet a lock of the script (BIP65, BIP112)."""
        match lock:
            case OlderThan(needed):
                return (
                    self.version >= 2
                    and not self.sequence & BIP68_DISABLED
                    and needed & _IN_SECONDS == self.sequence & _IN_SECONDS
                    and needed & _VALUE <= self.sequence & _VALUE
                )
            case NotBefore(needed):
                is_same = (needed < LOCKTIME_THRESHOLD) == (self.locktime < LOCKTIME_THRESHOLD)
                return is_same and needed <= self.locktime and self.sequence != FINAL_SEQUENCE

    @property
    def words(self) -> str:
        """What they ask to wait for: `4 blocks`, `block 840 000`, or `nothing`."""
        waits = []
        if self.version >= 2 and not self.sequence & BIP68_DISABLED and self.sequence & _VALUE:
            waits.append(units.relative_lock(self.sequence))
        if self.locktime and self.sequence != FINAL_SEQUENCE:
            waits.append(policy_words.moment(self.locktime))
        return " and ".join(waits) or "nothing"


@dataclass(frozen=True, slots=True)
class OpenedPath:
    """A path that a signature of ours is part of, and what it needs beside ours.

    `also_needed` is None if a lock that the payment does not meet keeps it shut, whoever signs.
    `signed_by` are the keys, counted from 0, whose signatures are there already and hold.
    """

    sentence: str
    also_needed: str | None
    signed_by: tuple[int, ...] = ()


def facts(payment: CheckedPayment, account: PolicyAccount) -> Iterator[Fact]:
    """What our signatures are for, and what else that takes; a path once for all coins."""
    groups = _coins_by_paths(payment, account)
    for path in dict.fromkeys(path for _, paths in groups for path in paths):
        if path.also_needed is not None:
            yield Fact("Signed for", path.sentence, Origin.POLICY)
            yield Fact("Also needed", path.also_needed, Origin.POLICY)
        if path.signed_by:
            keys = ", ".join(f"key {number + 1}" for number in path.signed_by)
            yield Fact("Signed by", f"{keys} already, checked", Origin.DERIVED)


def warnings(payment: CheckedPayment, account: PolicyAccount) -> Iterator[Page]:
    """Coins that none of our paths opens with what this payment says of locks."""
    for (locks, paths), coins in _coins_by_paths(payment, account).items():
        if paths and all(path.also_needed is None for path in paths):
            yield warning(
                "Opens nothing yet",
                f"Your signature opens nothing, of coin {', '.join(coins)}.",
                f"This payment waits for {locks.words}.",
                *(f"You have a part in {path.sentence}." for path in paths),
            )


_Group: TypeAlias = tuple[Locks, tuple[OpenedPath, ...]]


def _coins_by_paths(payment: CheckedPayment, account: PolicyAccount) -> dict[_Group, list[str]]:
    """The numbers of the coins, from 1, by what they wait for and which paths are signed for."""
    opened = _Paths(account)
    known: dict[tuple[Locks, _Signed, _Signed], tuple[OpenedPath, ...]] = {}
    groups: dict[_Group, list[str]] = {}
    tx = payment.tx
    for spent in payment.inputs:
        if spent.location.account != account:
            continue
        locks = Locks(tx.version, tx.inputs[spent.index].sequence, tx.locktime)
        signed = _signed(account, spent)
        present = _signed_already(account, spent, payment.psbt.inputs[spent.index])
        case = (locks, signed, present)
        if case not in known:  # a thousand coins mostly have one answer (T75)
            known[case] = tuple(opened.of(signed, present, locks))
        groups.setdefault((locks, known[case]), []).append(str(spent.index + 1))
    return groups


_Signed: TypeAlias = frozenset[tuple[int, int]]  # (part of the script, key that signs it)
_BESIDE_OTHERS = (SpendPath.ECDSA, SpendPath.LEAF)  # a key path has one signature


def _signed(account: PolicyAccount, spent: SpentInput) -> _Signed:
    """Which keys sign the script; of taproot, the key path (part 0), or a leaf (from 1 on)."""
    spend_data, placeholders = spent.location.spend_data, account.policy.placeholders
    parts = {b"": 0}
    if any(task.leaf_hash for task in spent.tasks):
        parts |= {leaf.hash: number for number, leaf in enumerate(spend_data.leaves, 1)}
    return frozenset(
        (parts[task.leaf_hash], number)
        for task in spent.tasks
        for place, key in enumerate(spend_data.keys)
        if task.public_key in {key, key[1:]} or _is_key_path(task, place)
        for number in placeholders[place].numbers
    )


def _signed_already(account: PolicyAccount, spent: SpentInput, records: Map) -> _Signed:
    """Which keys have signed the parts that we sign, in signatures that hold (T84)."""
    spend_data, placeholders = spent.location.spend_data, account.policy.placeholders
    tasks = {task.leaf_hash: task for task in spent.tasks if task.spend_path in _BESIDE_OTHERS}
    parts = {leaf.hash: number for number, leaf in enumerate(spend_data.leaves, 1)} | {b"": 0}
    return frozenset(
        (parts[leaf_hash], number)
        for leaf_hash, task in tasks.items()
        for place, key in enumerate(spend_data.keys)
        if _has_signed(key, task, records)
        for number in placeholders[place].numbers
    )


def _has_signed(key: bytes, task: SigningTask, records: Map) -> bool:
    """Whether the signature of this key that stands beside ours is there, and holds."""
    is_leaf = task.spend_path is SpendPath.LEAF
    beside = replace(task, public_key=key[1:] if is_leaf else key, partial_signer=None)
    signature = signatures.find(beside, records)
    return signature is not None and signatures.holds(beside, task.digest, signature)


def _is_key_path(task: SigningTask, place: int) -> bool:
    """A key path is signed under the output key; its own key comes first in a template."""
    return task.spend_path is SpendPath.KEY_PATH and not place


class _Paths:
    """The paths of an account, and what each needs beside signatures of ours."""

    def __init__(self, account: PolicyAccount) -> None:
        self._own = own_numbers_of(account)
        self._parts = policy_words.parts(account.policy)
        sentences = policy_words.paths(account.policy, self._own)
        self._numbers = {sentence: n for n, sentence in enumerate(sentences, 1)}

    def of(self, signed: _Signed, present: _Signed, locks: Locks) -> Iterator[OpenedPath]:
        for number, part in enumerate(self._parts):
            keys = frozenset(key for at, key in signed if at == number) & self._own
            others = frozenset(key for at, key in present if at == number)
            for path in spending_paths(part):
                if _has_any(path, keys):
                    left = self._left(path, keys | others, locks)
                    signers = (key for key in sorted(others) if _has_any(path, frozenset((key,))))
                    yield OpenedPath(self._sentence(path), left, tuple(signers))

    def _sentence(self, path: Condition) -> str:
        sentence = policy_words.said(path, self._own)
        number = self._numbers.get(sentence)  # as at registration, where it is a line there
        return f"path {number}: {sentence}" if number else sentence

    def _left(self, path: Condition, keys: frozenset[int], locks: Locks) -> str | None:
        open_part = fold(path, lambda node, inner: _rest(node, inner, keys, locks))
        if open_part in (ALWAYS, NEVER):
            return "nothing" if open_part == ALWAYS else None
        return policy_words.said(open_part, self._own)


def _rest(node: Condition, inner: list[Condition], keys: frozenset[int], locks: Locks) -> Condition:
    """What is still open once these keys have signed; a lock is met by this payment or never."""
    match node:
        case Threshold(count):
            return threshold(count, inner)
        case Signature(numbers):
            others = tuple(number for number in numbers if number not in keys)
            return Signature(others) if others else ALWAYS
        case OlderThan() | NotBefore():
            return ALWAYS if locks.meet(node) else NEVER
        case _:
            return node


def _has_any(path: Condition, keys: frozenset[int]) -> bool:
    """Whether a signature that these keys have a part in stands in the path."""

    def found(node: Condition, inner: list[bool]) -> bool:
        return any(inner) or (isinstance(node, Signature) and not keys.isdisjoint(node.keys))

    return fold(path, found)
