"""Inputs of others beside ours (payjoin: BIP78, BIP77): taken only if they are signed already.

Their signatures are verified here, to be of type ALL and for this very transaction. Whoever could
still sign such an input with a key of ours would have to be us, and we sign no transaction before
a person saw all of our coins in it: so no coin of ours passes for another's in a first round, to
be signed in a second (the theft that SLIP-19 was written against: T95, T96).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from signer.chains.bitcoin.accounts.account import CHANGE, RECEIVE, AccountIndex
from signer.chains.bitcoin.payment.signing import SighashContext
from signer.chains.bitcoin.psbt import fields
from signer.chains.bitcoin.psbt.maps import Map
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.chains.bitcoin.transactions import script, sighash, tx
from signer.chains.bitcoin.transactions.script import ScriptType
from signer.chains.bitcoin.transactions.tx import TxOutput
from signer.errors import Refused
from signer.formats.cursor import Cursor, blob
from signer.hashes import hash160, sha256
from signer.keys import curve
from signer.keys.keyring import Keyring
from signer.keys.path import HARDENED

_FINAL = (fields.FINAL_SCRIPTSIG, fields.FINAL_SCRIPTWITNESS)
# Keys to derive in search of coins of ours that are said to be another's, some 50 us each (T75).
_SEARCHED_KEYS = 160
_TYPE = bytes((sighash.ALL,))
_SCHNORR_BYTES = 64  # without a type, which means DEFAULT: all is signed (BIP341)
_OP_1, _OP_16, _CHECKMULTISIG = 0x51, script.OP_16, 0xAE
_PUSHED_KEY = 34  # bytes of a compressed key and its push


@dataclass(frozen=True, slots=True)
class ForeignInput:
    """An input of somebody else, and what opens its coin; verified."""

    index: int
    utxo: TxOutput
    script_sig: bytes = field(repr=False)
    witness: tuple[bytes, ...] = field(repr=False)

    @property
    def weight(self) -> int:
        """What it adds to an unsigned transaction (BIP141), in weight units."""
        return 4 * len(self.script_sig) + len(tx.stack(self.witness))


def own_scripts(locations: Iterable[AccountIndex], keyring: Keyring) -> dict[bytes, AccountIndex]:
    """Output script -> place, near these coins of ours, in all of their accounts.

    Who strips an input of its derivations makes a coin of ours look like another's: then the sums
    would say less than what leaves us (T96).
    """
    last = {location.account: location for location in sorted(locations, key=lambda at: at.index)}
    scripts: dict[bytes, AccountIndex] = {}
    for account, location in last.items():
        keys = len(location.spend_data.keys)
        reach = _SEARCHED_KEYS // (4 * keys * len(last))  # before and behind, on two branches
        first = location.index & HARDENED
        start = max(first, location.index - reach)
        for branch in (RECEIVE, CHANGE):
            for index in range(start, min(location.index + reach, first + HARDENED - 1) + 1):
                place = account.location(keyring, branch, index)
                scripts[place.spend_data.script_pubkey] = place
    return scripts


def verified(index: int, records: Map, context: SighashContext) -> ForeignInput:
    """Input `index` as its owner signed it: P2WPKH, nested or not, multisig in P2WSH, P2TR by key.

    Raises Refused where it is not signed, not with ALL, or so that it cannot be verified here;
    Malformed for a key that is none.
    """
    utxo = context.utxos[index]
    script_sig, witness = _unlocking(utxo.script_pubkey, records)
    if not _opens(context, index, script_sig, witness):
        raise Refused(BitcoinReason.INPUT_NOT_OURS, f"Input {index + 1}.")
    return ForeignInput(index, utxo, script_sig, witness)


# --- what opens the coin


def _unlocking(script_pubkey: bytes, records: Map) -> tuple[bytes, tuple[bytes, ...]]:
    """The scriptSig and the witness: final ones, or put together of the signatures."""
    if records.has_any(*_FINAL):
        cursor = Cursor(records.get(fields.FINAL_SCRIPTWITNESS) or b"\x00")
        witness = tuple(cursor.blob() for _ in range(cursor.count(1)))
        return records.get(fields.FINAL_SCRIPTSIG) or b"", witness
    redeem = records.get(fields.REDEEM_SCRIPT)
    script_sig = b"" if redeem is None else blob(redeem)
    return script_sig, _collected(redeem or script_pubkey, records)


def _collected(program: bytes, records: Map) -> tuple[bytes, ...]:
    """A witness of the signatures that are there; empty where they open nothing."""
    signatures = dict(records.records_of(fields.PARTIAL_SIG))
    match script.script_type(program):
        case ScriptType.P2TR:
            return (records.get(fields.TAP_KEY_SIG) or b"",)
        case ScriptType.P2WPKH:
            key = next((key for key in signatures if program == script.p2wpkh(hash160(key))), b"")
            return (signatures[key], key) if key else ()
        case ScriptType.P2WSH:
            witness_script = records.get(fields.WITNESS_SCRIPT) or b""
            threshold, keys = _multisig(witness_script)
            present = [signatures[key] for key in keys if key in signatures]
            return (b"", *present[:threshold], witness_script)
        case _:
            return ()


def _multisig(code: bytes) -> tuple[int, list[bytes]]:
    """Threshold and compressed keys of a multisig script; (0, []) for any other."""
    keys = [code[at + 1 : at + _PUSHED_KEY] for at in range(1, len(code) - 2, _PUSHED_KEY)]
    threshold = code[0] - _OP_1 + 1 if code else 0
    if not 1 <= threshold <= len(keys) <= _OP_16 - _OP_1 + 1:
        return 0, []
    head, tail = code[:1], bytes((_OP_1 + len(keys) - 1, _CHECKMULTISIG))
    is_whole = code == head + b"".join(b"\x21" + key for key in keys) + tail
    return (threshold, keys) if is_whole else (0, [])


# --- whether it does


def _opens(
    context: SighashContext, index: int, script_sig: bytes, witness: tuple[bytes, ...]
) -> bool:
    """Whether these open the coin, by BIP141, BIP143 and BIP341. Legacy coins are not verified."""
    program, is_nested = context.utxos[index].script_pubkey, bool(script_sig)
    if is_nested:
        redeem = script_sig[1:]
        if script_sig != blob(redeem) or program != script.p2sh(hash160(redeem)):
            return False
        program = redeem
    match script.script_type(program):
        case ScriptType.P2WPKH:
            return _key_opens(context, index, program, witness)
        case ScriptType.P2WSH:
            return _multisig_opens(context, index, program, witness)
        case ScriptType.P2TR if not is_nested:  # nested, it would be anybody's (BIP341)
            return len(witness) == 1 and _schnorr_holds(context, index, program, witness[0])
        case _:
            return False


def _key_opens(
    context: SighashContext, index: int, program: bytes, witness: tuple[bytes, ...]
) -> bool:
    if len(witness) != 2:
        return False
    signature, key = witness
    if len(key) != 33 or program != script.p2wpkh(hash160(key)):
        return False
    code = script.p2pkh(script.program(program))
    return _ecdsa_holds(key, signature, _digest(context, index, code))


def _multisig_opens(
    context: SighashContext, index: int, program: bytes, witness: tuple[bytes, ...]
) -> bool:
    code = witness[-1] if witness else b""
    threshold, keys = _multisig(code)
    if not threshold or len(witness) != threshold + 2 or program != script.p2wsh(sha256(code)):
        return False
    digest, later_keys = _digest(context, index, code), iter(keys)
    # As OP_CHECKMULTISIG does: in the order of the keys, each of which signs once.
    return witness[0] == b"" and all(
        any(_ecdsa_holds(key, signature, digest) for key in later_keys)
        for signature in witness[1:-1]
    )


def _digest(context: SighashContext, index: int, code: bytes) -> bytes:
    sats = context.utxos[index].sats
    return sighash.segwit_v0(context.tx, context.shared, index, code, sats, sighash.ALL)


def _ecdsa_holds(key: bytes, signature: bytes, digest: bytes) -> bool:
    return signature[-1:] == _TYPE and curve.verify_ecdsa(key, digest, signature[:-1])


def _schnorr_holds(context: SighashContext, index: int, program: bytes, signature: bytes) -> bool:
    # Of any other type, it could be moved to another transaction, or others could change this one.
    hash_type = signature[_SCHNORR_BYTES:]
    if hash_type not in {b"", _TYPE}:
        return False
    flag = sighash.ALL if hash_type else sighash.DEFAULT
    digest = sighash.taproot(context.tx, context.shared, index, context.utxos[index], flag)
    return curve.verify_schnorr(script.program(program), digest, signature[:_SCHNORR_BYTES])
