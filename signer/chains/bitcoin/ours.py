"""What belongs to us: decided by deriving it, never because the host says so (T06 to T08, T11).

The derivation fields of a PSBT are hints where to look. Whatever they say, a coin or an output is
ours only if the key at that path, derived here, makes exactly its script.
"""

from dataclasses import dataclass

from signer.chains.bitcoin import psbt, script
from signer.chains.bitcoin.network import Network
from signer.chains.bitcoin.psbt import Map
from signer.chains.bitcoin.script import Kind
from signer.errors import Reason, Refused
from signer.formats.cursor import Cursor
from signer.hashes import hash160
from signer.keys import curve
from signer.keys.keyring import Keyring
from signer.keys.path import HARDENED, Path, render

PURPOSES = {84 + HARDENED: Kind.P2WPKH, 86 + HARDENED: Kind.P2TR}  # BIP84, BIP86
RECEIVE, CHANGE = 0, 1
# How far past the coins being spent a change index may lie. A host that sends change to index
# 2,000,000,000 holds it to ransom: no wallet would ever look there (T08).
INDEX_GAP = 10_000


@dataclass(frozen=True, slots=True)
class Hint:
    """What a derivation field says: this key (33 bytes, or 32 x-only) is at this path of ours."""

    key: bytes
    path: Path


@dataclass(frozen=True, slots=True)
class Key:
    """A key of ours that locks one script: `public_key` is compressed, 33 bytes."""

    path: Path
    public_key: bytes
    script_pubkey: bytes

    @property
    def account(self) -> Path:
        return self.path[:3]

    @property
    def is_taproot(self) -> bool:
        return script.kind(self.script_pubkey) is Kind.P2TR


def locked_by(kind: Kind, public_key: bytes) -> bytes:
    """The script of this kind, P2WPKH or P2TR without a script tree, for a compressed key."""
    if kind is Kind.P2TR:
        return script.p2tr(curve.taproot_output_key(public_key[1:]))
    return script.p2wpkh(hash160(public_key))


def oddities(path: Path, kind: Kind, network: Network) -> tuple[str, ...]:
    """What a person should know about an address at this path; empty for an ordinary one (T44)."""
    shape = _is_plain(path) and PURPOSES.get(path[0]) is kind and path[-1] < INDEX_GAP
    if not shape:
        return (f"Unusual path {render(path)}.",)
    if path[1] != network.coin + HARDENED:
        return (f"This path belongs to another network than {network.name}.",)
    return ("This is a change address.",) if path[3] == CHANGE else ()


def coin(keyring: Keyring, network: Network, script_pubkey: bytes, records: Map, where: str) -> Key:
    """The key that opens a coin with this script. Raises Refused if the coin is not ours.

    To sign a coin that is not ours, because a field says so, would make us an oracle (T06).
    """
    if script.kind(script_pubkey) not in PURPOSES.values():
        raise Refused(Reason.SCRIPT_UNSUPPORTED, where)
    hints = _hints(keyring, records, psbt.BIP32_DERIVATION, psbt.TAP_BIP32_DERIVATION)
    if not hints:
        raise Refused(Reason.INPUT_NOT_OURS, where)
    if len(hints) > 1:
        raise Refused(Reason.KEY_MISMATCH, where)
    _check_path(hints[0].path, network, where)
    key = _opening(keyring, hints[0], script_pubkey)
    if key is None:
        raise Refused(Reason.KEY_MISMATCH, where)
    if key.is_taproot:
        _check_key_path(key, records, where)
    return key


def claims(keyring: Keyring, account: Path, records: Map) -> tuple[Hint, ...]:
    """The hints that an output belongs to `account`; not believed yet."""
    hints = _hints(keyring, records, psbt.OUT_BIP32_DERIVATION, psbt.OUT_TAP_BIP32_DERIVATION)
    return tuple(hint for hint in hints if hint.path[:3] == account)


def returning(keyring: Keyring, claimed: Hint, script_pubkey: bytes) -> Key | None:
    """The key an output is claimed to return to, or None if that is not true."""
    return _opening(keyring, claimed, script_pubkey) if _is_plain(claimed.path) else None


def _opening(keyring: Keyring, hint: Hint, script_pubkey: bytes) -> Key | None:
    """The key at the path of a hint, if the hint names it and the script is locked by it."""
    public_key = keyring.public_key(hint.path)
    if hint.key not in {public_key, public_key[1:]}:
        return None
    locked = locked_by(PURPOSES[hint.path[0]], public_key)
    return Key(hint.path, public_key, locked) if locked == script_pubkey else None


def _hints(keyring: Keyring, records: Map, ecdsa: int, taproot: int) -> tuple[Hint, ...]:
    """All fields that name our master fingerprint."""
    origins = [*records.all(ecdsa)]
    origins += [(key, _skip_leaves(value)) for key, value in records.all(taproot)]
    return tuple(
        Hint(key, _path(origin)) for key, origin in origins if origin[:4] == keyring.fingerprint
    )


def _skip_leaves(value: bytes) -> bytes:
    cursor = Cursor(value)
    cursor.take(32 * cursor.compact())
    return cursor.take(cursor.remaining)


def _path(origin: bytes) -> Path:
    return tuple(int.from_bytes(origin[i : i + 4], "little") for i in range(4, len(origin), 4))


def _check_path(path: Path, network: Network, where: str) -> None:
    if not _is_plain(path) or path[0] not in PURPOSES:
        raise Refused(Reason.PATH_UNUSUAL, where)
    # A testnet request must never reach mainnet coins (T45).
    if path[1] != network.coin + HARDENED:
        raise Refused(Reason.WRONG_NETWORK, where)


def _is_plain(path: Path) -> bool:
    """As BIP44 lays paths out: purpose h / coin h / account h / branch 0 or 1 / index."""
    if len(path) != 5:
        return False
    *account, branch, index = path
    return min(account) >= HARDENED and branch in {RECEIVE, CHANGE} and index < HARDENED


def _check_key_path(key: Key, records: Map, where: str) -> None:
    # With a script tree the output key would be another one; a field that speaks of a tree here
    # asks for something we have not understood (T25).
    leaves = any(value[:1] != b"\x00" for _, value in records.all(psbt.TAP_BIP32_DERIVATION))
    if leaves or records.has(psbt.TAP_MERKLE_ROOT, psbt.TAP_LEAF_SCRIPT, psbt.TAP_SCRIPT_SIG):
        raise Refused(Reason.TAPROOT_SCRIPT_PATH, where)
    if records.get(psbt.TAP_INTERNAL_KEY) not in {None, key.public_key[1:]}:
        raise Refused(Reason.KEY_MISMATCH, where)
