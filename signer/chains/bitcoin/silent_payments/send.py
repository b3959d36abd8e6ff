"""Sending silent payments in PSBTs (BIP352, BIP375): which script pays the address a person reads.

A wrong script is valid and pays nobody, so nothing of it is taken from the request: our own shares
are computed here, those of other signers are proven, and a script that is given must be the one
that follows from them (T30).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from signer.chains.bitcoin.accounts.account import AccountIndex
from signer.chains.bitcoin.descriptors.spend_data import NUMS
from signer.chains.bitcoin.network import Network
from signer.chains.bitcoin.psbt import container, fields
from signer.chains.bitcoin.psbt.container import Psbt
from signer.chains.bitcoin.psbt.maps import Map
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.chains.bitcoin.silent_payments import inputs as silent_inputs
from signer.chains.bitcoin.silent_payments import outputs as silent_outputs
from signer.chains.bitcoin.transactions import sighash
from signer.chains.bitcoin.transactions.tx import TxOutput
from signer.errors import CommonReason, Malformed, Refused
from signer.formats import silent_address
from signer.formats.silent_address import SilentAddress
from signer.keys import curve
from signer.keys import silent as silent_keys
from signer.keys.curve import dleq, points
from signer.keys.keyring import Keyring
from signer.keys.silent import EcdhShare, InputKey

MAX_PROOFS = 4_096  # to be made or verified for one request; each takes a quarter of a millisecond
_ALL_INPUTS = -1  # beside input indexes: the share of all coins that count
_HAS_SIGHASH_SINGLE = 0x04  # BIP370, PSBT_GLOBAL_TX_MODIFIABLE

Shares = dict[bytes, dict[int, bytes]]  # scan key -> input index -> point (33 bytes)
Made = Mapping[int, tuple[EcdhShare, ...]]  # by input index


@dataclass(frozen=True, slots=True)
class SilentPlan:
    """What a request says about its silent payments, all of it checked.

    `payees` by output index; `keys` (33 bytes) by input index, of the coins that count; `shares` as
    far as they are there; `salt` is BIP352's input hash.
    """

    payees: Mapping[int, SilentAddress]
    keys: Mapping[int, bytes]
    shares: Shares = field(repr=False)
    salt: bytes

    def lacking(self) -> list[bytes]:
        """The scan keys that some coin has not shared with, in the order of the outputs."""
        return [scan_key for scan_key, found in self.shares.items() if not self._covers(found)]

    def _covers(self, found: Mapping[int, bytes]) -> bool:
        return _ALL_INPUTS in found or len(found) == len(self.keys)

    def scripts(self) -> dict[int, bytes]:
        """Output index -> script, of every payee whose scan key all coins have shared with."""
        shared = {
            scan_key: found.get(_ALL_INPUTS) or points.combine(list(found.values()))
            for scan_key, found in self.shares.items()
            if self._covers(found)
        }
        known = {at: payee for at, payee in self.payees.items() if payee.scan_key in shared}
        made = silent_outputs.scripts(list(known.values()), shared, self.salt)
        return dict(zip(known, made, strict=True))


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request whose silent payments are settled, and the address each of them pays, by output."""

    request: Psbt = field(repr=False)
    addresses: Mapping[int, str]


def prepare(
    request: Psbt,
    spent: Sequence[TxOutput],
    places: Mapping[int, AccountIndex],
    keyring: Keyring,
    network: Network,
) -> Prepared:
    """The request with our shares, their proofs and all scripts filled in (BIP375, Signer).

    `spent` are the outputs its inputs spend, `places` by input index where those of ours lie. If
    every coin that counts is ours, one share stands for all. Changes nothing that is there but the
    flags that let others add inputs and outputs, which end here. A share is made with our secrets:
    the result leaves only with the signatures of an approved payment.
    Raises Malformed, Refused (SILENT_..., SIGHASH_..., KEY_MISMATCH, TOO_LARGE), CrossCheckFailed.
    """
    keyless = {at for at, one in places.items() if one.spend_data.internal_key == NUMS}
    plan = check(request, spent, keyless)
    own = {at: key for at, one in places.items() if at in plan.keys and (key := _key(one))}
    for at, key in own.items():
        if silent_keys.public_key(keyring, key) != plan.keys[at]:
            raise Refused(BitcoinReason.KEY_MISMATCH, f"Input {at + 1}.")
    made = _own_shares(plan, own, keyring)
    scripts = _completed(plan, made).scripts()
    taproot = {at for at, one in places.items() if one.spend_data.internal_key}
    addresses = {at: payee.encode(network.name) for at, payee in plan.payees.items()}
    return Prepared(_settled(request, made, scripts, taproot), addresses)


