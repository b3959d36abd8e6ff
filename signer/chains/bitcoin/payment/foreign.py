"""Inputs of others beside ours (payjoin: BIP78, BIP77): taken only if they are signed already.

Their signatures are verified here, to be of type ALL and for this very transaction. Whoever could
still sign such an input with a key of ours would have to be us, and we sign no transaction before
a person saw all of our coins in it: so no coin of ours passes for another's in a first round, to
be signed in a second (the theft that SLIP-19 was written against: T95, T96).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
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
# Indexes before and behind a coin of ours, on two branches, where others are looked for that are
# said to be another's: some 160 keys to derive, of 50 us each (T75).
_SEARCH_REACH = 40
_TYPE = bytes((sighash.ALL,))
_SCHNORR_BYTES = 64  # without a type, which means DEFAULT: all is signed (BIP341)
_COMPRESSED_BYTES = 33
_BELOW_OP_1 = 0x50
# OP_m, compressed keys, OP_n, OP_CHECKMULTISIG: what the network passes on with up to 16 keys.
_MULTISIG = re.compile(rb"[\x51-\x60](?:\x21.{33}){1,16}[\x51-\x60]\xae", re.DOTALL)


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
        reach = _SEARCH_REACH // (keys * len(last))
        first = location.index & HARDENED
        start, stop = location.index - reach, location.index + reach + 1
        for branch in (RECEIVE, CHANGE):
            for index in range(max(first, start), min(stop, first + HARDENED)):
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
        witness = tuple(cursor.blob() for _ in range(cursor.compact()))
        return records.get(fields.FINAL_SCRIPTSIG) or b"", witness
    redeem = records.get(fields.REDEEM_SCRIPT)
    script_sig = b"" if redeem is None else blob(redeem)
    return script_sig, tuple(_collected(redeem or script_pubkey, records))


def _collected(program: bytes, records: Map) -> Iterator[bytes]:
    """A witness of the signatures that are there; of too few items where they open nothing."""
    signatures = dict(records.records_of(fields.PARTIAL_SIG))
    is_taproot = script.script_type(program) is ScriptType.P2TR
    if is_taproot and (by_key_path := records.get(fields.TAP_KEY_SIG)):
        yield by_key_path
    for key, signature in signatures.items():
        if program == script.p2wpkh(hash160(key)):
            yield from (signature, key)
    code = records.get(fields.WITNESS_SCRIPT)  # where there is one, the coin commits to it
    if code and (multisig := _multisig(code)):
        threshold, keys = multisig
        present = [signatures[key] for key in keys if key in signatures]
        yield from (b"", *present[:threshold], code)


def _multisig(code: bytes) -> tuple[int, list[bytes]] | None:
    """Threshold and compressed keys of a multisig script; None for any other."""
    if not _MULTISIG.fullmatch(code):
        return None
    threshold, count = code[0] - _BELOW_OP_1, code[-2] - _BELOW_OP_1
    keys = [pushed for _, _, pushed in script.operations(code) if pushed]
    return (threshold, keys) if len(keys) == count else None


# --- whether it does


def _opens(
    context: SighashContext, index: int, script_sig: bytes, witness: tuple[bytes, ...]
) -> bool:
    """Whether these open the coin, by BIP141, BIP143 and BIP341. Legacy coins are not verified."""
    locked = context.utxos[index].script_pubkey
    program = script_sig[1:] or locked
    is_pushed = script_sig == blob(program) and locked == script.p2sh(hash160(program))
    holds = False
    match script.script_type(program), witness:
        case ScriptType.P2WPKH, (signature, key):
            holds = _key_opens(context, index, program, (signature, key))
        case ScriptType.P2WSH, (b"", *signatures, code):
            holds = _multisig_opens(context, index, program, signatures, code)
        case ScriptType.P2TR, (signature,) if not script_sig:  # nested, it is anybody's (BIP341)
            holds = _schnorr_holds(context, index, program, signature)
    return holds and (is_pushed or not script_sig)


def _key_opens(
    context: SighashContext, index: int, program: bytes, witness: tuple[bytes, bytes]
) -> bool:
    signature, key = witness
    digest = _digest(context, index, script.p2pkh(hash160(key)))
    # Nodes do not pass on a witness with a key in its long form (Bitcoin Core, policy).
    is_key = len(key) == _COMPRESSED_BYTES and program == script.p2wpkh(hash160(key))
    return is_key and _ecdsa_holds(key, signature, digest)


def _multisig_opens(
    context: SighashContext, index: int, program: bytes, signatures: Sequence[bytes], code: bytes
) -> bool:
    multisig = _multisig(code)
    return (
        program == script.p2wsh(sha256(code))
        and multisig is not None
        and _all_sign(*multisig, signatures, _digest(context, index, code))
    )


def _all_sign(
    threshold: int, keys: list[bytes], signatures: Sequence[bytes], digest: bytes
) -> bool:
    """As OP_CHECKMULTISIG sees it: in the order of the keys, each of which signs once."""
    later_keys = iter(keys)
    return len(signatures) == threshold and all(
        any(_ecdsa_holds(key, signature, digest) for key in later_keys) for signature in signatures
    )


def _digest(context: SighashContext, index: int, code: bytes) -> bytes:
    sats = context.utxos[index].sats
    return sighash.segwit_v0(context.tx, context.shared, index, code, sats, sighash.ALL)


def _ecdsa_holds(key: bytes, signature: bytes, digest: bytes) -> bool:
    return signature[-1:] == _TYPE and curve.verify_ecdsa(key, digest, signature[:-1])


def _schnorr_holds(context: SighashContext, index: int, program: bytes, signature: bytes) -> bool:
    hash_type = signature[_SCHNORR_BYTES:]
    flag = sighash.ALL if hash_type else sighash.DEFAULT
    digest = sighash.taproot(context.tx, context.shared, index, context.utxos[index], flag)
    # Of any other type, it could be moved to another transaction, or others could change this one.
    return hash_type in {b"", _TYPE} and curve.verify_schnorr(
        script.program(program), digest, signature[:_SCHNORR_BYTES]
    )
