"""One moment of the app, and the one sentence that says what can be done in it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.session import wording
from host.session.api import UnfinishedPayment, WalletSnapshot
from host.session.state import (
    AppState,
    PaymentProgress,
    Stage,
    block_sentence,
    next_step,
)
from host.values import (
    Acceptance,
    Balance,
    Draft,
    NodeStatus,
    PanelView,
    Propagation,
    SignedPayment,
)

DRAFT = Draft(b"psbt", "tb1q", 25_000, 141)
RICH = WalletSnapshot("9f3c21aa", 143, Balance(5_000_000, 0))
EMPTY = replace(RICH, balance=Balance(0, 0))


def view(state: str) -> PanelView:
    return PanelView(1, "home", (), state, "")


def node(height: int, *, alive: bool = True) -> NodeStatus:
    return NodeStatus("node 0", "127.0.0.1:1", alive, height, "", ())


SHOWN = AppState(view=view("unlocked"), wallet=RICH)
ALONE = AppState(panel=False, playground=False, wallet=RICH)


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (AppState(), ""),
        (AppState(starting="Starting."), "Starting."),
        (replace(SHOWN, broken="It did not start."), "It did not start."),
        (replace(SHOWN, plugged=False), wording.PULLED),
        (replace(SHOWN, wallet=None, view=view("empty")), wording.NEW_DEVICE),
        (replace(SHOWN, wallet=None, view=view("locked")), wording.LOCKED_DEVICE),
        (replace(SHOWN, wallet=None), wording.PAIRING),
        (replace(SHOWN, wallet=EMPTY), wording.NO_PLAY_COINS),
        (replace(SHOWN, wallet=replace(EMPTY, balance=Balance(0, 1))), wording.READY),
        (SHOWN, wording.READY),
        (replace(SHOWN, payment=PaymentProgress(DRAFT)), wording.LEFT_OVER),
        (replace(SHOWN, payment=PaymentProgress(DRAFT, Stage.SIGNED)), wording.LEFT_OVER),
        (replace(SHOWN, payment=PaymentProgress(DRAFT, Stage.SPREAD)), wording.MINED_SOON),
        (replace(SHOWN, payment=PaymentProgress(DRAFT, Stage.CONFIRMED)), wording.READY),
        (ALONE, wording.READY),
        (replace(ALONE, wallet=None), wording.UNPAIRED),
        (replace(ALONE, wallet=None, plugged=False), wording.PULLED),
        (replace(ALONE, wallet=EMPTY), wording.NO_COINS),
        (replace(ALONE, payment=PaymentProgress(DRAFT, Stage.SPREAD)), wording.WAITS_FOR_BLOCK),
    ],
)
def test_the_next_step_is_one_sentence(state: AppState, sentence: str) -> None:
    assert next_step(state) == sentence


def test_what_broke_goes_before_what_failed_and_that_before_what_is_asked() -> None:
    state = replace(SHOWN, starting="5", busy="4", asking="3", problem="2", broken="1")
    for field in ("broken", "problem", "asking", "busy", "starting"):
        assert next_step(state) == getattr(state, field)
        state = replace(state, **{field: ""})
    assert next_step(state) == wording.READY


def test_a_sentence_never_names_a_key_that_the_session_does_not_have() -> None:
    for wallet in (None, EMPTY, RICH):
        for stage in Stage:
            state = replace(ALONE, wallet=wallet, payment=PaymentProgress(DRAFT, stage))
            sentence = next_step(state)
            assert "faucet" not in sentence
            assert "miner" not in sentence
            assert "Press d" not in sentence


@given(st.lists(st.tuples(st.integers(0, 10**6), st.booleans())))
def test_the_height_is_that_of_the_tallest_living_node(nodes: list[tuple[int, bool]]) -> None:
    state = AppState(nodes=tuple(node(height, alive=alive) for height, alive in nodes))
    living = [height for height, alive in nodes if alive]
    assert state.height == max(living, default=0)
    assert state.peers == len(living)


def test_without_a_network_of_its_own_the_wallet_says_how_high_the_chain_is() -> None:
    assert ALONE.height == 143
    assert replace(ALONE, wallet=None).height == 0


def test_a_payment_left_over_keeps_what_it_has() -> None:
    unsigned = PaymentProgress.of(UnfinishedPayment(DRAFT))
    assert (unsigned.stage, unsigned.signed) == (Stage.WRITTEN, None)
    payment = SignedPayment(b"\x02", "ab" * 32, 141)
    signed = PaymentProgress.of(UnfinishedPayment(DRAFT, payment))
    assert (signed.stage, signed.signed) == (Stage.SIGNED, payment)
    assert signed.unfinished == UnfinishedPayment(DRAFT, payment)


@pytest.mark.parametrize(
    ("proof", "sentence"),
    [
        (Propagation(("a",), ("b", "c"), 3), "sent to 1 node, seen by 2 of 3"),
        (Propagation((), (), 2), "sent to 0 nodes, seen by 0 of 2"),
        (Acceptance("electrum.example:50002"), "taken by electrum.example:50002"),
    ],
)
def test_each_kind_of_proof_has_its_words(proof: Propagation | Acceptance, sentence: str) -> None:
    assert wording.proof_sentence(proof) == sentence


def test_only_a_playground_can_be_told_to_mine() -> None:
    assert "m" in block_sentence(SHOWN).split()
    assert "m" not in block_sentence(ALONE).split()
