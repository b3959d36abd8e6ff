"""Base58 and its checksum: legacy addresses and extended public keys. Never a secret."""

from signer.errors import Malformed
from signer.hashes import double_sha256

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES = {letter: value for value, letter in enumerate(ALPHABET)}
# Decoding costs the square of the length; an extended key has 111 characters.
MAX_TEXT = 512


def encode(data: bytes) -> str:
    """`data` in base58, without a checksum; each leading zero byte is a leading 1."""
    number = int.from_bytes(data, "big")
    letters: list[str] = []
    while number:
        number, digit = divmod(number, 58)
        letters.append(ALPHABET[digit])
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "1" * zeros + "".join(reversed(letters))


def decode(text: str) -> bytes:
    """The bytes of base58 `text`. Raises Malformed: a foreign letter, or more than MAX_TEXT."""
    if len(text) > MAX_TEXT:
        raise Malformed(f"Base58 text of {len(text)} letters; {MAX_TEXT} at most.")
    number = 0
    for position, letter in enumerate(text):
        if letter not in _VALUES:
            raise Malformed(f"The letter at position {position + 1} is not base58.")
        number = number * 58 + _VALUES[letter]
    zeros = len(text) - len(text.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def encode_check(payload: bytes) -> str:
    """`payload` and the first 4 bytes of its double SHA256, in base58."""
    return encode(payload + double_sha256(payload)[:4])


def decode_check(text: str) -> bytes:
    """The payload of base58 `text`, its checksum checked and removed. Raises Malformed."""
    data = decode(text)
    payload, checksum = data[:-4], data[-4:]
    if double_sha256(payload)[:4] != checksum:
        raise Malformed("The base58 checksum is wrong: a letter was changed or lost.")
    return payload
