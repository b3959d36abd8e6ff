"""Addresses made to be taken for another one (address poisoning).

Somebody who wants to be paid by mistake sends dust from an address that begins and ends as one that
you pay, and waits until it is copied from the history. Finding such an address costs no time.
"""

from collections.abc import Iterable

# Letters of names that look like others, or are overlooked.
_LOOKS = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("0", "o"), ("1", "l"), ("i", "l"), ("j", "l"),
          ("5", "s"), ("-", ""), ("_", ""), (".", ""))  # fmt: skip
ENDS = 4  # letters that people, and many wallets, look at on either side


def resembling(address: str, paid_before: Iterable[str]) -> str:
    """The known address that begins and ends as this one and is another; "" for none.

    What is known already resembles nothing. Segwit addresses are the same in capitals (BIP173).
    """
    if "@" in address:
        return _resembling_name(address, paid_before)
    plain = _plain(address)
    names = {_plain(name): name for name in paid_before}
    if plain in names:
        return ""
    ends = plain[:ENDS], plain[-ENDS:]
    return next((name for text, name in names.items() if (text[:ENDS], text[-ENDS:]) == ends), "")


def _resembling_name(name: str, payees: Iterable[str]) -> str:
    """The other name (BIP353) that a quick eye would take this one for."""
    names = [payee for payee in payees if "@" in payee]
    if name in names:
        return ""
    return next((payee for payee in names if _silhouette(payee) == _silhouette(name)), "")


def _silhouette(name: str) -> str:
    for letters, look in _LOOKS:
        name = name.replace(letters, look)
    return name


def _plain(address: str) -> str:
    return address.lower() if address.isupper() else address
