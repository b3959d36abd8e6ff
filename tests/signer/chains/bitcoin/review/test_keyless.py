"""A PSBT read without keys: everything that is signed is shown, and nothing is called ours."""

import base64
import json
from pathlib import Path

import pytest

from signer import chains
from signer.chains.bitcoin import KEYLESS_REVIEW
from signer.chains.bitcoin.example import EXAMPLE
from signer.errors import Malformed, Refused
from signer.review import Kind, Origin, Page
from tests.psbts import PAYEE, Draft, Out, coin, draft, funded, keyring, path, review, sign, text
from tests.signer.silents import BOB, payment

PSBTS = json.loads((Path(__file__).parents[4] / "vectors" / "psbt.json").read_text("utf-8"))
CASES = PSBTS["cases"]


def pages(payload: bytes, network: str = "regtest") -> tuple[Page, ...]:
    return KEYLESS_REVIEW.pages_without_keys(payload, network)


def refusal(payload: bytes, network: str = "regtest") -> str:
    with pytest.raises(Refused) as refused:
        pages(payload, network)
    return refused.value.reason.name


def test_the_chain_says_that_it_can_be_read_without_keys() -> None:
    assert chains.keyless_review("bitcoin") is KEYLESS_REVIEW


def test_every_output_is_shown_whole_with_the_words_of_the_device() -> None:
    said = text(pages(EXAMPLE.payload))
    for fact in (
        "Pay 25 000 sats",
        "Pay 74 859 sats",
        "Pay 99 859 sats",
        "Fee 141 sats (0.1 % of the coins)",
        "Rate 1.0 sat/vB",
        "From 1 coin, 100 000 sats",
        "Signed 0 of 1 input",
    ):
        assert f"{fact}\n" in said
    own = review(EXAMPLE.payload, keyring())
    assert " ".join(own.words) in said
    shown = {fact.value for page in own.pages for fact in page.facts if "bcrt1" in fact.value}
    assert len(shown) == 2
    assert all(address in said for address in shown)


def test_change_is_a_claim_and_never_called_ours() -> None:
    """T07: the derivation fields are the host's word, and without keys they stay that."""
    _, change, *_ = pages(EXAMPLE.payload)
    claim = change.facts[-1]
    assert (claim.value, claim.origin) == ("73c5da0a 84h/1h/0h/1/3", Origin.HOST)
    assert not [page for page in pages(EXAMPLE.payload) if page.kind is Kind.CHANGE]
    assert "Change" not in text(pages(EXAMPLE.payload))


def test_a_signature_counts_once_it_is_verified() -> None:
    assert "Signed 1 of 1 input\n" in text(pages(EXAMPLE.signed))
    place = EXAMPLE.signed.index(b"\x30\x44\x02\x20") + 10
    forged = bytearray(EXAMPLE.signed)
    forged[place] ^= 1
    said = text(pages(bytes(forged)))
    assert "Signed 0 of 1 input\n" in said
    assert "1 input more, not checked here" in said


def test_the_rate_is_that_of_the_signed_payment() -> None:
    keys = keyring()
    made = draft(keys)
    before, after = (text(pages(psbt)) for psbt in (made.encode(), sign(made.encode(), keys)))
    rate = next(line for line in before.splitlines() if line.startswith("Rate "))
    assert rate in after.splitlines()
    assert f"{rate}\n" in text(review(made.encode(), keys).pages)


def _odd(made: Draft, *, script: bytes = PAYEE, sats: int = 1_000) -> str:
    made.outs = [Out([], sats, script)]
    return text(pages(made.encode()))


def test_what_is_odd_comes_first() -> None:
    assert _odd(draft(keyring())).startswith("[High fee]")
    assert "Unknown script" in _odd(draft(keyring()), script=b"\x51")
    assert "They are lost." in _odd(draft(keyring()), script=b"\x6a\x01a")


def test_coins_of_others_are_no_reason_to_refuse_and_claimed_amounts_are_named() -> None:
    keys = keyring()
    made = Draft([coin(keys, path(), 60_000), funded(PAYEE, 50_000, 7)], [Out([], 109_000, PAYEE)])
    said = text(pages(made.encode()))
    assert "From 2 coins, 110 000 sats" in said


def test_a_silent_payment_shows_its_address_before_it_has_a_script() -> None:
    """BIP375: the script is made when it is signed, and what it will be nobody knows before."""
    made = payment(keyring(), [path()], [BOB])
    said = pages(made.encode())
    text_of_bob = BOB.encode("regtest")
    facts = [fact for page in said for fact in page.facts if fact.value == text_of_bob]
    assert [fact.origin for fact in facts] == [Origin.HOST]
    assert "unknown script" not in text(said).lower()


@pytest.mark.parametrize(
    ("network", "reason"), [("mainnet", "WRONG_NETWORK"), ("testnet4", ""), ("signet", "")]
)
def test_keys_of_another_network_are_refused(network: str, reason: str) -> None:
    """Real coins are never shown as those of a test network, nor the other way round (T45)."""
    if reason:
        assert refusal(EXAMPLE.payload, network) == reason
    else:
        assert "to tb1q" in text(pages(EXAMPLE.payload, network))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"][:50])
def test_published_psbts_are_shown_or_refused(case: dict[str, str]) -> None:
    payload = base64.b64decode(case["base64"])
    network = "testnet" if case["id"].startswith("BIP371") else "mainnet"
    if case["verdict"] == "invalid":
        with pytest.raises(Malformed):
            pages(payload, network)
    elif reason := next((REFUSED[words] for words in REFUSED if words in case["id"]), None):
        assert refusal(payload, network) == reason
    else:
        claimed = "Amounts are claimed" in text(pages(payload, network))
        assert claimed == any(words in case["id"] for words in CLAIMED)


# One has witness UTXOs of two coins, the other one of a legacy coin.
CLAIMED = ("GLOBAL_XPUB", "Witness UTXO is provided for a non-witness input")
# An input of which nothing is told, a transaction of nothing, scripts that their coins do not lock.
REFUSED = {
    "with unknown types in the inputs": "AMOUNT_NOT_PROVEN",
    "has 0 inputs and 0 outputs": "NO_INPUTS",
    "does not match": "SCRIPT_NOT_COMMITTED",
}
