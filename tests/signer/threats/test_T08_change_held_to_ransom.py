"""Change of ours where no wallet would ever look is lost until the host names a price."""

import pytest

from signer.chains.bitcoin.accounts.account import INDEX_GAP, LAST_USUAL_INDEX
from signer.chains.bitcoin.transactions import script
from signer.hashes import hash160
from signer.keys.path import HARDENED, Path, render
from tests import psbts
from tests.psbts import Draft, Out, draft, keyring, review, text

ACCOUNT = psbts.path("wpkh")[:3]


def paying_back_to(where: Path) -> Draft:
    """A payment whose change really is ours, at `where`, as P2WPKH."""
    keys = keyring()
    made = draft(keys)
    public = keys.public_key(where)
    made.outs[1] = Out([], 74_800, b"\x00\x14" + hash160(public))
    made.outs[1].put(0x02, psbts.origin(keys, where), public)
    return made


@pytest.mark.parametrize(
    "where",
    [
        (*ACCOUNT, 1, INDEX_GAP + 1),
        (*ACCOUNT, 1, 2_000_000_000),
        (*ACCOUNT, 1, HARDENED),
        (*ACCOUNT, 1, HARDENED + 3),
        (*ACCOUNT, HARDENED + 1, 3),
        (*ACCOUNT, 2, 3),
    ],
)
def test_change_where_no_wallet_looks_is_a_payment_with_a_warning(where: Path) -> None:
    shown = text(review(paying_back_to(where).encode(), keyring()).pages)
    assert "Comes back" not in shown
    assert "Pay 99 800 sats" in shown
    assert shown.startswith(
        f"[Unusual path]\nOutput 2 pays 74 800 sats to a key of yours at {render(where)}.\n"
    )


@pytest.mark.parametrize("where", [(*ACCOUNT, 1), (*ACCOUNT, 1, 3, 0), ACCOUNT])
def test_a_path_of_another_length_is_no_place_of_the_account(where: Path) -> None:
    shown = text(review(paying_back_to(where).encode(), keyring()).pages)
    assert "Comes back" not in shown
    assert "No output is known to be yours" not in shown
    assert "Pay 99 800 sats" in shown
    assert f"Output 2 pays 74 800 sats to a key of yours at {render(where)}." in shown


@pytest.mark.parametrize(
    "where",
    [psbts.path("wpkh", 1, 3, network="mainnet"), psbts.path("tr", 1, 3), (1, 3)],
)
def test_a_key_of_ours_where_no_wallet_has_an_account_is_a_payment_with_a_warning(
    where: Path,
) -> None:
    shown = text(review(paying_back_to(where).encode(), keyring()).pages)
    assert shown.startswith("[Unusual path]\nOutput 2 pays 74 800 sats to a key of yours at ")
    assert "omes back" not in shown
    assert "Pay 99 800 sats" in shown


@pytest.mark.parametrize(("branch", "index"), [(1, INDEX_GAP + 1), (2, 0), (1, HARDENED)])
def test_another_account_of_ours_has_a_reach_of_its_own(branch: int, index: int) -> None:
    """No coin of it is spent, so nothing proves that it is used up to there."""
    made = paying_back_to(psbts.path("wpkh", branch, index, account=1))
    made.ins[0] = psbts.coin(keyring(), (*ACCOUNT, 0, 500_000), 100_000)
    shown = text(review(made.encode(), keyring()).pages)
    assert shown.startswith("[Unusual path]\nOutput 2 pays 74 800 sats to a key of yours at ")
    assert "another account of yours" not in shown


def test_the_last_index_within_the_gap_is_change() -> None:
    shown = text(review(paying_back_to((*ACCOUNT, 1, INDEX_GAP)).encode(), keyring()).pages)
    assert f"path 84h/1h/0h/1/{INDEX_GAP}, checked" in shown


def test_the_gap_is_counted_from_the_coins_that_are_spent() -> None:
    keys = keyring()
    made = paying_back_to((*ACCOUNT, 1, 12_000))
    made.ins[0] = psbts.coin(keys, (*ACCOUNT, 0, 2_000), 100_000)
    assert "1/12000, checked" in text(review(made.encode(), keys).pages)
    made.ins.append(psbts.coin(keys, (*ACCOUNT, 0, 1), 100, 1))
    assert "1/12000, checked" in text(review(made.encode(), keys).pages)


@pytest.mark.parametrize("index", [LAST_USUAL_INDEX + 1, 1_999_999_990, HARDENED - 2])
def test_dust_far_away_does_not_move_the_reach_and_is_warned_of(index: int) -> None:
    """Whoever knows the xpub can send 600 sats anywhere, and have change go beside them."""
    keys = keyring()
    made = paying_back_to((*ACCOUNT, 1, index + 1))
    made.ins.append(psbts.coin(keys, (*ACCOUNT, 0, index), 600, 1))
    shown = text(review(made.encode(), keys).pages)
    assert shown.startswith(f"[Unusual path]\nCoin 2: m/84h/1h/0h/0/{index}\n[Unusual path]\n")
    assert f"Output 2 pays 74 800 sats to a key of yours at m/84h/1h/0h/1/{index + 1}." in shown
    assert "omes back" not in shown
    made.outs[1] = psbts.change(keys, (*ACCOUNT, 1, INDEX_GAP), 74_800)
    assert "Change to you 74 800 sats" in text(review(made.encode(), keys).pages)


def test_a_coin_at_the_last_usual_index_is_usual_and_moves_the_reach() -> None:
    keys = keyring()
    made = paying_back_to((*ACCOUNT, 1, LAST_USUAL_INDEX + INDEX_GAP))
    made.ins[0] = psbts.coin(keys, (*ACCOUNT, 0, LAST_USUAL_INDEX), 100_000)
    shown = text(review(made.encode(), keys).pages)
    assert shown.startswith("[Recipient 1 of 1]")
    assert f"1/{LAST_USUAL_INDEX + INDEX_GAP}, checked" in shown


def test_change_of_another_script_kind_is_a_payment() -> None:
    """The key is the right one; a wallet for P2WPKH would not find its coins in a P2PKH script."""
    keys = keyring()
    made = draft(keys)
    made.outs[1].script = script.p2pkh(hash160(keys.public_key((*ACCOUNT, 1, 3))))
    shown = text(review(made.encode(), keys).pages)
    assert "Comes back" not in shown
    assert "to a key of yours at m/84h/1h/0h/1/3." in shown


def test_an_own_receive_address_comes_back_and_is_named_as_one() -> None:
    shown = text(review(paying_back_to((*ACCOUNT, 0, 7)).encode(), keyring()).pages)
    assert "Pay 25 000 sats" in shown
    assert "path 84h/1h/0h/0/7, checked" in shown
    assert "One of your own addresses." in shown
