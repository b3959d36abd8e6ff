"""Encrypted envelopes (KEF, Krux's format): what is in one under a password, and a new one.

The key is PBKDF2-HMAC-SHA256 of the password, salted with the label. A password is told by 3 to 16
bytes of a check: that is no proof that nobody changed the envelope, so what comes out of it is
looked at as what a stranger's code holds is.
"""

import hashlib
import hmac
import zlib
from collections.abc import Iterator
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES256

from signer.errors import Malformed
from signer.formats.payload.envelopes import BLOCK, VERSIONS, Check, Mode, Padding, Version
from signer.formats.payload.values import EncryptedSeed
from signer.keys.curve import Buffer
from signer.keys.scratch import Scratch

VECTOR_SIZE: Final = 12  # bytes that `encrypt` takes: the nonce of GCM
ITERATIONS: Final = 200_000  # of a new envelope: twice what its inventors take
_GCM: Final = 20  # the version of a new one
_KEY_SIZE: Final = 32
_MOST_TEXT: Final = 1024  # bytes inflated; words take 230
_INFLATED: Final = -15  # raw deflate, of any window


class WrongPassword(Exception):
    """The password is another one, or the envelope was changed: nobody can tell which."""


def decrypt(envelope: EncryptedSeed, password: Buffer) -> bytearray:
    """What the envelope holds, the caller's to erase. Raises WrongPassword.

    Takes as long as its iterations, which whoever read the envelope has bounded.
    """
    version = VERSIONS[envelope.version]
    with Scratch() as scratch:
        key = _key(envelope, password, scratch)
        vector = envelope.payload[: version.vector_size]
        body = envelope.payload[version.vector_size :]
        end = len(body) if version.check is Check.HIDDEN else len(body) - version.check_size
        text = _deciphered(version, key, vector, body[:end], body[end:], scratch)
        text = _checked(envelope, key, vector, text, body[end:], scratch)
        if version.is_deflated:
            text = _inflated(text, scratch)
        return scratch.released(scratch.copy(text))


def encrypt(
    seed: bytearray, password: Buffer, label: bytes, vector: bytes, iterations: int = ITERATIONS
) -> EncryptedSeed:
    """An envelope of version 20 (AES-256-GCM) around entropy of 16 to 32 bytes.

    `vector` is VECTOR_SIZE bytes that were never used before. Raises Malformed.
    """
    if len(vector) != VECTOR_SIZE:
        raise Malformed(f"The vector has {VECTOR_SIZE} bytes, not {len(vector)}.")
    bare = EncryptedSeed(label, _GCM, iterations, b"")
    with Scratch() as scratch:
        key = _key(bare, password, scratch)
        encryptor = Cipher(AES256(key), modes.GCM(vector)).encryptor()
        body = encryptor.update(seed) + encryptor.finalize()
        tag = encryptor.tag[: VERSIONS[_GCM].check_size]
    return EncryptedSeed(label, _GCM, iterations, vector + body + tag)


def _key(envelope: EncryptedSeed, password: Buffer, scratch: Scratch) -> bytearray:
    salt, count = envelope.salt, envelope.iterations
    return scratch.taken(hashlib.pbkdf2_hmac("sha256", password, salt, count, _KEY_SIZE))


def _deciphered(
    version: Version, key: bytearray, vector: bytes, body: bytes, tag: bytes, scratch: Scratch
) -> memoryview:
    """The text with its padding, and with its check where that is hidden."""
    decryptor = _decryptor(version, key, vector, tag)
    buffer = scratch.buffer(len(body) + BLOCK)
    size = decryptor.update_into(body, buffer)
    try:
        decryptor.finalize()
    except InvalidTag:
        raise WrongPassword from None
    return memoryview(buffer)[:size]


def _decryptor(version: Version, key: bytearray, vector: bytes, tag: bytes) -> CipherContext:
    match version.mode:
        case Mode.ECB:
            mode = modes.ECB()  # noqa: S305 - as the envelope has it; none is made so
            return Cipher(AES256(key), mode).decryptor()
        case Mode.CBC:
            return Cipher(AES256(key), modes.CBC(vector)).decryptor()
        case Mode.CTR:
            return Cipher(AES256(key), modes.CTR(vector.ljust(BLOCK, b"\0"))).decryptor()
        case Mode.GCM:
            authenticated = modes.GCM(vector, tag, min_tag_length=len(tag))
            return Cipher(AES256(key), authenticated).decryptor()


def _checked(
    envelope: EncryptedSeed,
    key: bytearray,
    vector: bytes,
    text: memoryview,
    check: bytes,
    scratch: Scratch,
) -> memoryview:
    """The text without padding and check, which fits. Raises WrongPassword."""
    version = VERSIONS[envelope.version]
    if version.check is Check.TAG:
        return text  # by AES itself
    size = version.check_size
    for end in _ends(version.padding, text):
        if version.check is Check.HIDDEN:
            plain, expected = text[: end - size], text[end - size : end]
            digest = hashlib.sha256(plain)
        else:
            plain, expected = text[:end], memoryview(check)
            digest = hashlib.sha256(bytes((envelope.version,)) + vector)
            digest.update(plain)
            digest.update(key)
        if end >= size and hmac.compare_digest(scratch.taken(digest.digest())[:size], expected):
            return plain
    raise WrongPassword


def _ends(padding: Padding, text: memoryview) -> Iterator[int]:
    """Where the padding may begin. Zero bytes may as well be those of the text."""
    match padding:
        case Padding.NONE:
            yield len(text)
        case Padding.PKCS7:
            count = text[-1]
            if 1 <= count <= BLOCK and bytes(text[-count:]) == bytes((count,)) * count:
                yield len(text) - count
        case Padding.ZEROS:
            for end in range(len(text), len(text) - BLOCK, -1):
                yield end
                if text[end - 1]:
                    return


def _inflated(text: memoryview, scratch: Scratch) -> memoryview:
    """Raises WrongPassword for what is not deflated, or too long."""
    inflater = zlib.decompressobj(wbits=_INFLATED)
    try:
        plain = scratch.taken(inflater.decompress(text, _MOST_TEXT))
    except zlib.error:
        raise WrongPassword from None
    if not inflater.eof:
        raise WrongPassword
    return memoryview(plain)