def check(request: Psbt, spent: Sequence[TxOutput], keyless: Collection[int] = ()) -> SilentPlan:
    """What the request holds of silent payments, checked without any key of ours.

    Raises Malformed or Refused; also for a script that its shares do not lead to. Shares may still
    be missing where no script needs them.
    """
    payees = {
        at: silent_address.read(info)
        for at, one in enumerate(request.outputs)
        if (info := one.get(fields.OUT_SP_V0_INFO)) is not None
    }
    _check_hash_types(request)
    keys = silent_inputs.contributing(request, spent, keyless)
    total = _total(list(keys.values()))
    shares = _given(request, payees, keys, total)
    salt = silent_outputs.input_hash([one.outpoint for one in request.tx.inputs], total)
    plan = SilentPlan(payees, keys, shares, salt)
    _check_scripts(request, plan)
    return plan


def _check_hash_types(request: Psbt) -> None:
    # The scripts follow from all inputs and from the order of the outputs: none may change (T12).
    if container.modifiable(request) & _HAS_SIGHASH_SINGLE:
        raise Refused(BitcoinReason.SIGHASH_UNSUPPORTED)
    for at, records in enumerate(request.inputs):
        value = records.get(fields.SIGHASH)
        asked = sighash.ALL if value is None else int.from_bytes(value, "little")
        if asked != sighash.ALL:
            unsupported = asked in sighash.OPEN_TYPES
            reason = (
                BitcoinReason.SIGHASH_UNSUPPORTED if unsupported else BitcoinReason.SIGHASH_UNKNOWN
            )
            raise Refused(reason, f"Input {at + 1}.")


def _total(keys: Sequence[bytes]) -> bytes:
    if not keys:
        raise Refused(CommonReason.SILENT_COINS, "None of them counts.")
    for key in keys:
        curve.check_public_key(key)
    try:
        return points.combine(keys)
    except Malformed:
        raise Refused(CommonReason.SILENT_COINS, "Their keys cancel each other out.") from None


# --- shares that are there


def _given(
    request: Psbt, payees: Mapping[int, SilentAddress], keys: Mapping[int, bytes], total: bytes
) -> Shares:
    """The shares of coins that count with scan keys that are paid, each proven."""
    shares: Shares = {payee.scan_key: {} for payee in payees.values()}
    proofs = len(shares)
    of_all = (fields.GLOBAL_SP_ECDH_SHARE, fields.GLOBAL_SP_DLEQ)
    of_one = (fields.SP_ECDH_SHARE, fields.SP_DLEQ)
    sources = [(_ALL_INPUTS, total, request.globals, of_all)]
    sources += [(at, key, request.inputs[at], of_one) for at, key in keys.items()]
    for at, public_key, records, (share_kind, proof_kind) in sources:
        for scan_key, point in records.all(share_kind):
            if scan_key in shares:
                proofs += 1
                _check_budget(proofs)
                proof = records.fields.get(bytes((proof_kind,)) + scan_key, b"")
                if not dleq.verify(public_key, scan_key, point, proof):
                    raise Refused(BitcoinReason.SILENT_SHARE_WRONG, _where(at))
                shares[scan_key][at] = point
    return shares


def _check_budget(proofs: int) -> None:
    if proofs > MAX_PROOFS:
        raise Refused(CommonReason.TOO_LARGE)


