"""Four words that name a transaction: host and device compute them apart, a person compares."""

from signer.formats.words.wordlist import ENGLISH
from signer.hashes import tagged_hash


def digest_words(unsigned_tx: bytes) -> tuple[str, str, str, str]:
    """The first 44 bits of tagged_hash("quietkey/words", unsigned_tx) as BIP39 English words.

    `unsigned_tx` is the transaction as it would be broadcast, without signatures. A program that
    shows another transaction than the one being signed has one chance in 2**44 per try to match,
    which it can grind; the words catch mistakes and mix-ups, the pages on the device catch attacks.
    """
    bits = int.from_bytes(tagged_hash("quietkey/words", unsigned_tx)[:6], "big") >> 4
    return (
        ENGLISH[bits >> 33],
        ENGLISH[bits >> 22 & 2047],
        ENGLISH[bits >> 11 & 2047],
        ENGLISH[bits & 2047],
    )
