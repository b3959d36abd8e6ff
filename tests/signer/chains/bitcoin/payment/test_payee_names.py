"""Which address a proven text names (BIP21, BIP321): with zones of our own, so that any can be."""

import pytest

from signer.chains.bitcoin.network import NETWORKS
from signer.chains.bitcoin.payment import payee_names
from signer.chains.bitcoin.payment.outputs import OutputRole, PayeeName, ReviewedOutput
from signer.chains.bitcoin.psbt import container
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.chains.bitcoin.transactions import address
from signer.chains.bitcoin.transactions.tx import TxOutput
from signer.dnssec import chain
from signer.dnssec.chain import ProvenTexts
from signer.errors import Refused
from signer.formats.silent_address import PREFIXES
from tests.psbts import PAYEE, draft, keyring
from tests.signer.silents import BOB

REGTEST = NETWORKS["regtest"]
ADDRESS = address.render(PAYEE, REGTEST) or ""
EVE = address.render(b"\x00\x14" + bytes(20), REGTEST)
LEGACY = address.render(b"\x76\xa9\x14" + bytes(20) + b"\x88\xac", REGTEST) or ""
SILENT = BOB.encode("regtest")


def named(
    monkeypatch: pytest.MonkeyPatch,
    *texts: str,
    paid: str | None = ADDRESS,
    silent: str | None = None,
) -> PayeeName | None:
    """The name of an output that pays this address, where the name's texts are these."""
    proven = ProvenTexts(tuple(one.encode() for one in texts), 1, 2)
    monkeypatch.setattr(chain, "prove", lambda *_: proven)
    made = draft(keyring())
    made.outs[0].put(0x35, b"\x03a@bproof")
    output = ReviewedOutput(TxOutput(1, b""), OutputRole.PAYMENT, paid, silent=silent)
    request = container.parse(made.encode())
    return payee_names.named(request, (output, output), REGTEST)[0].name


@pytest.mark.parametrize(
    "uri",
    [
        f"bitcoin:{ADDRESS}",
        f"BITCOIN:{ADDRESS.upper()}",
        f"bitcoin:{ADDRESS}?amount=1&label=x&lno=lno1abc",
        f"bitcoin:?bcrt={ADDRESS}",
        f"bitcoin:?BCRT={ADDRESS.upper()}&sp=other",
        f"bitcoin:{EVE}?bcrt={ADDRESS}",
        f"bitcoin:?bcrt={EVE}&bcrt={ADDRESS}",
    ],
)
def test_a_uri_with_the_address_names_it(monkeypatch: pytest.MonkeyPatch, uri: str) -> None:
    assert named(monkeypatch, "other text", uri, "bitcoinx:") == PayeeName("a@b", 1, 2)


@pytest.mark.parametrize(
    "uris",
    [
        (),
        ("bitcoin:",),
        ("bitcoin:?",),
        (f"bitcoin:{EVE}",),
        (f"bitcoin:{ADDRESS}", f"Bitcoin:{ADDRESS}"),
        (f"bitcoin:{ADDRESS}?req-new=1",),
        (f"bitcoin:{ADDRESS}?amount=1&REQ-NEW",),
        (f"bitcoin:?bc={ADDRESS}",),
        (f"bitcoin:?address={ADDRESS}",),
        (f"bitcoin:?label={ADDRESS}",),
        (f"bitcoin:{ADDRESS}x",),
        (f"bitcoin: {ADDRESS}",),
        (f"bitcoin:{ADDRESS[:-1]}{ADDRESS[-1].upper()}",),
        (f"bitcoin:?lno={ADDRESS}",),
        (ADDRESS,),
    ],
)
def test_any_other_is_refused(monkeypatch: pytest.MonkeyPatch, uris: tuple[str, ...]) -> None:
    with pytest.raises(Refused) as refused:
        named(monkeypatch, *uris)
    assert refused.value.reason is BitcoinReason.DNSSEC_PROOF_INVALID


def test_a_base58_address_has_its_own_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    assert named(monkeypatch, f"bitcoin:{LEGACY}", paid=LEGACY)
    for other in (LEGACY.upper(), LEGACY.lower()):
        with pytest.raises(Refused):
            named(monkeypatch, f"bitcoin:{other}", paid=LEGACY)


@pytest.mark.parametrize("paid", [None, ADDRESS])
def test_a_silent_payment_is_named_by_its_own_address(
    monkeypatch: pytest.MonkeyPatch, paid: str | None
) -> None:
    key = PREFIXES["regtest"]
    assert named(monkeypatch, f"bitcoin:{EVE}?{key}={SILENT}", paid=paid, silent=SILENT)
    for uri in (f"bitcoin:{ADDRESS}", f"bitcoin:{SILENT}", f"bitcoin:?sp={SILENT}"):
        with pytest.raises(Refused):
            named(monkeypatch, uri, paid=paid, silent=SILENT)


def test_what_has_no_address_has_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused):
        named(monkeypatch, "bitcoin:None", paid=None)
