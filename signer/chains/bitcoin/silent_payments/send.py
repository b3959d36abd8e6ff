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
OwnShares = Mapping[int, tuple[EcdhShare, ...]]  # by input index


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
        return [
            scan_key
            for scan_key, input_points in self.shares.items()
            if not self._covers(input_points)
        ]

    def _covers(self, input_points: Mapping[int, bytes]) -> bool:
        return _ALL_INPUTS in input_points or len(input_points) == len(self.keys)

    def scripts(self) -> dict[int, bytes]:
        """Output index -> script, of every payee whose scan key all coins have shared with."""
        shared = {
            scan_key: input_points.get(_ALL_INPUTS) or points.combine(list(input_points.values()))
            for scan_key, input_points in self.shares.items()
            if self._covers(input_points)
        }
        known_payees = {
            index: payee for index, payee in self.payees.items() if payee.scan_key in shared
        }
        paid = silent_outputs.scripts(list(known_payees.values()), shared, self.salt)
        return dict(zip(known_payees, paid, strict=True))


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request whose silent payments are settled, and the address each of them pays, by output."""

    request: Psbt = field(repr=False)
    addresses: Mapping[int, str]


def prepare(
    request: Psbt,
    spent: Sequence[TxOutput],
    locations: Mapping[int, AccountIndex],
    keyring: Keyring,
    network: Network,
) -> Prepared:
    """The request with our shares, their proofs and all scripts filled in (BIP375, Signer).

    `spent` are the outputs its inputs spend, `locations` by input index where those of ours lie. If
    every coin that counts is ours, one share stands for all. Changes nothing that is there but the
    flags that let others add inputs and outputs, which end here. A share is made with our secrets:
    the result leaves only with the signatures of an approved payment.
    Raises Malformed, Refused (SILENT_..., SIGHASH_..., KEY_MISMATCH, TOO_LARGE), CrossCheckFailed.
    """
    keyless = {
        index for index, location in locations.items() if location.spend_data.internal_key == NUMS
    }
    plan = check(request, spent, keyless)
    own_keys = {
        index: key
        for index, location in locations.items()
        if index in plan.keys and (key := _key(location))
    }
    for index, key in own_keys.items():
        if silent_keys.public_key(keyring, key) != plan.keys[index]:
            raise Refused(BitcoinReason.KEY_MISMATCH, f"Input {index + 1}.")
    own_shares = _own_shares(plan, own_keys, keyring)
    scripts = _completed(plan, own_shares).scripts()
    taproot = {index for index, location in locations.items() if location.spend_data.internal_key}
    addresses = {index: payee.encode(network.name) for index, payee in plan.payees.items()}
    return Prepared(_settled(request, own_shares, scripts, taproot), addresses)


def check(request: Psbt, spent: Sequence[TxOutput], keyless: Collection[int] = ()) -> SilentPlan:
    """What the request holds of silent payments, checked without any key of ours.

    Raises Malformed or Refused; also for a script that its shares do not lead to. Shares may still
    be missing where no script needs them.
    """
    payees = {
        index: silent_address.read(info)
        for index, psbt_map in enumerate(request.outputs)
        if (info := psbt_map.get(fields.OUT_SP_V0_INFO)) is not None
    }
    _check_hash_types(request)
    keys = silent_inputs.contributing(request, spent, keyless)
    total = _total(list(keys.values()))
    shares = _given_shares(request, payees, keys, total)
    salt = silent_outputs.input_hash([tx_input.outpoint for tx_input in request.tx.inputs], total)
    plan = SilentPlan(payees, keys, shares, salt)
    _check_scripts(request, plan)
    return plan


def _check_hash_types(request: Psbt) -> None:
    # The scripts follow from all inputs and from the order of the outputs: none may change (T12).
    if container.modifiable(request) & _HAS_SIGHASH_SINGLE:
        raise Refused(BitcoinReason.SIGHASH_UNSUPPORTED)
    for index, records in enumerate(request.inputs):
        value = records.get(fields.SIGHASH)
        hash_type = sighash.ALL if value is None else int.from_bytes(value, "little")
        if hash_type != sighash.ALL:
            unsupported = hash_type in sighash.OPEN_TYPES
            reason = (
                BitcoinReason.SIGHASH_UNSUPPORTED if unsupported else BitcoinReason.SIGHASH_UNKNOWN
            )
            raise Refused(reason, f"Input {index + 1}.")


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


def _given_shares(
    request: Psbt, payees: Mapping[int, SilentAddress], keys: Mapping[int, bytes], total: bytes
) -> Shares:
    """The shares of coins that count with scan keys that are paid, each proven."""
    shares: Shares = {payee.scan_key: {} for payee in payees.values()}
    proofs = len(shares)
    of_all = (fields.GLOBAL_SP_ECDH_SHARE, fields.GLOBAL_SP_DLEQ)
    of_one = (fields.SP_ECDH_SHARE, fields.SP_DLEQ)
    sources = [(_ALL_INPUTS, total, request.globals, of_all)]
    sources += [(index, key, request.inputs[index], of_one) for index, key in keys.items()]
    for index, public_key, records, (share_kind, proof_kind) in sources:
        for scan_key, point in records.records_of(share_kind):
            if scan_key in shares:
                proofs += 1
                _check_budget(proofs)
                proof = records.fields.get(bytes((proof_kind,)) + scan_key, b"")
                if not dleq.verify(public_key, scan_key, point, proof):
                    raise Refused(BitcoinReason.SILENT_SHARE_WRONG, _output_name(index))
                shares[scan_key][index] = point
    return shares


def _check_budget(proofs: int) -> None:
    if proofs > MAX_PROOFS:
        raise Refused(CommonReason.TOO_LARGE)


def _output_name(index: int) -> str:
    return "That of all inputs." if index == _ALL_INPUTS else f"Input {index + 1}."


def _check_scripts(request: Psbt, plan: SilentPlan) -> None:
    scripts = plan.scripts()
    for index in plan.payees:
        claimed = request.tx.outputs[index].script_pubkey
        if not claimed:
            continue
        if index not in scripts:
            raise Refused(BitcoinReason.SILENT_SHARE_MISSING, f"Output {index + 1}.")
        if claimed != scripts[index]:
            raise Refused(BitcoinReason.SILENT_SCRIPT_WRONG, f"Output {index + 1}.")


# --- our own


def _key(location: AccountIndex) -> InputKey | None:
    """The key of ours whose secret opens a coin that counts, unless it is made of several."""
    spend_data = location.spend_data
    if not spend_data.internal_key:
        return InputKey(location.path)
    tweak = curve.taproot_tweak(spend_data.internal_key, spend_data.merkle_root)
    paths = (path for key, path in location.own_keys() if key[1:] == spend_data.internal_key)
    return next((InputKey(path, is_taproot=True, tweak=tweak) for path in paths), None)


def _own_shares(plan: SilentPlan, own_keys: Mapping[int, InputKey], keyring: Keyring) -> OwnShares:
    """Shares for every scan key that lacks one of ours; one for all coins where all are ours."""
    lacking = plan.lacking()
    if not lacking:
        return {}
    if own_keys.keys() == plan.keys.keys():
        _check_budget(len(lacking))
        return {_ALL_INPUTS: silent_keys.shares(keyring, list(own_keys.values()), lacking)}
    _check_budget(len(lacking) * len(own_keys))
    return {
        index: silent_keys.shares(
            keyring, [key], [s for s in lacking if index not in plan.shares[s]]
        )
        for index, key in own_keys.items()
    }


def _completed(plan: SilentPlan, own_shares: OwnShares) -> SilentPlan:
    """The plan with our shares in it. Refused if a coin is still without."""
    shares = {scan_key: dict(input_points) for scan_key, input_points in plan.shares.items()}
    for index, added in own_shares.items():
        for share in added:
            shares[share.scan_key][index] = share.point
    completed = replace(plan, shares=shares)
    for scan_key in completed.lacking():
        missing = min(plan.keys.keys() - shares[scan_key].keys())
        raise Refused(BitcoinReason.SILENT_SHARE_MISSING, _output_name(missing))
    return completed


# --- what we write


def _settled(
    request: Psbt, own_shares: OwnShares, scripts: Mapping[int, bytes], taproot: Collection[int]
) -> Psbt:
    """The request with all of this in it, read anew: its transaction pays these scripts."""
    head = _records(
        own_shares.get(_ALL_INPUTS, ()), fields.GLOBAL_SP_ECDH_SHARE, fields.GLOBAL_SP_DLEQ
    )
    if container.modifiable(request):
        head[bytes((fields.TX_MODIFIABLE,))] = b"\x00"
    inputs = {
        index: _records(added, fields.SP_ECDH_SHARE, fields.SP_DLEQ)
        for index, added in own_shares.items()
    }
    for index in taproot:
        # Not DEFAULT, which says the same in fewer bytes: BIP375 wants it written.
        inputs.setdefault(index, {})[bytes((fields.SIGHASH,))] = sighash.ALL.to_bytes(4, "little")
    outputs = {index: {bytes((fields.OUT_SCRIPT,)): paid} for index, paid in scripts.items()}
    changed = replace(
        request,
        globals=_with(request.globals, head),
        inputs=tuple(
            _with(psbt_map, inputs.get(index, {})) for index, psbt_map in enumerate(request.inputs)
        ),
        outputs=tuple(
            _with(psbt_map, outputs.get(index, {}))
            for index, psbt_map in enumerate(request.outputs)
        ),
    )
    return container.parse(changed.encode())


def _records(shares: Sequence[EcdhShare], share_kind: int, proof_kind: int) -> dict[bytes, bytes]:
    shared = {bytes((share_kind,)) + share.scan_key: share.point for share in shares}
    return shared | {bytes((proof_kind,)) + share.scan_key: share.proof for share in shares}


def _with(psbt_map: Map, added: Mapping[bytes, bytes]) -> Map:
    return Map({**psbt_map.fields, **added}) if added else psbt_map
