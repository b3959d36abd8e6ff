"""Where a silent payment goes: one-time output scripts, made of an address and the coins spent."""

from collections import Counter
from collections.abc import Mapping, Sequence

from signer.chains.bitcoin.transactions import script
from signer.errors import CommonReason, Refused
from signer.formats.silent_address import SilentAddress
from signer.hashes import tagged_hash
from signer.keys import curve
from signer.keys.curve import points

# Receivers stop looking after so many payments with one scan key (BIP352, K_max).
MAX_PER_SCAN_KEY = 2323


def input_hash(outpoints: Sequence[bytes], public_key: bytes) -> bytes:
    """What makes this transaction's payments different from all others (32 bytes).

    `outpoints` are all that are spent, 36 bytes each, `public_key` the sum of the keys that count.
    """
    return tagged_hash("BIP0352/Inputs", min(outpoints), public_key)


def scripts(
    payees: Sequence[SilentAddress], shared: Mapping[bytes, bytes], salt: bytes
) -> tuple[bytes, ...]:
    """The output script for each payee, in order (BIP352, Creating outputs).

    `shared`: scan key -> the point that all coins share with it; `salt` is the input hash.
    Payments with one scan key are numbered in the order of the outputs, as in BIP375's vectors.
    Raises Malformed for keys that are no points, Refused for more than a receiver looks for.
    """
    totals = Counter(payee.scan_key for payee in payees)
    if any(total > MAX_PER_SCAN_KEY for total in totals.values()):
        raise Refused(CommonReason.TOO_LARGE, "Too many outputs to one silent payment address.")
    secrets = {scan_key: points.multiply(shared[scan_key], salt) for scan_key in totals}
    numbers: Counter[bytes] = Counter()
    outputs = []
    for payee in payees:
        number = numbers[payee.scan_key]
        outputs.append(_script(payee.spend_key, secrets[payee.scan_key], number))
        numbers[payee.scan_key] += 1
    return tuple(outputs)


def _script(spend_key: bytes, secret: bytes, number: int) -> bytes:
    tweak = tagged_hash("BIP0352/SharedSecret", secret, number.to_bytes(4, "big"))
    return script.p2tr(curve.tweak_public(spend_key, tweak)[1:])
