"""The sealed seed: what opens it, what counts, what a damaged record does."""

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_emu.storage import seed_records, vault
from firmware_emu.storage.seed_records import SeedRecords
from firmware_emu.storage.settings import Settings
from firmware_emu.storage.vault import TRIES, Cost, Vault, WrongPin
from signer.errors import Malformed
from signer.hashes import tagged_hash

CHEAP = Cost(memory_kib=1024, passes=1, lanes=1)
SETTINGS = Settings(bytes.fromhex("a1b2c3d4e5f6"))
RANDOM = bytes(range(100, 132))
TRIES_AT = 16 + len(SETTINGS.encode())
COST_AT = TRIES_AT + 2 + 4 + 1  # behind the counts, the length of the history, and other keys
ENTROPY = bytes(range(16))


def sealed_vault(entropy: bytes = ENTROPY, pin: str = "1234") -> Vault:
    return Vault(SETTINGS, vault.seal(entropy, pin, CHEAP, RANDOM))


def doctored(record: bytes, at: int, value: int) -> bytes:
    """The record with one byte changed, and a checksum that fits again."""
    body = bytearray(record[:-8])
    body[at] = value
    return bytes(body) + tagged_hash("quietkey/flash", bytes(body))[:8]


@pytest.mark.parametrize("size", [16, 20, 24, 28, 32])
def test_the_right_pin_gives_the_entropy_back(size: int) -> None:
    entropy = bytes(range(size))
    kept = vault.parse(sealed_vault(entropy).encode())
    assert kept.sealed is not None
    assert kept.sealed.open("1234") == entropy


def test_another_pin_opens_nothing() -> None:
    kept = sealed_vault()
    assert kept.sealed is not None
    for pin in ("1235", "12345", "0000", ""):
        with pytest.raises(WrongPin):
            kept.sealed.open(pin)


@given(
    tries=st.integers(0, TRIES),
    empty=st.booleans(),
    accounts=st.lists(st.binary(max_size=99), max_size=16),
    history=st.binary(max_size=999),
)
def test_a_record_reads_back(
    tries: int, accounts: list[bytes], history: bytes, *, empty: bool
) -> None:
    sealed = None if empty else sealed_vault().sealed
    made = Vault(SETTINGS, sealed, tries, tuple(accounts), history)
    assert vault.parse(made.encode()) == made


def test_a_record_of_before_there_were_accounts_is_read() -> None:
    kept = sealed_vault()
    assert kept.sealed is not None
    body = b"quietkey vault 1" + SETTINGS.serial + b"\x05" + kept.sealed.encode()
    read = vault.parse(body + tagged_hash("quietkey/flash", body)[:8])
    assert read == replace(kept, tries_left=5)
    assert read.sealed is not None
    assert read.sealed.open("1234") == ENTROPY


def test_a_record_of_before_signatures_were_remembered_is_read() -> None:
    kept = replace(sealed_vault(), accounts=(b"account",))
    assert kept.sealed is not None
    boxes = b"\x01\x07\x00account"
    body = b"quietkey vault 3" + SETTINGS.encode()[:-1] + b"\x08" + boxes + kept.sealed.encode()
    assert vault.parse(body + tagged_hash("quietkey/flash", body)[:8]) == kept


def test_a_record_of_before_passphrases_had_records_is_read() -> None:
    kept = replace(sealed_vault(), accounts=(b"account",), history=b"signed")
    assert kept.sealed is not None
    boxes = b"\x01\x07\x00account\x06\x00\x00\x00signed"
    body = b"quietkey vault 5" + SETTINGS.encode() + b"\x08" + boxes + kept.sealed.encode()
    assert vault.parse(body + tagged_hash("quietkey/flash", body)[:8]) == kept


def test_what_is_kept_for_other_keys_is_read_back_and_told_apart() -> None:
    kept = replace(sealed_vault(), accounts=(b"account",), history=b"signed")
    hidden = replace(kept.of_keys(b"8 bytes."), accounts=(b"other",))
    assert (hidden.of_keys(b"8 bytes?").accounts, hidden.of_keys(b"8 bytes?").history) == ((), b"")
    again = vault.parse(hidden.encode())
    assert (again.accounts, again.history) == (kept.accounts, kept.history)
    assert again.of_keys(b"8 bytes.").accounts == (b"other",)
    assert again.of_keys(b"8 bytes.").encode() == again.encode() == hidden.encode()
    assert hidden.wiped() == Vault(SETTINGS)


def test_the_records_of_the_passphrases_used_last_are_kept_and_never_the_seeds_own_lost() -> None:
    kept = replace(sealed_vault(), history=b"signed")
    tags = [b"keys %03d" % number for number in range(seed_records.MOST_OTHERS + 3)]
    for tag in tags:
        kept = replace(kept.of_keys(tag), history=tag)
    again = vault.parse(kept.encode())
    assert again.history == b"signed"
    assert [records.tag for records in again.other_records] == tags[3:]


