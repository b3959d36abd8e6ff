"""From the bytes of a PSBT to the bytes of the signed one, beside raw libsecp256k1 and others."""

from collections.abc import Callable, Iterator
from functools import partial

from coincurve._libsecp256k1 import ffi, lib
from coincurve.context import GLOBAL_CONTEXT
from mnemonic import Mnemonic

from signer.chains.bitcoin import CHAIN
from signer.chains.bitcoin.psbt import container
from signer.formats.words.digest_words import digest_words
from tests.benchmarks import peers
from tests.benchmarks.harness import Figure, cpu_seconds, side_by_side
from tests.psbts import ABANDON, build, keyring, review

INPUTS = 1_000
MORE = (2_000, 5_000)
RAW = "libsecp256k1, sign and verify the same digests"


def figures() -> Iterator[Figure]:
    seed = bytes(Mnemonic.to_seed(ABANDON))
    for script, least in (("wpkh", _raw_ecdsa), ("tr", _raw_schnorr)):
        raw = build(keyring(), INPUTS, script)
        whole = partial(_whole, raw)
        digests = [coin.tasks[0].digest for coin in review(raw, keyring()).subject.inputs]
        name, floor = f"{INPUTS} {script} inputs, bytes to bytes", partial(least, digests)
        yield side_by_side(name, whole, RAW, lambda floor=floor: floor)  # type: ignore[misc]
        yield from peers.beside_wally(name, whole, raw, seed)
        yield from peers.beside_embit(name, whole, raw, seed)
        yield from _of_more(script, whole)
    yield from _steps()


def _of_more(script: str, thousand: Callable[[], object]) -> Iterator[Figure]:
    for count in MORE:
        whole = partial(_whole, build(keyring(), count, script))
        name, beside = f"{count} {script} inputs, bytes to bytes", f"{INPUTS} of them"
        yield side_by_side(name, whole, beside, lambda: thousand)


def _whole(raw: bytes) -> bytes:
    keys = keyring()
    reviewed = CHAIN.review(raw, keys, "regtest")
    return CHAIN.sign(reviewed.approve(reviewed.pages), keys)


def _steps() -> Iterator[Figure]:
    raw = build(keyring(), INPUTS)
    reviewed = review(raw, keyring())
    whole = cpu_seconds(lambda: _whole(raw))
    parsed = container.parse(raw)
    steps = {
        "parse": lambda: container.parse(raw),
        "parse, check, pages, words": lambda: CHAIN.review(raw, keyring(), "regtest"),
        "sign, verify, encode, closing check": lambda: CHAIN.sign(
            reviewed.approve(reviewed.pages), keyring()
        ),
        "encode": parsed.encode,
        "digest words": lambda: digest_words(parsed.unsigned_tx),
    }
    for name, step in steps.items():
        yield Figure(f"  of 1000 wpkh: {name}", cpu_seconds(step), "the whole", whole)


def _raw_ecdsa(digests: list[bytes]) -> None:
    """The least that signing with low R and verifying can cost."""
    context, secret = GLOBAL_CONTEXT.ctx, b"\x01" * 32
    point, signature = ffi.new("secp256k1_pubkey *"), ffi.new("secp256k1_ecdsa_signature *")
    lib.secp256k1_ec_pubkey_create(context, point, secret)
    compact = ffi.new("unsigned char[64]")
    for digest in digests:
        extra, tries = ffi.NULL, 0
        while True:
            lib.secp256k1_ecdsa_sign(context, signature, digest, secret, ffi.NULL, extra)
            lib.secp256k1_ecdsa_signature_serialize_compact(context, compact, signature)
            if compact[0] < 0x80:
                break
            tries += 1
            extra = ffi.from_buffer(tries.to_bytes(32, "little"))
        lib.secp256k1_ecdsa_verify(context, signature, digest, point)


def _raw_schnorr(digests: list[bytes]) -> None:
    context, secret, aux = GLOBAL_CONTEXT.ctx, b"\x01" * 32, bytes(32)
    pair, point = ffi.new("secp256k1_keypair *"), ffi.new("secp256k1_xonly_pubkey *")
    signature = ffi.new("unsigned char[64]")
    for digest in digests:
        # A key pair for each: no two coins share a key.
        lib.secp256k1_keypair_create(context, pair, secret)
        lib.secp256k1_keypair_xonly_pub(context, point, ffi.NULL, pair)
        lib.secp256k1_schnorrsig_sign32(context, signature, digest, pair, aux)
        lib.secp256k1_schnorrsig_verify(context, signature, digest, 32, point)
