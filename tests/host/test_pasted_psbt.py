"""A PSBT pasted into the app: our own payment goes on, any other one is named."""

import base64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from firmware_emu.emulator import sealed_record
from firmware_emu.storage.flash import FlashFile
from host.app import pasted
from host.demo import opening as demo_opening
from host.demo.finger import ScriptedFinger
from host.demo.parts import Parts
from host.demo.session import DemoSession
from host.errors import BadInput
from host.psbt import PsbtMaps
from host.session.state import Stage
from host.tui.app import QuietkeyApp
from host.values import Draft, PaymentRequest, SignedPayment
from host.wallet import Wallet
from signer.chains.bitcoin.example import EXAMPLE
from tests.gallery import app_session
from tests.gallery.app_clock import FedClock
from tests.gallery.app_shots import PASTE
from tests.host.pilots import Reviewer, past, shows
from tests.nights import AT_NIGHT
from tests.wallets import OTHER_WORDS, STRANGER, fund, paired, sign

PIN = "1234"


def text_of(psbt: bytes) -> str:
    return base64.encodebytes(psbt).decode()


@pytest.fixture
def wallet(tmp_path: Path) -> Wallet:
    wallet = paired(tmp_path / "w")
    fund(wallet, 100_000)
    return wallet


@pytest.fixture
def draft(wallet: Wallet) -> Draft:
    return wallet.draft_request(PaymentRequest.to(STRANGER, 20_000))


def kept(wallet: Wallet, draft: Draft) -> SignedPayment:
    return wallet.finish(draft, sign(draft.psbt))


def test_our_own_payment_is_known_signed_or_not(wallet: Wallet, draft: Draft) -> None:
    for raw in (draft.psbt, PsbtMaps.parse(draft.psbt).encode(2), sign(draft.psbt)):
        psbt = pasted.read(text_of(raw))
        assert pasted.own_payment(wallet, psbt) == draft
        assert pasted.is_signed(psbt) is (raw == sign(draft.psbt))
    payment = kept(wallet, draft)
    record = pasted.own_payment(wallet, pasted.read(sign(draft.psbt).hex()))
    assert not isinstance(record, Draft)
    assert record.payment == payment


def test_a_payment_of_somebody_else_is_named(wallet: Wallet, tmp_path: Path) -> None:
    other = paired(tmp_path / "other", words=OTHER_WORDS)
    fund(other, 50_000)
    psbt = other.draft_request(PaymentRequest.to(STRANGER, 20_000)).psbt
    with pytest.raises(BadInput, match=f"not of this wallet.*signer {other.fingerprint}"):
        pasted.own_payment(wallet, pasted.read(text_of(psbt)))
    with pytest.raises(BadInput, match="for your signer, but its coins are not known here"):
        pasted.own_payment(wallet, pasted.read(text_of(EXAMPLE.payload)))


def test_a_payment_of_our_coins_that_was_not_written_here_is_named(
    wallet: Wallet, draft: Draft
) -> None:
    wallet.discard(draft)
    with pytest.raises(BadInput, match="spends coins of yours"):
        pasted.own_payment(wallet, pasted.read(text_of(draft.psbt)))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080", "no PSBT"),
        ("hällo", "no PSBT"),
        ("", "no PSBT"),
        (text_of(EXAMPLE.payload[:-9]), "not a whole PSBT"),
        (text_of(EXAMPLE.payload)[:-20], "no PSBT"),
    ],
)
def test_what_is_broken_has_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence) as told:
        pasted.read(text)
    assert "Nothing was changed." in str(told.value)


@pytest.mark.timeout(180)
@AT_NIGHT
async def test_a_payment_signed_elsewhere_is_pasted_and_sent(tmp_path: Path) -> None:
    """The demo's own network and device; the signature comes by the clipboard."""
    with FlashFile(tmp_path / "device.flash") as flash:
        flash.save(sealed_record(pin=PIN))
    parts = await Parts.start(tmp_path, "tcp")
    session = DemoSession(parts)

    async def start(_: Callable[[str], None]) -> DemoSession:
        return session

    app = QuietkeyApp(replace(demo_opening(tmp_path, "tcp"), start=start), clock=FedClock())
    async with app.run_test(size=(120, 40)) as pilot:
        person = Reviewer(pilot, app)
        person.control = parts.control
        await person.sees(lambda state: shows(state, "home") and len(state.nodes) == 3)
        await ScriptedFinger(parts.control).unlock(PIN)
        await person.sees(lambda state: state.wallet is not None and state.synced)
        await person.presses("f")
        await person.sees(lambda state: state.wallet and state.wallet.balance.confirmed_sats > 0)
        await person.presses("p", f"{PASTE}{app_session.THEIRS}", "tab", f"{PASTE}25000", "enter")
        await person.sees(lambda state: state.payment is not None)
        unfinished = await session.unfinished()
        assert unfinished is not None
        unsigned = unfinished.draft.psbt

        await person.presses("w", f"{PASTE}{text_of(EXAMPLE.payload)}")
        await person.sees(lambda state: "not known here" in state.problem)
        assert "not known here" in await person.reads()
        await person.presses(f"{PASTE}{text_of(unsigned)}")
        assert "Press enter" in await person.reads()
        await person.presses("w", f"{PASTE}{text_of(sign(unsigned))}")
        await person.sees(lambda state: past(state, Stage.SIGNED))
        assert "It is signed. Press enter to send it." in await person.reads()
        assert app.state.payment is not None
        assert app.state.payment.sent is None
        await person.presses("enter")
        sent = await person.sees(lambda state: past(state, Stage.SPREAD))
        assert sent.payment is not None
        assert sent.payment.draft == unfinished.draft
        # Its change is ours before a block, and can be paid on.
        assert sent.wallet is not None
        assert sent.wallet.balance.spendable_sats == unfinished.draft.change_sats
        await person.presses("p", f"{PASTE}{app_session.THEIRS}", "tab", f"{PASTE}10000", "enter")
        second = await person.sees(lambda state: state.payment and not past(state, Stage.SPREAD))
        assert second.payment is not None
        assert second.payment.draft.sats == 10_000
