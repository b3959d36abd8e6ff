"""T139: a device, or who stands between, answers with an output that pays somebody else.

Such a payment is valid, and its coins are somebody else's or nobody's. The wallet takes no script
and no share on anybody's word: each share is proven (BIP374), and the scripts are computed here
from public data. Nothing is kept as signed before that.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from host.errors import WalletError
from host.psbt import UNSIGNED_TX, PsbtMaps
from host.transactions import Transaction
from host.values import Draft, PaymentRequest, Recipient
from host.wallet import Wallet
from signer.formats.silent_address import SilentAddress
from signer.keys import curve
from tests.signer.silents import BOB
from tests.wallets import fund, paired, sign

EVE = SilentAddress(curve.public_key(bytearray(b"\x55" * 32)), BOB.spend_key)
SHARE, PROOF = b"\x07" + BOB.scan_key, b"\x08" + BOB.scan_key
SILENT = b"\x09"
P2TR = b"\x51\x20"

Lie = Callable[[Draft, bytes], bytes]


@pytest.fixture
def wallet(tmp_path: Path) -> Iterator[Wallet]:
    wallet = paired(tmp_path / "w")
    fund(wallet, 100_000)
    yield wallet
    wallet.close()


def to_eve(draft: Draft, _: bytes) -> bytes:
    """Signed properly, for an address that the host, or a cable, put in the place of Bob's."""
    maps = PsbtMaps.parse(draft.psbt)
    keys = EVE.scan_key + EVE.spend_key
    outputs = tuple({**out, SILENT: keys} if SILENT in out else out for out in maps.outputs)
    signed = PsbtMaps.parse(sign(PsbtMaps(maps.top, maps.inputs, outputs).encode()))
    return PsbtMaps(signed.top, signed.inputs, maps.outputs).encode()


def with_eves_share(draft: Draft, signed: bytes) -> bytes:
    """The same, and Eve's share said to be that with Bob, with the proof that is right for Eve."""
    lie, eve = PsbtMaps.parse(to_eve(draft, signed)), EVE.scan_key
    top = {**lie.top, SHARE: lie.top[b"\x07" + eve], PROOF: lie.top[b"\x08" + eve]}
    return PsbtMaps(top, lie.inputs, lie.outputs).encode()


def with_script(_: Draft, signed: bytes) -> bytes:
    """Another script beside the share that is right."""
    maps = PsbtMaps.parse(signed)
    unsigned = Transaction.parse(maps.unsigned_tx)
    outputs = tuple(
        replace(out, script_pubkey=P2TR + b"\x77" * 32) if SILENT in records else out
        for out, records in zip(unsigned.outputs, maps.outputs, strict=True)
    )
    raw = replace(unsigned, outputs=outputs).encode(witness=False)
    return PsbtMaps({**maps.top, UNSIGNED_TX: raw}, maps.inputs, maps.outputs).encode()


def without(name: bytes) -> Lie:
    def lie(_: Draft, signed: bytes) -> bytes:
        maps = PsbtMaps.parse(signed)
        top = {key: value for key, value in maps.top.items() if key != name}
        return PsbtMaps(top, maps.inputs, maps.outputs).encode()

    return lie


def with_proof(change: Callable[[bytes], bytes]) -> Lie:
    def lie(_: Draft, signed: bytes) -> bytes:
        maps = PsbtMaps.parse(signed)
        top = {**maps.top, PROOF: change(maps.top[PROOF])}
        return PsbtMaps(top, maps.inputs, maps.outputs).encode()

    return lie


def as_it_was(draft: Draft, _: bytes) -> bytes:
    return draft.psbt


@pytest.mark.parametrize(
    ("lie", "says"),
    [
        (to_eve, "did not say how"),
        (with_eves_share, "not proven to be right"),
        (with_script, "does not pay the silent address"),
        (without(SHARE), "did not say how"),
        (without(PROOF), "not proven to be right"),
        (with_proof(lambda proof: bytes([proof[0] ^ 1]) + proof[1:]), "not proven to be right"),
        (with_proof(lambda proof: proof[:-1] + bytes([proof[-1] ^ 1])), "not proven to be right"),
        (as_it_was, "nothing to sign"),
        (lambda *_: b"psbt\xff", "not a clean PSBT"),
    ],
)
def test_nothing_is_taken_that_does_not_pay_the_address(
    wallet: Wallet, lie: Lie, says: str
) -> None:
    draft = wallet.draft_request(PaymentRequest.to(BOB.encode("regtest"), 25_000))
    signed = sign(draft.psbt)
    with pytest.raises(WalletError, match=says):
        wallet.finish(draft, lie(draft, signed))
    assert wallet.waiting() == ()
    assert wallet.store.draft() == draft, "and the honest answer is still taken"
    assert wallet.finish(draft, signed)


def test_outputs_of_one_payee_do_not_trade_places(wallet: Wallet) -> None:
    """Both scripts are Bob's, and with other numbers: he would find less than was agreed to."""
    bob = BOB.encode("regtest")
    request = PaymentRequest((Recipient(bob, 20_000), Recipient(bob, 30_000)))
    draft = wallet.draft_request(request)
    maps = PsbtMaps.parse(sign(draft.psbt))
    unsigned = Transaction.parse(maps.unsigned_tx)
    places = [index for index, records in enumerate(maps.outputs) if SILENT in records]
    outputs = list(unsigned.outputs)
    for place, other in (places, reversed(places)):
        script = unsigned.outputs[other].script_pubkey
        outputs[place] = replace(outputs[place], script_pubkey=script)
    raw = replace(unsigned, outputs=tuple(outputs)).encode(witness=False)
    lie = PsbtMaps({**maps.top, UNSIGNED_TX: raw}, maps.inputs, maps.outputs).encode()
    with pytest.raises(WalletError, match="does not pay the silent address"):
        wallet.finish(draft, lie)


def test_shares_of_each_coin_are_taken_when_all_are_proven(wallet: Wallet) -> None:
    """What one coin shares is what all of one coin share: it may come in the coin's own field."""
    draft = wallet.draft_request(PaymentRequest.to(BOB.encode("regtest"), 25_000))
    maps = PsbtMaps.parse(sign(draft.psbt))
    top = {key: value for key, value in maps.top.items() if key not in {SHARE, PROOF}}
    share = {b"\x1d" + SHARE[1:]: maps.top[SHARE], b"\x1e" + PROOF[1:]: maps.top[PROOF]}
    (records,) = maps.inputs
    wrong = {**share, b"\x1e" + PROOF[1:]: bytes(64)}
    with pytest.raises(WalletError, match="not proven to be right"):
        wallet.finish(draft, PsbtMaps(top, ({**records, **wrong},), maps.outputs).encode())
    assert wallet.finish(draft, PsbtMaps(top, ({**records, **share},), maps.outputs).encode())
