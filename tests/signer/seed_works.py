"""What is done with seeds, as pieces of work that a test can run, disturb and watch."""

from collections.abc import Callable

from signer.keys.backups import codex32, seed_xor, slip39
from signer.keys.keyring import Keyring
from signer.keys.seeds import bip85, mnemonic
from signer.keys.seeds.dice import entropy_from_coins, entropy_from_dice
from signer.keys.seeds.entropy import mix
from signer.keys.seeds.seed_words import SeedWords

RANDOM = bytes(range(100, 132))
PLAN = slip39.SharePlan(2, ((1, 1), (2, 3)), exponent=0)

Own = Callable[[bytearray], bytearray]
"Takes a result over, to erase it when the work ends."


def words(source: bytearray, own: Own) -> None:
    written = mnemonic.words_from_entropy(source)
    own(mnemonic.entropy_from_words(written))
    own(mnemonic.seed_from_words(written, "a passphrase"))
    mnemonic.fingerprint_of(written)
    mnemonic.last_words(written[:-1])


def row(source: bytearray, own: Own) -> None:
    with SeedWords.of_entropy(source) as shown, SeedWords() as typed:
        for number in range(len(shown)):
            typed.append(shown[number])
        own(typed.entropy())
    own(mnemonic.seed_from_entropy(source, "a passphrase"))


def rolls_of(source: bytearray) -> bytearray:
    rolls = bytearray(50)
    for at in range(50):
        rolls[at] = source[at % 16] // (1 + at // 16) % 6 + 49
    return rolls


def dice(source: bytearray, own: Own) -> None:
    rolls = own(rolls_of(source))
    own(entropy_from_dice(rolls, 12))
    own(mix(source, rolls))
    flips = own(bytearray(128))
    for at in range(128):
        flips[at] = 48 + (source[at // 8] >> (7 - at % 8) & 1)
    own(entropy_from_coins(flips, 12))


def shares(source: bytearray, own: Own) -> None:
    groups = slip39.split(source, PLAN, RANDOM, "pw")
    kept = [share for group in groups for share in group]
    for share in kept:
        own(share.value)
    again = slip39.parse(kept[1].words())
    own(again.value)
    own(slip39.combine((kept[0], again, kept[3]), "pw"))


def letters(source: bytearray, own: Own) -> None:
    whole = codex32.from_seed(source, "test", 2)
    own(whole.payload)
    kept = codex32.split(whole, 3, RANDOM)
    for share in kept:
        own(share.payload)
    back = codex32.recover(kept)
    own(back.payload)
    own(back.seed())


def xor(source: bytearray, own: Own) -> None:
    parts = seed_xor.split(source, 3, RANDOM)
    for part in parts:
        own(part)
    own(seed_xor.combine(parts))


def children(source: bytearray, own: Own) -> None:
    seed = own(bytearray(16))
    memoryview(seed)[:] = memoryview(source)
    keyring = Keyring(seed)
    try:
        own(bip85.entropy(keyring, 0, 0))
        own(bip85.hex_bytes(keyring, 64, 0))
        bip85.words(keyring, 24, 0)
        bip85.dice(keyring, 6, 10, 0)
    finally:
        keyring.wipe()


WORKS = (words, row, dice, shares, letters, xor, children)
