"""Child secrets of a wallet (BIP85): other seeds, keys and passwords that its seed brings back.

Bytes come in buffers that the caller erases. Words and texts are str, which Python cannot erase:
they are made to be written down or typed elsewhere, and should be made last and dropped first.
A child says nothing about the wallet or about other children, so giving one away costs just that.
"""

import binascii
import hashlib
import hmac
from collections.abc import Iterator, Sequence

from signer.errors import Malformed
from signer.formats import base58, bech32
from signer.formats.bits import regroup
from signer.formats.words.wordlist import LANGUAGES
from signer.keys import curve
from signer.keys.keyring import Keyring
from signer.keys.path import HARDENED, Path
from signer.keys.scratch import Scratch
from signer.keys.seeds import mnemonic
from signer.keys.seeds.entropy import Stream

MAINNET_WIF = b"\x80"
MAINNET_XPRV = bytes.fromhex("0488ade4")

_PURPOSE = 83696968
_BIP39, _WIF, _XPRV, _HEX = 39, 2, 32, 128169
_BASE64, _BASE85, _RSA, _DICE, _NOSTR = 707764, 707785, 828365, 89101, 128002
_MOST_ROLLS = 10_000
# RFC 1924's digits, which BIP85's vector uses.
_BASE85_DIGITS = (
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"
)


def entropy(keyring: Keyring, *steps: int) -> bytearray:
    """The 64 bytes at m/83696968h/step h/step h/... (BIP85, Specification). Raises Malformed."""
    if not steps or any(not 0 <= step < HARDENED for step in steps):
        raise Malformed(f"Numbers of child seeds are 0 to {HARDENED - 1}.")
    path: Path = tuple(step + HARDENED for step in (_PURPOSE, *steps))
    with Scratch() as scratch, keyring.opened(path) as (node, _):
        derived = hmac.digest(b"bip-entropy-from-k", node.secret, "sha512")
        return scratch.released(scratch.taken(derived))


def words(keyring: Keyring, count: int, index: int, language: str = "english") -> tuple[str, ...]:
    """A child seed of 12, 15, 18, 21 or 24 words. Raises Malformed for other counts, languages."""
    with Scratch() as scratch:
        child = scratch.owned(words_entropy(keyring, count, index, language))
        return mnemonic.words_from_entropy(child, language)


