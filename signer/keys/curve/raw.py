"""The guard in front of libsecp256k1, and the only module that imports it (coincurve).

The raw layer ends the process when it is misused: a length that lies, a key that was never parsed,
a point at infinity. So every argument's length is checked before each call, and no unparsed key is
passed on. Only modules of `signer.keys.curve` use this one.

They write `raw.lib.f(...)` and take no name out of it: the tests of T52 put a faulty library here.
"""

from coincurve._libsecp256k1 import ffi, lib
from coincurve.context import GLOBAL_CONTEXT

from signer.errors import Malformed

__all__ = (
    "CONTEXT",
    "NULL",
    "Buffer",
    "buffer",
    "compressed",
    "erase",
    "erase_pair",
    "ffi",
    "from_buffer",
    "lib",
    "new",
    "parsed",
    "parsed_xonly",
    "secret_key",
    "sized",
)

Buffer = bytes | bytearray | memoryview

CONTEXT = GLOBAL_CONTEXT.ctx  # blinded with fresh randomness by coincurve
NULL = ffi.NULL
_COMPRESSED = lib.SECP256K1_EC_COMPRESSED
_PAIR_SIZE = ffi.sizeof("secp256k1_keypair")
_ZEROS = bytes(256)

new, buffer, from_buffer = ffi.new, ffi.buffer, ffi.from_buffer


def erase(data: bytes | bytearray) -> None:
    """Overwrite `data` with zeros in place, even a bytes object.

    hashlib and hmac hand their results out as bytes, which would otherwise stay readable in freed
    memory (T81). Only for an object the caller just received and alone refers to.
    """
    size = len(data)
    if size > 1:  # CPython shares the bytes objects of length 0 and 1
        ffi.memmove(from_buffer(data), _ZEROS if size <= len(_ZEROS) else bytes(size), size)


def erase_pair(pair: object) -> None:
    """Overwrite a key pair of the library's."""
    ffi.memmove(pair, _ZEROS, _PAIR_SIZE)


def sized(data: Buffer, size: int, name: str) -> None:
    """Raises Malformed, naming `name`, if `data` is not `size` bytes long."""
    if len(data) != size:
        raise Malformed(f"{name} has {size} bytes, not {len(data)}.")


def secret_key(secret: bytearray) -> object:
    """The 32 bytes themselves, not a copy, as the library takes them."""
    sized(secret, 32, "A secret key")
    return from_buffer("unsigned char[32]", secret, require_writable=True)


def parsed(public: bytes) -> object:
    """A compressed public key as the library's point. Raises Malformed (T55).

    libsecp256k1 also reads uncompressed and hybrid keys of 65 bytes; segwit knows neither.
    """
    sized(public, 33, "A compressed public key")
    point = new("secp256k1_pubkey *")
    if not lib.secp256k1_ec_pubkey_parse(CONTEXT, point, public, 33):
        raise Malformed("A public key is not a point of the curve.")
    return point


def parsed_xonly(public: bytes) -> object:
    """An x-only public key (BIP340) as the library's point. Raises Malformed (T55)."""
    sized(public, 32, "An x-only key")
    point = new("secp256k1_xonly_pubkey *")
    if not lib.secp256k1_xonly_pubkey_parse(CONTEXT, point, public):
        raise Malformed("A public key is not a point of the curve.")
    return point


def compressed(point: object) -> bytes:
    """The library's point as 33 bytes."""
    out, size = new("unsigned char[33]"), new("size_t *", 33)
    lib.secp256k1_ec_pubkey_serialize(CONTEXT, out, size, point, _COMPRESSED)
    return bytes(buffer(out))
