"""T61: who cannot check how a seed was made must trust the device that made it.

Dice alone can be recomputed with any tool. With a host, the device commits first, so that it
cannot choose what the seed becomes, and reveals the rounds that are thrown away.
"""

import hashlib
import hmac

import pytest

from signer.errors import Malformed
from signer.keys.seeds.dice import entropy_from_coins, entropy_from_dice
from signer.keys.seeds.entropy import check_reveal, commit, mix

DEVICE, HOST = bytes(range(32)), bytes(range(50, 82))


def recomputed(device: bytes, host: bytes) -> bytes:
    """What a host computes of a revealed round, with nothing of ours."""
    message = (2).to_bytes(8, "big")
    message += (32).to_bytes(8, "big") + device + (32).to_bytes(8, "big") + host
    return hmac.digest(b"quietkey/entropy", message, "sha512")[:32]


def test_a_host_recomputes_a_round_that_was_thrown_away() -> None:
    commitment = commit(DEVICE)
    check_reveal(commitment, DEVICE)
    assert commitment == hmac.digest(DEVICE, b"quietkey/entropy/commit", "sha256")
    assert mix(DEVICE, HOST) == recomputed(DEVICE, HOST)


@pytest.mark.parametrize("place", range(32))
def test_a_device_that_changes_its_mind_is_caught(place: int) -> None:
    changed = bytearray(DEVICE)
    changed[place] ^= 1
    with pytest.raises(Malformed, match="not the one"):
        check_reveal(commit(DEVICE), changed)


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_nothing_but_32_bytes_is_committed_to(size: int) -> None:
    with pytest.raises(Malformed, match="32 bytes"):
        commit(bytes(size))
    with pytest.raises(Malformed, match="32 bytes"):
        check_reveal(commit(bytes(32)), bytes(size))


def test_neither_side_alone_decides_and_neither_can_undo_the_other() -> None:
    mixed = {bytes(mix(device, host)) for device in (DEVICE, HOST) for host in (DEVICE, HOST)}
    assert len(mixed) == 4


def test_the_commitment_shows_nothing_of_the_entropy_it_mixes() -> None:
    assert commit(DEVICE) not in (DEVICE, mix(DEVICE, HOST), hashlib.sha256(DEVICE).digest())


def test_dice_alone_are_recomputed_with_a_command_everybody_has() -> None:
    rolls = b"62431" * 20
    assert entropy_from_dice(rolls) == hashlib.sha256(rolls).digest()
    assert entropy_from_coins(b"10" * 64, 12) == b"\xaa" * 16
