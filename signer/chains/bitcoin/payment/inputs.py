"""The coins a payment spends: each proven, each ours and signed whole, or another's and signed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from signer.chains.bitcoin.accounts.account import Account, AccountIndex
from signer.chains.bitcoin.payment import ownership, sighash_types, signatures, utxos
from signer.chains.bitcoin.payment.joint import musig2
from signer.chains.bitcoin.payment.ownership import OwnedKeys
from signer.chains.bitcoin.payment.signing import (
    RequestedLeaves,
    SighashContext,
    SigningTask,
    is_legacy,
    sighash_context,
    signing_tasks,
)
from signer.chains.bitcoin.psbt import fields
from signer.chains.bitcoin.psbt.container import Psbt
from signer.chains.bitcoin.psbt.maps import Map
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.chains.bitcoin.transactions import sighash
from signer.chains.bitcoin.transactions.tx import TxOutput
from signer.errors import CommonReason, NothingToSign, Refused
from signer.keys.keyring import Keyring

if TYPE_CHECKING:
    from signer.chains.bitcoin.payment.foreign import ForeignInput

# 1,500 legacy inputs, more than a standard transaction has room for, hash 250 MB in half a second.
MAX_LEGACY_HASHED_BYTES = 256 << 20
MAX_ACCOUNTS = 10  # each has a page of its own
_FINAL = (fields.FINAL_SCRIPTSIG, fields.FINAL_SCRIPTWITNESS)
_SIGNATURES = (*_FINAL, fields.PARTIAL_SIG, fields.TAP_KEY_SIG)
MAX_JOINT = 256  # joint keys of a payment's coins; a keyring holds as many nonces


@dataclass(frozen=True, slots=True)
class SpentInput:
    """A coin of ours, its amount proven, and the signatures it still needs from us (or none)."""

    index: int
    utxo: TxOutput
    location: AccountIndex
    hash_type: int
    tasks: tuple[SigningTask, ...]

    @property
    def is_joint(self) -> bool:
        """Whether one of these signatures is made together with others (BIP327)."""
        return is_joint(self.tasks)

    @property
    def writes_type(self) -> bool:
        """Whether its signatures are a byte longer than usual (BIP341): types but DEFAULT are."""
        return bool(self.location.spend_data.internal_key) and self.hash_type != sighash.DEFAULT


@dataclass(frozen=True, slots=True)
class LocatedInputs:
    """The coins of a request before anything is signed: proven, and where each of ours lies.

    `utxos` are those of every input; an input without a location is another's, and signed.
    """

    utxos: tuple[TxOutput, ...]
    locations: Mapping[int, AccountIndex]
    requested_leaves: Mapping[int, RequestedLeaves]
    accounts: tuple[Account, ...]

    @property
    def foreign(self) -> list[int]:
        """The inputs that are not ours."""
        return [index for index in range(len(self.utxos)) if index not in self.locations]


def locate_inputs(request: Psbt, owner: OwnedKeys) -> LocatedInputs:
    """The coins of a PSBT with at least one input, in order. Raises Malformed or Refused."""
    try:
        return _located(request, owner)
    except Refused:
        # Where no coin is said to be ours, whatever else is odd is for others to judge.
        _check_concerned(request, owner)
        raise


def _located(request: Psbt, owner: OwnedKeys) -> LocatedInputs:
    foreign = _signed_by_others(request, owner)
    spent = utxos.spent_outputs(request, foreign)
    # Beside a coin of somebody else that is not signed yet, what we pay cannot be told (T10).
    locations: dict[int, AccountIndex] = {}
    requested: dict[int, RequestedLeaves] = {}
    for index, (output, records) in enumerate(zip(spent, request.inputs, strict=True)):
        if index not in foreign:
            locations[index], requested[index] = ownership.locate_input(
                owner, output.script_pubkey, records, f"Input {index + 1}."
            )
    if foreign:
        stripped = _stripped(spent, foreign, locations, owner.keyring)
        utxos.check_proven(request, spent, foreign - stripped.keys())
        locations = dict(sorted((locations | stripped).items()))
        requested |= {index: _own_leaves(location) for index, location in stripped.items()}
    return LocatedInputs(spent, locations, requested, _accounts(locations))


def _accounts(locations: Mapping[int, AccountIndex]) -> tuple[Account, ...]:
    accounts: list[Account] = []
    for index, location in locations.items():
        if location.account not in accounts:
            _check_mix(accounts, location.account, f"Input {index + 1}.")
            accounts.append(location.account)
    return tuple(accounts)


def _signed_by_others(request: Psbt, owner: OwnedKeys) -> frozenset[int]:
    """The inputs that have signatures, and do not say that a key of ours is in their lock (T95)."""
    return frozenset(
        index
        for index, records in enumerate(request.inputs)
        if records.has_any(*_SIGNATURES) and not ownership.is_claimed(owner, records)
    )


def _stripped(
    spent: Sequence[TxOutput],
    foreign: Collection[int],
    locations: Mapping[int, AccountIndex],
    keyring: Keyring,
) -> dict[int, AccountIndex]:
    """Those of the inputs that are ours after all, as far as they lie near the others (T96)."""
    from signer.chains.bitcoin.payment.foreign import own_scripts  # noqa: PLC0415  seldom needed

    if not locations:
        raise Refused(BitcoinReason.INPUT_NOT_OURS)
    scripts = own_scripts(locations.values(), keyring)
    return {
        index: scripts[spent[index].script_pubkey]
        for index in foreign
        if spent[index].script_pubkey in scripts
    }


def _own_leaves(location: AccountIndex) -> RequestedLeaves:
    """As if the request named our keys: what is there of their signatures has to hold."""
    return {key[1:]: frozenset() for key, _ in location.own_keys()}


def _check_mix(accounts: Sequence[Account], another: Account, detail: str) -> None:
    # What our seed opens alone, one person owns: several such accounts are summed on pages (T11).
    # Of coins shared with others no page could say whose the change is (T09).
    if accounts and (another.is_shared or accounts[0].is_shared):
        raise Refused(BitcoinReason.MIXED_ACCOUNTS, detail)
    if len(accounts) == MAX_ACCOUNTS:
        raise Refused(CommonReason.TOO_LARGE, detail)


def _check_concerned(request: Psbt, owner: OwnedKeys) -> None:
    if any(ownership.is_claimed(owner, records) for records in request.inputs):
        return
    # Who finalizes a coin drops its hints (BIP174, Input Finalizer).
    is_final = all(records.has_any(*_FINAL) for records in request.inputs)
    is_signed = BitcoinReason.NOTHING_TO_SIGN if is_final else BitcoinReason.NOTHING_OURS
    raise NothingToSign(is_signed) from None


def check_inputs(
    request: Psbt, located: LocatedInputs, keyring: Keyring, *, expert: bool
) -> tuple[SpentInput, ...]:
    """The same coins, and what there is to sign for each. Raises Refused.

    Malformed for a part of a joint signature that is none.
    """
    _check_cost(request, located)
    context = sighash_context(request.tx, located.utxos)
    # Beside coins of others, what is left open could be filled by them.
    expert = expert and not located.foreign
    coins = []
    for index, location in located.locations.items():
        leaves = located.requested_leaves[index]
        hash_type = sighash_types.allowed(request, index, location, expert=expert)
        tasks = _open_tasks(request, index, location, leaves, hash_type, context)
        if is_joint(tasks):
            records, detail = request.inputs[index], f"Input {index + 1}."
            tasks = tuple(musig2.tasks_of_this_round(tasks, records, keyring, detail))
        coins.append(SpentInput(index, located.utxos[index], location, hash_type, tasks))
    tasks = tuple(task for coin in coins for task in coin.tasks)
    if not tasks:
        raise NothingToSign(BitcoinReason.NOTHING_TO_SIGN)
    if is_joint(tasks):
        musig2.check_room(tasks, keyring)
    return tuple(coins)


def check_foreign(request: Psbt, located: LocatedInputs) -> tuple["ForeignInput", ...]:
    """The inputs of others, their signatures verified. Raises Refused, or Malformed for no key."""
    if not located.foreign:
        return ()
    from signer.chains.bitcoin.payment.foreign import verified  # noqa: PLC0415  as above

    context = sighash_context(request.tx, located.utxos)
    return tuple(verified(index, request.inputs[index], context) for index in located.foreign)


def is_joint(tasks: tuple[SigningTask, ...]) -> bool:
    """Whether one of these tasks has a partial signer: only then MuSig2 is asked."""
    return any(task.partial_signer is not None for task in tasks)


def _check_cost(request: Psbt, located: LocatedInputs) -> None:
    # Without segwit, each signature hashes the whole transaction anew: the one place where work
    # could grow with the square of the request (T75).
    locations, leaves = located.locations, located.requested_leaves
    legacy = sum(is_legacy(location.spend_data) for location in locations.values())
    if legacy * len(request.unsigned_tx) > MAX_LEGACY_HASHED_BYTES:
        raise Refused(CommonReason.TOO_LARGE)
    # A joint signature costs several multiplications for each of its signers.
    joint_keys = sum(
        key.aggregate in leaves[index]
        for index, location in locations.items()
        for _, key in location.shared()
    )
    if joint_keys > MAX_JOINT:
        raise Refused(CommonReason.TOO_LARGE)


def _open_tasks(
    request: Psbt,
    index: int,
    location: AccountIndex,
    leaves: RequestedLeaves,
    hash_type: int,
    context: SighashContext,
) -> tuple[SigningTask, ...]:
    records, detail = request.inputs[index], f"Input {index + 1}."
    if records.has_any(*_FINAL):
        return ()
    tasks = signing_tasks(location, leaves, hash_type, index, context)
    if not tasks:
        # Only leaves hold our keys, and the request names none of them (T25).
        raise Refused(BitcoinReason.NO_LEAF_NAMED, detail)
    if is_joint(tasks):
        musig2.check_foreign_parts(tasks, records, detail)
    return tuple(task for task in tasks if not _is_done(task, records, detail))


def _is_done(task: SigningTask, records: Map, detail: str) -> bool:
    signature = signatures.find(task, records)
    if signature is None:
        return False
    # Also catches a signature whose own type byte is not the one asked for (T13).
    if not signatures.holds(task, task.digest, signature):
        raise Refused(BitcoinReason.BAD_SIGNATURE, detail)
    return True