def words_entropy(keyring: Keyring, count: int, index: int, language: str = "english") -> bytearray:
    """The entropy of `words`, the caller's to erase. Raises Malformed."""
    if language not in LANGUAGES or count not in (12, 15, 18, 21, 24):
        raise Malformed("Child seeds have 12, 15, 18, 21 or 24 words of a BIP39 language.")
    with Scratch() as scratch:
        derived = scratch.owned(entropy(keyring, _BIP39, LANGUAGES.index(language), count, index))
        return scratch.released(scratch.copy(memoryview(derived)[: count * 4 // 3]))


def wif(keyring: Keyring, index: int, version: bytes = MAINNET_WIF) -> str:
    """A private key as text (HD-Seed WIF), for the network of `version` (1 byte)."""
    with Scratch() as scratch:
        secret = _secret(scratch.owned(entropy(keyring, _WIF, index)), 0, scratch)
        return _base58_check((version, secret, b"\1"), scratch)


def xprv(keyring: Keyring, index: int, version: bytes = MAINNET_XPRV) -> str:
    """An extended private key as text, for the network of `version` (4 bytes).

    The left half is the chain code and the right half the key: the other way round than in BIP32.
    """
    with Scratch() as scratch:
        derived = scratch.owned(entropy(keyring, _XPRV, index))
        secret = _secret(derived, 32, scratch)
        chain_code = scratch.copy(memoryview(derived)[:32])
        return _base58_check((version, bytes(9), chain_code, b"\0", secret), scratch)


def hex_bytes(keyring: Keyring, size: int, index: int) -> bytearray:
    """16 to 64 bytes (HEX), the caller's to erase. Raises Malformed for another size."""
    if not 16 <= size <= 64:
        raise Malformed("Child bytes are 16 to 64.")
    with Scratch() as scratch:
        derived = scratch.owned(entropy(keyring, _HEX, size, index))
        return scratch.released(scratch.copy(memoryview(derived)[:size]))


def password_base64(keyring: Keyring, length: int, index: int) -> str:
    """A password of 20 to 86 letters, digits, + and / (PWD BASE64). Raises Malformed."""
    if not 20 <= length <= 86:
        raise Malformed("A base64 password has 20 to 86 letters.")
    with Scratch() as scratch:
        derived = scratch.owned(entropy(keyring, _BASE64, length, index))
        encoded = scratch.taken(binascii.b2a_base64(derived, newline=False))
        return encoded.decode()[:length]


def password_base85(keyring: Keyring, length: int, index: int) -> str:
    """A password of 10 to 80 letters, digits and signs (PWD BASE85). Raises Malformed."""
    if not 10 <= length <= 80:
        raise Malformed("A base85 password has 10 to 80 letters.")
    with Scratch() as scratch:
        derived = scratch.owned(entropy(keyring, _BASE85, length, index))
        return "".join(_base85(derived))[:length]


def dice(keyring: Keyring, sides: int, rolls: int, index: int) -> tuple[int, ...]:
    """That many rolls, 0 to sides - 1 (DICE), for PINs and other alphabets. Raises Malformed."""
    if not (2 <= sides < HARDENED and 1 <= rolls <= _MOST_ROLLS):
        raise Malformed(f"Dice have 2 sides or more and are rolled 1 to {_MOST_ROLLS} times.")
    with _stream(keyring, _DICE, sides, rolls, index) as stream:
        trials = _trials(stream, sides)
        return tuple(next(trials) for _ in range(rolls))


def rsa_stream(keyring: Keyring, key_bits: int, index: int, *sub_key: int) -> Stream:
    """The random bytes of which an RSA key generator makes a key (RSA); the caller's to erase.

    The key itself is not made here: it depends on the generator that reads these bytes. `sub_key`
    is 0 (encryption), 1 (authentication) or 2 (signature) of a GPG key, or left out.
    """
    return _stream(keyring, _RSA, key_bits, index, *sub_key)


def nsec(keyring: Keyring, identity: int, account: int) -> str:
    """A Nostr key as text (Nostr; NIP-19). Number 0 of both is reserved. Raises Malformed."""
    if identity < 1 or account < 1:
        raise Malformed("Identities and accounts of Nostr are counted from 1.")
    with Scratch() as scratch:
        secret = _secret(scratch.owned(entropy(keyring, _NOSTR, identity, account)), 0, scratch)
        return bech32.join("nsec", regroup((*secret, 0), 8, 5), bech32.Checksum.BECH32)


def _stream(keyring: Keyring, *steps: int) -> Stream:
    with Scratch() as scratch:
        return Stream(scratch.owned(entropy(keyring, *steps)))


def _secret(derived: bytearray, start: int, scratch: Scratch) -> bytearray:
    secret = scratch.copy(memoryview(derived)[start : start + 32])
    curve.public_key(
        secret
    )  # raises Malformed for what is no key: once in 2**127, BIP85's footnote
    return secret


def _trials(stream: Stream, sides: int) -> Iterator[int]:
    bits = (sides - 1).bit_length()
    size = (bits + 7) // 8
    while True:
        with Scratch() as scratch:
            trial = int.from_bytes(scratch.owned(stream.take(size)), "big") >> (8 * size - bits)
        if trial < sides:
            yield trial


def _base58_check(parts: Sequence[bytes | bytearray], scratch: Scratch) -> str:
    payload = scratch.owned(bytearray().join(parts))
    checksum = hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    return _base58(scratch.owned(payload + checksum), scratch)


def _base58(data: bytearray, scratch: Scratch) -> str:
    """Base58 digit by digit: `formats.base58` would make one integer of the key.

    No leading zeros are looked for: the versions of private keys have none.
    """
    digits = scratch.buffer(len(data) * 7 // 5)  # log(256) / log(58) is 1.37
    for byte in data:
        carry = byte
        for place in reversed(range(len(digits))):
            carry, digits[place] = divmod(digits[place] << 8 | carry, 58)
    return "".join(base58.ALPHABET[digit] for digit in digits).lstrip("1")


def _base85(data: bytearray) -> Iterator[str]:
    for start in range(0, len(data), 4):
        group = int.from_bytes(memoryview(data)[start : start + 4], "big")
        for place in (85**4, 85**3, 85**2, 85, 1):
            yield _BASE85_DIGITS[group // place % 85]
