"""Other people's signers, as far as they are installed, for the figures beside ours.

Each gets the keys, and where it says so the PSBT already read: then only its signing is counted.
"""

from base64 import b64encode
from collections.abc import Callable, Iterator

from tests.benchmarks.harness import Figure, side_by_side

Work = Callable[[], object]


def beside_wally(name: str, work: Work, raw: bytes, seed: bytes) -> Iterator[Figure]:
    """The signing of libwally by the master key of this seed, without and with its cache."""
    try:
        import wallycore as wally  # noqa: PLC0415  absent where it is not installed
    except ImportError:
        return
    master = wally.bip32_key_from_seed(seed, wally.BIP32_VER_TEST_PRIVATE, 0)

    def signing(*, cached: bool) -> Work:
        request = wally.psbt_from_bytes(raw, 0)
        if cached:
            wally.psbt_signing_cache_enable(request, 0)
        return lambda: wally.psbt_sign_bip32(request, master, wally.EC_FLAG_GRIND_R)

    alone = "libwally, its signing alone"
    yield side_by_side(name, work, alone, lambda: signing(cached=False))
    yield side_by_side(name, work, f"{alone}, cached", lambda: signing(cached=True))


def beside_bdk(name: str, work: Work, raw: bytes, descriptor: str) -> Iterator[Figure]:
    """BDK's signing by a wallet of this multipath descriptor, which holds a private key."""
    try:
        import bdkpython as bdk  # noqa: PLC0415  as above
    except ImportError:
        return
    # It reads no private key with several branches.
    texts = [descriptor.replace("<0;1>", str(branch)) for branch in (0, 1)]
    branches = [bdk.Descriptor(text, bdk.NetworkKind.TEST) for text in texts]
    wallet = bdk.Wallet(*branches, bdk.Network.REGTEST, bdk.Persister.new_in_memory())
    text = b64encode(raw).decode()

    def signing() -> Work:
        request = bdk.Psbt(text)
        return lambda: wallet.sign(request, None)

    yield side_by_side(name, work, "BDK, its signing alone", signing)


def beside_embit(name: str, work: Work, raw: bytes, seed: bytes) -> Iterator[Figure]:
    """The reading and signing of embit by the master key of this seed."""
    try:
        from embit import bip32  # noqa: PLC0415  as above
        from embit.psbt import PSBT  # noqa: PLC0415
    except ImportError:
        return
    root = bip32.HDKey.from_seed(seed)

    def sign() -> None:
        request = PSBT.parse(raw)
        request.sign_with(root)
        request.serialize()

    yield side_by_side(name, work, "embit, reading and signing", lambda: sign, runs=1)
