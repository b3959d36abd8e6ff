"""The coins a payment spends: each proven, each ours, all of one account, each signed whole."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from signer.chains.bitcoin import ours, proof, psbt, sighash, signatures
from signer.chains.bitcoin.network import Network
from signer.chains.bitcoin.ours import Key
from signer.chains.bitcoin.psbt import Map, Psbt
from signer.chains.bitcoin.tx import Output
from signer.errors import Reason, Refused
from signer.keys.keyring import Keyring


@dataclass(frozen=True, slots=True)
class Coin:
    """A coin of ours, its amount proven. `done` when it needs no signature from us any more."""

    spent: Output
    key: Key
    hash_type: int
    digest: bytes = field(repr=False)
    done: bool


def check(request: Psbt, keyring: Keyring, network: Network) -> tuple[Coin, ...]:
    """The coins of a PSBT with at least one input, in order. Raises Malformed or Refused."""
    spent = proof.spent_outputs(request)
    keys = _keys(request, spent, keyring, network)
    shared = sighash.midstates(request.tx, spent)
    coins = tuple(
        _coin(request, index, output, key, shared)
        for index, (output, key) in enumerate(zip(spent, keys, strict=True))
    )
    if all(coin.done for coin in coins):
        raise Refused(Reason.NOTHING_TO_SIGN)
    return coins


def _keys(
    request: Psbt, spent: Sequence[Output], keyring: Keyring, network: Network
) -> tuple[Key, ...]:
    # Beside a coin of somebody else, what we pay cannot be told from the sums (T10). And one
    # account at a time: change from one into another would tie them together unseen (T11).
    keys: list[Key] = []
    for index, (output, records) in enumerate(zip(spent, request.inputs, strict=True)):
        where = f"Input {index + 1}."
        key = ours.coin(keyring, network, output.script_pubkey, records, where)
        if keys and key.account != keys[0].account:
            raise Refused(Reason.MIXED_ACCOUNTS, where)
        keys.append(key)
    return tuple(keys)


def _coin(request: Psbt, index: int, spent: Output, key: Key, shared: sighash.Midstates) -> Coin:
    records, where = request.inputs[index], f"Input {index + 1}."
    hash_type = _hash_type(key, records, where)
    digest = sighash.digest(request.tx, shared, index, spent, hash_type)
    done = _is_done(key, digest, hash_type, records, where)
    return Coin(spent, key, hash_type, digest, done)


def _hash_type(key: Key, records: Map, where: str) -> int:
    value = records.get(psbt.SIGHASH)
    if value is None:
        return sighash.DEFAULT if key.is_taproot else sighash.ALL
    asked = int.from_bytes(value, "little")
    if asked == sighash.ALL or (asked == sighash.DEFAULT and key.is_taproot):
        return asked
    # NONE, SINGLE and ANYONECANPAY let others change what was shown after it was signed (T12).
    unsupported = asked in sighash.OPEN_TYPES
    raise Refused(Reason.SIGHASH_UNSUPPORTED if unsupported else Reason.SIGHASH_UNKNOWN, where)


def _is_done(key: Key, digest: bytes, hash_type: int, records: Map, where: str) -> bool:
    if records.has(psbt.FINAL_SCRIPTSIG, psbt.FINAL_SCRIPTWITNESS):
        return True
    found = signatures.find(key, records)
    if found is None:
        return False
    # Also catches a signature whose own type byte is not the one asked for (T13).
    if not signatures.holds(key, digest, hash_type, found):
        raise Refused(Reason.BAD_SIGNATURE, where)
    return True
