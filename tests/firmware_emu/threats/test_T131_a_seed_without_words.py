"""T131: a seed of SLIP39 or codex32, taken for the entropy of words: other keys, no coins."""

import pytest

from firmware_emu.flows.seed import keys
from firmware_emu.storage import vault
from signer.errors import Malformed
from signer.formats import base58
from signer.keys import curve
from signer.keys.backups import codex32
from signer.keys.backups.master_seed import MasterSeed
from signer.keys.keyring import Keyring
from signer.keys.seeds import mnemonic
from tests.desk import ABANDON, CHEAP

FRESH = bytes(range(32))
# BIP93, Test vector 1.
XPRV = (
    "xprv9s21ZrQH143K3taPNekMd9oV5K6szJ8ND7vVh6fxicRUMDcChr3bFFzuxY8qP3xFFBL6DWc2uEYCfBFZ2nFWb"
    "AqKPhtCLRjgv78EZJDEfpL"
)


@pytest.mark.parametrize("size", [16, 18, 20, 24, 28, 31, 32])
def test_it_is_told_apart_when_the_flash_is_opened(size: int) -> None:
    seed = bytes(range(size))
    opened = vault.seal(MasterSeed(seed), "1234", CHEAP, FRESH).open("1234")
    assert isinstance(opened, MasterSeed)
    assert opened == seed
    assert keys.keyring(opened).fingerprint == Keyring(bytearray(seed)).fingerprint
    assert not any(opened)


def test_entropy_of_the_same_bytes_makes_other_keys() -> None:
    opened = vault.seal(bytes(16), "1234", CHEAP, FRESH).open("1234")
    assert not isinstance(opened, MasterSeed)
    assert keys.keyring(opened).fingerprint == mnemonic.fingerprint_of(ABANDON)


def test_the_record_does_not_tell_which_it_is() -> None:
    sealed = [vault.seal(kind(bytes(16)), "1234", CHEAP, FRESH) for kind in (bytearray, MasterSeed)]
    assert len({len(item.encode()) for item in sealed}) == 1


@pytest.mark.parametrize("size", [15, 33, 64])
def test_what_does_not_fit_is_refused(size: int) -> None:
    with pytest.raises(Malformed):
        vault.seal(MasterSeed(size), "1234", CHEAP, FRESH)


def test_the_first_vector_of_bip93_makes_its_master_key() -> None:
    share = codex32.parse(b"ms10testsxxxxxxxxxxxxxxxxxxxxxxxxxx4nzvca9cmczlw")
    seed = share.seed()
    assert seed.hex() == "318c6318c6318c6318c6318c6318c631"
    key = bytearray(base58.decode_check(XPRV)[46:])
    assert keys.keyring(seed).public_key(()) == curve.public_key(key)
