"""An account with one key swapped, or a name with one letter, is not taken for the one there is."""

import pytest

from firmware_emu.events import Port
from tests import psbts
from tests.desk import Cable, Desk, unlocked_desk

PATH = "m/48h/1h/0h/2h"
DOCTOR = "letter advice cage absurd amount doctor acoustic avoid letter advice cage above"
SEEDS = ("zoo " * 11 + "wrong", psbts.OTHER, DOCTOR)
OURS, ZOO, LEGAL, LETTER = (
    psbts.key_text(keys, PATH, "regtest") for keys in (psbts.keyring(), *map(psbts.keyring, SEEDS))
)


def registered(desk: Desk, name: str, *keys: str) -> str:
    """What is read when an account of these keys is registered."""
    numbers = ",".join(f"@{number}/**" for number in range(len(keys)))
    cable = Cable(desk, Port("jade", "a"))
    cable.request(
        "register_descriptor",
        {
            "network": "localtest",
            "descriptor_name": name,
            "descriptor": f"wsh(sortedmulti(2,{numbers}))",
            "datavalues": {f"@{number}": key for number, key in enumerate(keys)},
        },
    )
    read = desk.approve()
    assert cable.replies()[0]["result"] is True
    desk.dismiss()
    return " ".join(" ".join(read).split())


@pytest.fixture
def desk() -> Desk:
    unlocked = unlocked_desk()
    assert "Looks like" not in registered(unlocked, "vault", OURS, ZOO, LEGAL)
    return unlocked


@pytest.mark.parametrize("keys", [(OURS, ZOO, LETTER), (ZOO, LETTER, OURS)])
def test_the_one_key_that_was_swapped_is_named(desk: Desk, keys: tuple[str, ...]) -> None:
    read = registered(desk, "savings", *keys)
    assert f'It is as "vault", but key {keys.index(LETTER) + 1} is another.' in read


@pytest.mark.parametrize("name", ["Vault", "vau1t", "vauIt"])
def test_a_name_that_looks_the_same_is_named(desk: Desk, name: str) -> None:
    assert f'"{name}" is nearly the name of "vault".' in registered(desk, name, OURS, LETTER)


@pytest.mark.parametrize("name", ["vault2", "family"])
def test_an_account_of_its_own_brings_no_warning(desk: Desk, name: str) -> None:
    other = psbts.key_text(psbts.keyring(), "m/48h/1h/1h/2h", "regtest")
    assert "Looks like" not in registered(desk, name, other, ZOO, LETTER)
