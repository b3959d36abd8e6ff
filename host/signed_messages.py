"""Messages signed for an address: verified here, and written as BIP137 has them.

What a device or a person hands over is judged by libsecp256k1 (BIP137) or by Bitcoin Core's engine
(BIP322, simple), and by nothing that made it.
"""

import base64
import binascii
from hashlib import new, sha256

from coincurve import PublicKey

from host import consensus
from host.consensus import ScriptsRefused
from host.errors import BadInput, WalletError
from host.payees.addresses import PayeeAddress
from host.transactions import NULL_TXID, Outpoint, Transaction, TxIn, TxOut, double_sha256
from signer.errors import Malformed
from signer.formats.cursor import Cursor, compact_size

BIP137, BIP322 = "BIP137", "BIP322"
MAGIC = b"\x18Bitcoin Signed Message:\n"
MAX_SIGNATURE = 20_000  # characters
SIMPLE = "smp"  # the prefix of a simple signature (BIP322)
_LENGTH = 65
# BIP137: where the headers of each kind of address begin; four follow for the four keys.
_UNCOMPRESSED, _COMPRESSED, _NESTED, _SEGWIT, _END = 27, 31, 35, 39, 43
_HEADERS = {"pkh": _COMPRESSED, "sh-wpkh": _NESTED, "wpkh": _SEGWIT}
KEY_SCRIPTS = frozenset(_HEADERS)  # of host.config.PURPOSE
_RETURN = TxOut(0, b"\x6a")


def verify(address: PayeeAddress, text: str, signature: str) -> str:
    """By which standard this is a signature of `text` by the address: BIP137 or BIP322.

    Raises WalletError when it is none, BadInput for what cannot be one.
    """
    data = _decoded(signature)
    try:
        is_signed = (
            _is_by_key(address.script_pubkey, text, data)
            if len(data) == _LENGTH and _UNCOMPRESSED <= data[0] < _END
            else _is_by_script(address.script_pubkey, text, data)
        )
    except (Malformed, ValueError, ScriptsRefused):
        is_signed = False
    if not is_signed:
        raise WalletError(
            "The signature is not right: the message, the address or the signature is another one."
            " Compare them letter by letter, spaces and line ends included."
        )
    return BIP137 if len(data) == _LENGTH and data[0] < _END else BIP322


def from_device(signature: str, script: str) -> str:
    """A device's signature with the header that BIP137 has for this script. Raises BadInput.

    Jade gives the header of P2PKH for all.
    """
    data = _decoded(signature)
    if len(data) != _LENGTH or not _COMPRESSED <= data[0] < _END:
        raise BadInput("The device's signature makes no sense. Nothing was signed. Try again.")
    header = _HEADERS[script] + (data[0] - _COMPRESSED) % 4
    return base64.b64encode(bytes([header]) + data[1:]).decode()


def _decoded(signature: str) -> bytes:
    text = "".join(signature.split()).removeprefix(SIMPLE)
    try:
        return base64.b64decode(text if len(text) <= MAX_SIGNATURE else "!", validate=True)
    except (ValueError, binascii.Error) as error:
        raise BadInput(
            "This is no signature of a message: that is a line of letters, digits, + and /, as"
            " BIP137 or BIP322 has it."
        ) from error


def _is_by_key(script_pubkey: bytes, text: str, data: bytes) -> bool:
    """BIP137. Wallets write the header of P2PKH for other addresses, too: it is taken for all."""
    message = text.encode()
    digest = double_sha256(MAGIC + compact_size(len(message)) + message)
    recoverable = data[1:] + bytes([(data[0] - _UNCOMPRESSED) % 4])
    key = PublicKey.from_signature_and_message(recoverable, digest, hasher=None)
    is_compressed = data[0] >= _COMPRESSED
    key_hash = _hash160(key.format(compressed=is_compressed))
    scripts = {_COMPRESSED: b"\x76\xa9\x14" + key_hash + b"\x88\xac"}
    if is_compressed:
        scripts[_SEGWIT] = b"\x00\x14" + key_hash
        scripts[_NESTED] = b"\xa9\x14" + _hash160(scripts[_SEGWIT]) + b"\x87"
    kind = data[0] - (data[0] - _UNCOMPRESSED) % 4
    fitting = scripts.values() if kind <= _COMPRESSED else [scripts[kind]]
    return script_pubkey in fitting


def _is_by_script(script_pubkey: bytes, text: str, data: bytes) -> bool:
    """BIP322, simple, of one key: a witness for the transaction that stands for the message.

    Raises Malformed, ScriptsRefused.
    """
    witness = _witness(data)
    # Anybody satisfies a script of a version, or of a kind of leaf, that is yet to come.
    is_key_hash = script_pubkey[:2] == b"\x00\x14" and len(witness) == 2
    is_taproot_key = script_pubkey[:2] == b"\x51\x20" and len(witness) == 1
    if not is_key_hash and not is_taproot_key:
        return False
    tag = sha256(b"BIP0322-signed-message").digest()
    push = b"\x00\x20" + sha256(tag + tag + text.encode()).digest()
    no_coin = TxIn(Outpoint(NULL_TXID, 0xFFFFFFFF), push, 0)
    spent = TxOut(0, script_pubkey)
    to_spend = Transaction(0, (no_coin,), (spent,), 0)
    signed = TxIn(Outpoint(to_spend.txid, 0), b"", 0, witness)
    consensus.verify(Transaction(0, (signed,), (_RETURN,), 0).encode(), [spent])
    return True


def _witness(data: bytes) -> tuple[bytes, ...]:
    """Raises Malformed."""
    cursor = Cursor(data)
    witness = tuple(cursor.take(cursor.count(1)) for _ in range(cursor.count(1)))
    cursor.end()
    return witness


def _hash160(data: bytes) -> bytes:
    return new("ripemd160", sha256(data).digest()).digest()
