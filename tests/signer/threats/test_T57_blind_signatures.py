"""T57: a signature under something that nobody can read, or a hash that a host has chosen."""

import inspect

import pytest

from signer.chains import Chain, PolicyAccounts
from signer.chains.bitcoin import BITCOIN, CHAIN
from signer.hashes import double_sha256
from tests.psbts import keyring, path, text

WHERE = path()


@pytest.mark.parametrize("code", ["ab" * 32, "0x" + "AB" * 32, "  " + "0" * 32, "f" * 64])
def test_a_message_that_is_only_a_code_is_shown_with_a_warning(code: str) -> None:
    """A hash as a message is a blind signature: the person cannot know what it stands for."""
    assert "You cannot read what you would sign" in text(
        CHAIN.message(code, WHERE, keyring()).pages
    )


def test_no_message_can_be_chosen_so_that_its_digest_is_a_given_hash() -> None:
    """What is signed is a hash of prefix, length and message, or of a virtual transaction."""
    wanted = b"\x42" * 32
    review = CHAIN.message("B" * 32, WHERE, keyring())
    assert review.subject.digest == double_sha256(b"\x18Bitcoin Signed Message:\n\x20" + wanted)
    assert review.subject.digest != wanted


def test_no_verb_of_a_chain_takes_a_digest() -> None:
    """What is signed is always computed here, from a payment, a policy or a message."""
    verbs = {*vars(Chain), *vars(PolicyAccounts), *dir(BITCOIN)} - {"networks"}
    verbs = {name for name in verbs if not name.startswith("_")}
    assert verbs
    for verb in verbs:
        names = set(inspect.signature(getattr(BITCOIN, verb)).parameters)
        assert not {name for name in names if "digest" in name or "hash" in name}, verb
