"""T56: a signed message that is really a payment, or that nobody could read."""

import pytest

from signer.chains.bitcoin import BITCOIN, CHAIN
from signer.chains.bitcoin.messages import bip322
from signer.chains.bitcoin.messages.bip322 import Timing
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.errors import CommonReason, Refused
from signer.keys.path import parse
from tests.psbts import Draft, In, Out, hint, keyring, lock, path, refusal, text

WHERE = path()


@pytest.mark.parametrize("message", ["\ud800", "half \udfff"])
def test_what_is_no_text_is_not_signed(message: str) -> None:
    with pytest.raises(Refused) as legacy:
        CHAIN.message(message, WHERE, keyring())
    with pytest.raises(Refused) as modern:
        BITCOIN.statement(message, WHERE, "wpkh", keyring(), "regtest")
    assert legacy.value.reason is modern.value.reason is CommonReason.MESSAGE_UNREADABLE


def test_a_message_is_shown_to_its_last_letter_or_refused() -> None:
    longest = "x" * 4096
    assert f'"{longest}"' in text(CHAIN.message(longest, WHERE, keyring()).pages)
    with pytest.raises(Refused) as longer:
        CHAIN.message(longest + "x", WHERE, keyring())
    assert longer.value.reason is CommonReason.MESSAGE_TOO_LONG


def test_every_line_of_a_message_is_quoted_and_marked_as_the_hosts() -> None:
    review = CHAIN.message('one\n"two"\n\nthree', WHERE, keyring())
    said = [
        fact.value for page in review.pages for fact in page.facts if fact.origin.name == "HOST"
    ]
    assert said == ['"one"', '""two""', '""', '"three"']


def test_the_transaction_of_a_message_spends_a_coin_that_cannot_exist() -> None:
    spent = bip322.to_spend(b"any", lock(keyring(), WHERE))
    assert spent.inputs[0].outpoint == bytes(32) + b"\xff" * 4
    assert [output.sats for output in spent.outputs] == [0]


@pytest.mark.parametrize("kind", ["wpkh", "tr", "pkh"])
def test_a_message_does_not_come_in_as_a_payment(kind: str) -> None:
    """A host could ask for the signature of a BIP322 message as if it were a payment of nothing."""
    where = path(kind)
    spent = bip322.to_spend(b"I owe you my house.", lock(keyring(), where))
    unsigned = bip322.to_sign(spent, Timing())
    one = In(outpoint=unsigned.inputs[0].outpoint, sequence=0)
    one.put(0x00, spent.encode())
    one.records.append(hint(keyring(), where))
    disguised = Draft([one], [Out([], 0, unsigned.outputs[0].script_pubkey)], version=0)
    assert disguised.unsigned_tx() == unsigned.encode()
    assert refusal(disguised, keyring()) is BitcoinReason.EMPTY_COIN


@pytest.mark.parametrize(
    ("where", "is_odd"),
    [
        ("m/44h/60h/0h/0/0", True),
        ("m/84h/2h/0h/0/0", True),
        ("m/44h/0h/0h/0/0", False),
        ("m/84h/1h/0h/0/0", False),
        ("m/0/5", False),
    ],
)
def test_a_message_by_a_key_of_another_coin_is_looked_at_twice(where: str, is_odd: bool) -> None:
    """It would be a statement for that chain, whose wallet asks for it in other words."""
    shown = text(CHAIN.message("hello", parse(where), keyring()).pages)
    said = f"[Look twice]\nThe path {where} belongs to another coin than bitcoin.\n"
    assert shown.startswith(said) is is_odd
    if is_odd:
        _, warnings = CHAIN.address(keyring(), parse(where), "pkh", "mainnet")
        assert warnings == ("This path belongs to another network than mainnet.",)
        asked = BITCOIN.statement("hello", parse(where), "pkh", keyring(), "mainnet")
        assert text(asked.pages).startswith(f"[Look twice]\n{warnings[0]}\n")
