"""What differs between Bitcoin networks, what is the same in all, and the budgets of a request."""

from dataclasses import dataclass

MAX_SATS = 21_000_000 * 100_000_000  # consensus: no amount and no sum is larger (MAX_MONEY)
FINAL_SEQUENCE = 0xFFFFFFFF
LOCKTIME_THRESHOLD = 500_000_000  # consensus: a locktime below is a height, from here on a time
# The device has no clock and no chain. What lies a year or more past the newest block at release is
# years ahead, whatever day it is (T22). Mainnet's: 840 000 came on 2024-04-20, 144 a day since.
# Blocks of test networks come at any pace; none of them is near their bound.
RELEASE_TIME = 1_795_996_800  # 2026-11-30
RELEASE_HEIGHT = 977_000
BLOCKS_PER_YEAR, SECONDS_PER_YEAR = 52_560, 31_536_000
FAR_TEST_HEIGHT = 10_000_000
BIP68_DISABLED = 1 << 31  # a sequence with this bit holds no relative lock

# Budgets: a request beyond them is refused before memory or time is spent on it (threat T75).
# A standard transaction has room for some 1,500 inputs; a block for some 24,000.
MAX_PSBT_BYTES = 8 << 20
MAX_RECORDS = 200_000  # a record takes 6 bytes of a request and thirty times that of memory
MAX_INPUTS = 10_000
MAX_OUTPUTS = 10_000
# What a wallet remembers of the coins it signed for; for more, in one payment, claims are refused.
MAX_REMEMBERED_COINS = 512
# 10 kB of data and its pushes, in full on some hundred views. Longer scripts nobody reads, and
# nothing is signed that cannot be read.
MAX_SHOWN_SCRIPT_BYTES = 10_240


@dataclass(frozen=True, slots=True)
class Network:
    """`hrp` starts segwit addresses (BIP173); the bytes start base58 texts; `coin` is SLIP44's."""

    name: str
    coin: int
    hrp: str
    p2pkh: bytes
    p2sh: bytes
    xpub: bytes


_TEST_XPUB = bytes.fromhex("043587cf")  # tpub

# Real coins first. All networks for tests share keys and paths, three of them addresses as well
# (BIP94, BIP325): no byte of a payment says which of these it is for.
NETWORKS = {
    n.name: n
    for n in (
        Network("mainnet", 0, "bc", b"\x00", b"\x05", bytes.fromhex("0488b21e")),
        Network("testnet", 1, "tb", b"\x6f", b"\xc4", _TEST_XPUB),
        Network("testnet4", 1, "tb", b"\x6f", b"\xc4", _TEST_XPUB),
        Network("signet", 1, "tb", b"\x6f", b"\xc4", _TEST_XPUB),
        Network("regtest", 1, "bcrt", b"\x6f", b"\xc4", _TEST_XPUB),
    )
}
