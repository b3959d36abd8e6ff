"""What is kept for the keys of a seed: registered accounts, and the history of what was signed.

A passphrase makes other keys of the same seed, and these keep their records apart (threat T128).
Which are whose a tag says, made by the keys themselves: who copies the flash learns how many
passphrases have signed or registered, and neither which nor what.
"""

from dataclasses import dataclass, field

from signer.errors import Malformed
from signer.formats.cursor import Cursor
from signer.keys.curve import erase
from signer.keys.keyring import Keyring

# Registered accounts, and bytes of each: fifteen keys with long origins take some 3 KiB.
MOST_ACCOUNTS = 16
LONGEST_ACCOUNT = 8 * 1024

# What the chains remember of their signatures takes some 25 KB each.
LONGEST_HISTORY = 256 * 1024

MOST_OTHERS = 8  # passphrases whose records are kept
_TAG_BYTES = 8
_PURPOSE = b"quietkey/whose records in flash"


@dataclass(frozen=True, slots=True)
class SeedRecords:
    """`tag` is empty for the seed without a passphrase."""

    tag: bytes
    accounts: tuple[bytes, ...] = field(default=(), repr=False)
    history: bytes = field(default=b"", repr=False)

    def encode(self) -> bytes:
        count = bytes((len(self.accounts),))
        boxes = b"".join(len(box).to_bytes(2, "little") + box for box in self.accounts)
        return self.tag + count + boxes + len(self.history).to_bytes(4, "little") + self.history


def tag_of(keyring: Keyring) -> bytes:
    """What the records of these keys are found by (8 bytes): public, and it leads to no key."""
    code = keyring.authenticate(_PURPOSE)
    tag = bytes(memoryview(code)[:_TAG_BYTES])
    erase(code)
    return tag


def exchanged(
    records: tuple[SeedRecords, ...], tag: bytes
) -> tuple[SeedRecords, tuple[SeedRecords, ...]]:
    """The records of this tag, and all others, those that were in use last at the end.

    What holds nothing is left out, and of more than MOST_OTHERS passphrases the first.
    """
    present = next((item for item in records if item.tag == tag), SeedRecords(tag))
    remaining = [item for item in records if item.tag != tag and (item.accounts or item.history)]
    surplus = [item for item in remaining if item.tag][:-MOST_OTHERS]
    return present, tuple(item for item in remaining if item not in surplus)


def read_accounts(cursor: Cursor) -> tuple[bytes, ...]:
    """The registered accounts at the cursor. Raises Malformed."""
    count = cursor.uint(1)
    if count > MOST_ACCOUNTS:
        raise Malformed(f"The flash record holds more than {MOST_ACCOUNTS} accounts.")
    boxes = tuple(cursor.take(cursor.uint(2)) for _ in range(count))
    if any(len(box) > LONGEST_ACCOUNT for box in boxes):
        raise Malformed("An account in the flash record is longer than any of ours.")
    return boxes


def read_history(cursor: Cursor) -> bytes:
    """A history at the cursor. Raises Malformed."""
    length = cursor.uint(4)
    if length > LONGEST_HISTORY:
        raise Malformed("The history in the flash record is longer than any of ours.")
    return cursor.take(length)


def read_others(cursor: Cursor) -> tuple[SeedRecords, ...]:
    """The records of passphrases at the cursor. Raises Malformed."""
    count = cursor.uint(1)
    if count > MOST_OTHERS:
        raise Malformed(f"The flash record has those of more than {MOST_OTHERS} passphrases.")
    records = tuple(
        SeedRecords(cursor.take(_TAG_BYTES), read_accounts(cursor), read_history(cursor))
        for _ in range(count)
    )
    if len({item.tag for item in records}) != count:
        raise Malformed("The flash record has two of one passphrase.")
    return records
