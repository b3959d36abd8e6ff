"""How amounts, fee rates and relative locks are written for a person."""

from signer.wording import plural, spaced


def sats(amount: int) -> str:
    """`25 000 sats`: grouped by a plain space, as in every language's numbers."""
    return f"{spaced(amount)} sat{'' if amount == 1 else 's'}"


def relative_lock(sequence: int) -> str:
    """A relative lock (BIP68), the low bits of a sequence: `144 blocks` or `512 seconds`."""
    count = sequence & 0xFFFF
    return plural(count * 512, "second") if sequence & 1 << 22 else plural(count, "block")


def rate(fee_sats: int, vbytes: int) -> str:
    """`1.4 sat/vB`, rounded to a tenth."""
    tenths = (fee_sats * 20 + vbytes) // (2 * vbytes)
    return f"{spaced(tenths // 10)}.{tenths % 10} sat/vB"
