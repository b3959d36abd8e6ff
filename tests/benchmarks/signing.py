"""From the bytes of a PSBT to the bytes of the signed one, beside raw libsecp256k1 and embit."""

from collections.abc import Iterator

from coincurve._libsecp256k1 import ffi, lib
from coincurve.context import GLOBAL_CONTEXT

from signer.chains.bitcoin import CHAIN
from signer.chains.bitcoin import psbt as container
from signer.formats.digest_words import digest_words
from tests.benchmarks.harness import Figure, cpu_seconds
from tests.psbts import ABANDON, build, keyring, review

INPUTS = 1_000
RAW = "libsecp256k1, sign and verify the same digests"


def figures() -> Iterator[Figure]:
    for script in ("wpkh", "tr"):
        yield from _against_raw(script)
    yield from _against_double()
    yield from _steps()
    yield from _against_embit()


def _whole(raw: bytes) -> bytes:
    keys = keyring()
    reviewed = CHAIN.review(raw, keys, "regtest")
    return CHAIN.sign(reviewed.approve(reviewed.pages), keys)


def _against_raw(script: str) -> Iterator[Figure]:
    raw = build(keyring(), INPUTS, script)
    digests = [coin.digest for coin in review(raw, keyring()).subject.coins]
    least = {"wpkh": _raw_ecdsa, "tr": _raw_schnorr}[script]
    name = f"{INPUTS} {script} inputs, bytes to bytes"
    yield Figure(name, cpu_seconds(lambda: _whole(raw)), RAW, cpu_seconds(lambda: least(digests)))


def _against_double() -> Iterator[Figure]:
    once, twice = (build(keyring(), count) for count in (INPUTS, 2 * INPUTS))
    yield Figure(
        f"{2 * INPUTS} wpkh inputs, bytes to bytes",
        cpu_seconds(lambda: _whole(twice)),
        f"{INPUTS} wpkh inputs: 2 is linear",
        cpu_seconds(lambda: _whole(once)),
    )


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
        yield Figure(f"  of it: {name}", cpu_seconds(step), "the whole", whole)


def _against_embit() -> Iterator[Figure]:
    from embit import bip32, bip39  # noqa: PLC0415  a peer for tests, imported where it is used
    from embit.psbt import PSBT  # noqa: PLC0415

    root = bip32.HDKey.from_seed(bip39.mnemonic_to_seed(ABANDON))
    for script in ("wpkh", "tr"):
        raw = build(keyring(), 500, script)

        def signed_by_embit(raw: bytes = raw) -> bytes:
            request = PSBT.parse(raw)
            request.sign_with(root)
            return bytes(request.serialize())

        ours = cpu_seconds(lambda raw=raw: _whole(raw))  # type: ignore[misc]  # bound per turn
        theirs = cpu_seconds(signed_by_embit, runs=1)
        yield Figure(f"500 {script} inputs, bytes to bytes", ours, "embit, parse and sign", theirs)


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
