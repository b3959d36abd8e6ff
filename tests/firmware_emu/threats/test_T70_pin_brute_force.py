"""T70: whoever copies the flash tries PINs offline. Only the cost of a try stands between."""

from firmware_emu.storage import vault
from firmware_emu.storage.vault import Cost
from tests.desk import ABANDON, PIN, unlocked_desk


def test_a_try_costs_a_quarter_of_a_gibibyte_unless_asked_otherwise() -> None:
    assert Cost().memory_kib >= 256 * 1024
    assert Cost().passes >= 3


def test_the_record_holds_no_word_no_entropy_and_no_pin() -> None:
    record = unlocked_desk().record
    assert record is not None
    assert PIN.encode() not in record
    assert bytes(16) not in record  # the entropy of these words
    assert not [word for word in ABANDON if word.encode() in record]


def test_two_devices_with_one_pin_and_one_seed_share_no_salt() -> None:
    first = unlocked_desk()
    first.erase()
    first.dismiss()
    first_salt = vault.parse(unlocked_desk().record or b"").sealed
    first.restore()
    second_salt = vault.parse(first.record or b"").sealed
    assert first_salt is not None
    assert second_salt is not None
    assert first_salt.salt != second_salt.salt
    assert first_salt.box != second_salt.box
