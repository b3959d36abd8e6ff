"""The chain's verbs, against what other signers and wallets make of the same bytes."""

import base64
import dataclasses
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

from signer.chains.bitcoin import CHAIN
from signer.chains.bitcoin.payment import sign as signing
from signer.chains.bitcoin.payment.payment import CheckedPayment
from signer.chains.bitcoin.psbt import container
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.errors import CommonReason, CrossCheckFailed, Malformed, Refused
from signer.keys import path
from signer.keys.keyring import Keyring
from signer.review import Approval
from tests import kernel, psbts
from tests.psbts import build, draft, keyring, refusal, review, sign
from tests.signer.published import own

ALL_KINDS = pytest.mark.parametrize("script", psbts.KINDS)


@pytest.mark.parametrize(
    ("network", "start"), [("mainnet", "xpub"), ("testnet", "tpub"), ("regtest", "tpub")]
)
def test_an_extended_key_says_its_kind_of_network(network: str, start: str) -> None:
    assert CHAIN.xpub(keyring(), path.parse("m/84h/1h/0h"), network).startswith(start)


def test_the_extended_key_published_in_bip86() -> None:
    published = own("bip86")
    keys = keyring(published["words"])
    found = CHAIN.xpub(keys, path.parse(published["account"]["path"]), "mainnet")
    assert found == published["account"]["xpub"]


def test_signatures_are_deterministic() -> None:
    for script in psbts.KINDS:
        raw = build(keyring(), 3, script)
        assert sign(raw, keyring()) == sign(raw, keyring())


@ALL_KINDS
def test_a_partly_signed_request_is_completed_and_the_rest_left_alone(script: str) -> None:
    keys = keyring()
    made = draft(keys, 3, script)
    whole = sign(made.encode(), keys)
    done = container.parse(whole).inputs[1]
    made.ins[1].records = list(done.records)
    assert sign(made.encode(), keys) == whole


@pytest.mark.parametrize("script", ["wpkh", "tr"])
def test_a_finalized_coin_is_left_alone(script: str) -> None:
    keys = keyring()
    made = draft(keys, 2, script)
    witness = kernel.finalized(container.parse(sign(made.encode(), keys)))
    length = 66 if script == "tr" else 107
    made.ins[0].put(0x08, witness[-4 - 2 * length : -4 - length])
    signed = sign(made.encode(), keys)
    assert sorted(container.parse(signed).inputs[0].records) == sorted(made.ins[0].records)


@ALL_KINDS
def test_nothing_left_to_sign_is_said(script: str) -> None:
    keys = keyring()
    signed = sign(build(keys, 2, script), keys)
    assert refusal(signed, keys) is BitcoinReason.NOTHING_TO_SIGN


@dataclass
class Faulty:
    """Keys that slip: the signature is a valid one, of another digest."""

    keys: Keyring
    slip_at: int
    calls: int = 0

    @property
    def fingerprint(self) -> bytes:
        return self.keys.fingerprint

    def sign_ecdsa(self, where: path.Path, digest: bytes, key: bytes) -> bytes:
        return self.keys.sign_ecdsa(where, self._slip(digest), key)

    def sign_schnorr(self, where: path.Path, digest: bytes, *keys: bytes) -> bytes:
        return self.keys.sign_schnorr(where, self._slip(digest), *keys)

    def sign_leaf(self, where: path.Path, digest: bytes, key: bytes) -> bytes:
        return self.keys.sign_leaf(where, self._slip(digest), key)

    def _slip(self, digest: bytes) -> bytes:
        self.calls += 1
        return digest[::-1] if self.calls - 1 == self.slip_at else digest


@ALL_KINDS
@pytest.mark.parametrize("slip_at", range(3))
def test_a_faulty_signature_never_leaves(script: str, slip_at: int) -> None:
    """The second opinion of python-ecdsa, on the bytes that were about to leave (T52)."""
    keys: Any = Faulty(keyring(), slip_at)
    reviewed = review(build(keyring(), 3, script), keyring())
    with pytest.raises(CrossCheckFailed, match="second opinion"):
        CHAIN.sign(reviewed.approve(reviewed.pages), keys)


def slipped(place: int) -> bytes:
    """A huge payment by keys that slip once: at the coin of the place-th digest in order."""
    raw = build(keyring(), signing.ORDINARY + 1)
    reviewed = review(raw, keyring())
    coins = reviewed.subject.inputs
    order = sorted(range(len(coins)), key=lambda i: coins[i].tasks[0].digest)
    keys: Any = Faulty(keyring(), order[place])
    return CHAIN.sign(reviewed.approve(reviewed.pages), keys)


def test_a_huge_payment_is_checked_by_lot() -> None:
    """The coins of the smallest digests get a second opinion, the same ones each time."""
    for place in range(signing.LOT):
        with pytest.raises(CrossCheckFailed):
            slipped(place)


def test_core_s_engine_judges_whatever_a_test_signs() -> None:
    """The control: a slip that the lot spares is noticed by the fixture around all tests."""
    pytest.importorskip("pbk", reason="Bitcoin Core's engine is not installed")
    with pytest.raises(AssertionError, match="Bitcoin Core does not accept"):
        slipped(signing.LOT)


def approved(**forged: object) -> Approval[CheckedPayment]:
    """An approval whose payment was bent in memory after the check: a fault, not a request."""
    reviewed = review(build(keyring(), 2), keyring())
    bent = dataclasses.replace(reviewed.subject, **forged)  # type: ignore[arg-type]  # bent on purpose
    return dataclasses.replace(reviewed, subject=bent).approve(reviewed.pages)