def _where(at: int) -> str:
    return "That of all inputs." if at == _ALL_INPUTS else f"Input {at + 1}."


def _check_scripts(request: Psbt, plan: SilentPlan) -> None:
    scripts = plan.scripts()
    for at in plan.payees:
        given = request.tx.outputs[at].script_pubkey
        if not given:
            continue
        if at not in scripts:
            raise Refused(BitcoinReason.SILENT_SHARE_MISSING, f"Output {at + 1}.")
        if given != scripts[at]:
            raise Refused(BitcoinReason.SILENT_SCRIPT_WRONG, f"Output {at + 1}.")


# --- our own


def _key(place: AccountIndex) -> InputKey | None:
    """The key of ours whose secret opens a coin that counts, unless it is made of several."""
    lock = place.spend_data
    if not lock.internal_key:
        return InputKey(place.path)
    tweak = curve.taproot_tweak(lock.internal_key, lock.merkle_root)
    paths = (path for key, path in place.own() if key[1:] == lock.internal_key)
    return next((InputKey(path, is_taproot=True, tweak=tweak) for path in paths), None)


def _own_shares(plan: SilentPlan, own: Mapping[int, InputKey], keyring: Keyring) -> Made:
    """Shares for every scan key that lacks one of ours; one for all coins where all are ours."""
    lacking = plan.lacking()
    if not lacking:
        return {}
    if own.keys() == plan.keys.keys():
        _check_budget(len(lacking))
        return {_ALL_INPUTS: silent_keys.shares(keyring, list(own.values()), lacking)}
    _check_budget(len(lacking) * len(own))
    return {
        at: silent_keys.shares(keyring, [key], [s for s in lacking if at not in plan.shares[s]])
        for at, key in own.items()
    }


def _completed(plan: SilentPlan, made: Made) -> SilentPlan:
    """The plan with our shares in it. Refused if a coin is still without."""
    shares = {scan_key: dict(found) for scan_key, found in plan.shares.items()}
    for at, found in made.items():
        for share in found:
            shares[share.scan_key][at] = share.point
    whole = replace(plan, shares=shares)
    for scan_key in whole.lacking():
        missing = min(plan.keys.keys() - shares[scan_key].keys())
        raise Refused(BitcoinReason.SILENT_SHARE_MISSING, _where(missing))
    return whole


# --- what we write


def _settled(
    request: Psbt, made: Made, scripts: Mapping[int, bytes], taproot: Collection[int]
) -> Psbt:
    """The request with all of this in it, read anew: its transaction pays these scripts."""
    head = _records(made.get(_ALL_INPUTS, ()), fields.GLOBAL_SP_ECDH_SHARE, fields.GLOBAL_SP_DLEQ)
    if container.modifiable(request):
        head[bytes((fields.TX_MODIFIABLE,))] = b"\x00"
    inputs = {
        at: _records(found, fields.SP_ECDH_SHARE, fields.SP_DLEQ) for at, found in made.items()
    }
    for at in taproot:
        # Not DEFAULT, which says the same in fewer bytes: BIP375 wants it written.
        inputs.setdefault(at, {})[bytes((fields.SIGHASH,))] = sighash.ALL.to_bytes(4, "little")
    outputs = {at: {bytes((fields.OUT_SCRIPT,)): paid} for at, paid in scripts.items()}
    changed = replace(
        request,
        globals=_with(request.globals, head),
        inputs=tuple(_with(one, inputs.get(at, {})) for at, one in enumerate(request.inputs)),
        outputs=tuple(_with(one, outputs.get(at, {})) for at, one in enumerate(request.outputs)),
    )
    return container.parse(changed.encode())


def _records(shares: Sequence[EcdhShare], share_kind: int, proof_kind: int) -> dict[bytes, bytes]:
    shared = {bytes((share_kind,)) + one.scan_key: one.point for one in shares}
    return shared | {bytes((proof_kind,)) + one.scan_key: one.proof for one in shares}


def _with(one: Map, added: Mapping[bytes, bytes]) -> Map:
    return Map({**one.fields, **added}) if added else one
