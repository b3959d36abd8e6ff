"""Addresses made to be taken for another one (address poisoning).

Somebody who wants to be paid by mistake sends dust from an address that begins and ends as one that
you pay, and waits until it is copied from the history. Finding such an address costs no time.
"""

from collections.abc import Iterable

ENDS = 4  # letters that people, and many wallets, look at on either side


def resembling(address: str, paid_before: Iterable[str]) -> str:
    """The known address that begins and ends as this one and is another; "" for none.

    What is known already resembles nothing. Segwit addresses are the same in capitals (BIP173).
    """
    plain = _plain(address)
    names = {_plain(name): name for name in paid_before}
    if plain in names:
        return ""
    ends = plain[:ENDS], plain[-ENDS:]
    return next((name for text, name in names.items() if (text[:ENDS], text[-ENDS:]) == ends), "")


def _plain(address: str) -> str:
    return address.lower() if address.isupper() else address