@pytest.mark.parametrize("damage", ["twice", "too many"])
def test_records_of_other_keys_that_no_device_writes_are_refused(damage: str) -> None:
    others = [SeedRecords(bytes([number]) * 8, (b"a",)) for number in range(9)]
    others = others[:1] * 2 if damage == "twice" else others
    with pytest.raises(Malformed, match="passphrase"):
        vault.parse(replace(sealed_vault(), other_records=tuple(others)).encode())


def test_a_longer_history_than_there_can_be_is_refused() -> None:
    made = Vault(SETTINGS, history=bytes(seed_records.LONGEST_HISTORY + 1))
    with pytest.raises(Malformed, match="history"):
        vault.parse(made.encode())


@pytest.mark.parametrize("accounts", [(b"x",) * 17, (bytes(8 * 1024 + 1),)])
def test_more_or_longer_accounts_than_there_can_be_are_refused(accounts: tuple[bytes]) -> None:
    with pytest.raises(Malformed, match="account"):
        vault.parse(Vault(SETTINGS, accounts=accounts).encode())


def test_wiping_forgets_the_accounts_and_what_was_signed() -> None:
    kept = replace(sealed_vault(), accounts=(b"account",), history=b"what was signed")
    assert kept.wiped() == Vault(SETTINGS)


def test_every_flipped_bit_is_noticed() -> None:
    record = sealed_vault().encode()
    for bit in range(len(record) * 8):
        damaged = bytearray(record)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Malformed):
            vault.parse(bytes(damaged))


@given(st.binary(max_size=200))
def test_no_bytes_break_the_parser(record: bytes) -> None:
    with pytest.raises(Malformed):
        vault.parse(record)
    body = b"quietkey vault 6" + record
    checked = body + tagged_hash("quietkey/flash", body)[:8]
    with suppress(Malformed):
        assert vault.parse(checked).encode() == checked


@pytest.mark.parametrize("cut", [1, 8, 9, 60])
def test_a_truncated_or_longer_record_is_not_read(cut: int) -> None:
    record = sealed_vault().encode()
    for bad in (record[:-cut], record + bytes(cut), b""):
        with pytest.raises(Malformed):
            vault.parse(bad)


def test_a_record_does_not_tell_how_many_words_it_holds() -> None:
    assert len(sealed_vault(bytes(16)).encode()) == len(sealed_vault(bytes(32)).encode())


def test_an_attempt_costs_a_try_and_never_goes_below_none() -> None:
    kept = sealed_vault()
    counts = [kept.tries_left]
    for _ in range(TRIES + 2):
        kept = kept.attempt()
        counts.append(kept.tries_left)
    assert counts == [8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0]
    assert kept.restored().tries_left == TRIES


def test_wiping_keeps_who_the_device_is_and_nothing_else() -> None:
    assert sealed_vault().attempt().wiped() == Vault(SETTINGS)


@pytest.mark.parametrize(
    ("memory_kib", "passes", "lanes"),
    [(1023, 1, 1), (1024 * 1024 + 1, 1, 1), (1024, 0, 1), (1024, 9, 1), (1024, 1, 0), (1024, 1, 5)],
)
def test_a_cost_out_of_bounds_is_refused(memory_kib: int, passes: int, lanes: int) -> None:
    with pytest.raises(Malformed):
        Cost(memory_kib, passes, lanes)


def test_a_doctored_cost_does_not_open_the_seed() -> None:
    record = sealed_vault().encode()
    passes_at = COST_AT + 4
    assert record[passes_at] == 1
    changed = vault.parse(doctored(record, passes_at, 2))
    assert changed.sealed is not None
    with pytest.raises(WrongPin):
        changed.sealed.open("1234")


def test_a_doctored_cost_out_of_bounds_is_not_even_tried() -> None:
    with pytest.raises(Malformed):
        vault.parse(doctored(sealed_vault().encode(), COST_AT + 4, 255))


def test_a_doctored_counter_above_the_limit_is_refused() -> None:
    with pytest.raises(Malformed):
        vault.parse(doctored(sealed_vault().encode(), TRIES_AT, TRIES + 1))


def test_the_default_cost_is_a_quarter_of_a_gibibyte() -> None:
    assert Cost() == Cost(memory_kib=262_144, passes=3, lanes=1)


def test_two_seals_of_one_seed_share_no_ciphertext() -> None:
    one = vault.seal(ENTROPY, "1234", CHEAP, RANDOM)
    two = vault.seal(ENTROPY, "1234", CHEAP, bytes(32))
    assert one.box != two.box


@pytest.mark.parametrize(("entropy", "fresh"), [(15, 32), (33, 32), (16, 27)])
def test_only_whole_seeds_and_enough_randomness_are_sealed(entropy: int, fresh: int) -> None:
    with pytest.raises(Malformed):
        vault.seal(bytes(entropy), "1234", CHEAP, bytes(fresh))


def test_a_vault_prints_nothing_of_its_seal() -> None:
    kept = sealed_vault()
    assert kept.sealed is not None
    assert kept.sealed.box.hex() not in repr(kept)
    assert repr(kept.sealed.box) not in repr(kept)