def test_a_transaction_that_is_not_the_shown_one_never_leaves() -> None:
    whole = review(build(keyring(), 2), keyring()).subject.psbt
    other = dataclasses.replace(whole.tx, locktime=1)
    with pytest.raises(CrossCheckFailed, match="transaction changed"):
        CHAIN.sign(approved(psbt=dataclasses.replace(whole, tx=other)), keyring())


def test_a_result_that_cannot_be_read_never_leaves() -> None:
    signed = container.parse(sign(build(keyring(), 2), keyring()))
    with pytest.raises(CrossCheckFailed, match="cannot be read"):  # each signature is there twice
        CHAIN.sign(approved(psbt=signed), keyring())


def test_a_signature_in_the_wrong_place_never_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    right = container.add
    monkeypatch.setattr(container, "add", lambda one, made: right(one, {0: made[1], 1: made[0]}))
    with pytest.raises(CrossCheckFailed, match="where it belongs"):
        CHAIN.sign(approved(), keyring())


@pytest.mark.parametrize("garbage", [b"", b"psbt", b"psbt\xff", b"cHNidP8=", bytes(1000)])
def test_garbage_is_malformed(garbage: bytes) -> None:
    with pytest.raises(Malformed):
        CHAIN.review(garbage, keyring(), "regtest")


def test_a_refusal_names_the_coin() -> None:
    made = draft(keyring(), 3)
    made.ins[1].drop(0x06)
    with pytest.raises(Refused, match=r"A coin is not from this wallet\. Input 2\."):
        review(made.encode(), keyring())


def test_keys_that_were_wiped_sign_nothing() -> None:
    keys = keyring()
    reviewed = review(build(keys), keys)
    keys.wipe()
    with pytest.raises(Refused) as refused:
        CHAIN.sign(reviewed.approve(reviewed.pages), keys)
    assert refused.value.reason is CommonReason.KEYS_WIPED


def test_psbts_of_the_builder_are_what_others_read() -> None:
    """BDK reads what tests/psbts.py makes, so that its tests are about real requests."""
    bdk = pytest.importorskip("bdkpython", reason="BDK is not installed")
    for script in psbts.KINDS:
        raw = psbts.build(keyring(), 2, script)
        text = base64.b64encode(raw).decode()
        assert base64.b64decode(bdk.Psbt(text).serialize()) == raw


def watching(bdk: ModuleType, keys: Keyring, script: str) -> object:
    """A watch-only BDK wallet of our account 0 with two coins in it, unconfirmed."""
    account = psbts.path(script)[:3]
    origin = f"[{keys.fingerprint.hex()}/{path.render(account).removeprefix('m/')}]"
    xpub = CHAIN.xpub(keys, account, "regtest")
    descriptors = [
        bdk.Descriptor(
            f"{script.rstrip(')')}({origin}{xpub}/{branch}/*)" + ")" * script.count("("),
            bdk.NetworkKind.TEST,
        )
        for branch in (0, 1)
    ]
    wallet = bdk.Wallet(*descriptors, bdk.Network.REGTEST, bdk.Persister.new_in_memory())
    wallet.reveal_addresses_to(bdk.KeychainKind.EXTERNAL, 1)
    for index in range(2):
        locked = psbts.lock(keys, psbts.path(script, 0, index))
        whole = psbts.previous_tx([psbts.output(60_000, locked)], index, witness=True)
        funding = bdk.Transaction(whole)
        wallet.apply_unconfirmed_txs([bdk.UnconfirmedTx(tx=funding, last_seen=1)])
    return wallet


@ALL_KINDS
def test_a_payment_drafted_by_bdk_is_signed_and_finalized_by_it(script: str) -> None:
    """The way of every payment of the host wallet: BDK drafts, we sign, BDK finalizes."""
    keys = keyring()
    bdk = pytest.importorskip("bdkpython", reason="BDK is not installed")
    wallet = watching(bdk, keys, script)
    builder = bdk.TxBuilder().fee_rate(bdk.FeeRate.from_sat_per_vb(2))
    builder = builder.add_recipient(bdk.Script(psbts.PAYEE), bdk.Amount.from_sat(100_000))
    drafted = base64.b64decode(builder.finish(wallet).serialize())
    pages = psbts.text(review(drafted, keys).pages)
    assert "[Details]\nChange to you " in pages
    assert "Rate 2.0 sat/vB" in pages
    assert pages.startswith("[Recipient 1 of 1]\nPay 100 000 sats")
    signed = bdk.Psbt(base64.b64encode(sign(drafted, keys)).decode())
    finalized = signed.finalize()
    assert finalized.could_finalize
    assert kernel.finalized(container.parse(sign(drafted, keys))) == bytes(
        finalized.psbt.extract_tx().serialize()
    )


@ALL_KINDS
def test_embit_signs_the_same(script: str) -> None:
    """A second implementation of the digests: ECDSA bytes are equal, Schnorr ones verify."""
    bip32 = pytest.importorskip("embit.bip32", reason="embit is not installed")
    bip39 = pytest.importorskip("embit.bip39")
    their_psbt = pytest.importorskip("embit.psbt")
    raw = build(keyring(), 2, script)
    theirs = their_psbt.PSBT.parse(raw)
    theirs.sign_with(bip32.HDKey.from_seed(bip39.mnemonic_to_seed(psbts.ABANDON)))
    kernel.check(theirs.serialize())
    if script != "tr":
        ours = container.parse(sign(raw, keyring())).inputs
        assert [set(m.records) for m in container.parse(theirs.serialize()).inputs] == [
            set(m.records) for m in ours
        ]
