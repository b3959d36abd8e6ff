"""The keys of one seed: published trees, thrift, and silence."""

import copy
import hmac
import json
import pickle
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.errors import CommonReason, Malformed, Refused
from signer.formats import base58
from signer.keys import curve, keyring
from signer.keys.keyring import Keyring
from signer.keys.node import PrivateNode
from signer.keys.path import HARDENED, parse
from signer.keys.seeds import mnemonic
from tests import memory
from tests.memory import ORDER
from tests.signer.published import cases, own, shared

XPUB = bytes.fromhex("0488b21e")
ZPUB = bytes.fromhex("04b24746")
SEED = bytes(range(64))
DIGEST = bytes(range(32))
PATH = parse("m/84h/1h/0h/0/5")
steps = st.integers(0, 3) | st.integers(HARDENED, HARDENED + 3)


def ring() -> Keyring:
    return Keyring(bytearray(SEED))


def from_words(words: str) -> Keyring:
    return Keyring(mnemonic.seed_from_words(words.split()))


@pytest.mark.parametrize("case", cases("bip32"))
def test_published_chains_lead_to_the_published_xpubs(case: dict[str, str]) -> None:
    keys = Keyring(bytearray.fromhex(case["seed"]))
    assert keys.extended(parse(case["path"])).encode(XPUB) == case["xpub"]


def test_all_17_bip32_chains_hold() -> None:
    trees = json.loads(shared("bip32/bip32.json").read_text())
    chains = [(tree["seed"], chain) for tree in trees for chain in tree["chains"]]
    assert len(chains) == 17
    for seed, chain in chains:
        keys = Keyring(bytearray.fromhex(seed))
        assert keys.extended(parse(chain["path"])).encode(XPUB) == chain["pub"]


def test_the_24_bip39_seeds_open_the_published_master_keys() -> None:
    rows = json.loads(shared("bip39/trezor-vectors.json").read_text())["english"]
    for _, _, seed, xprv in rows:
        payload = base58.decode_check(xprv)
        master = Keyring(bytearray.fromhex(seed)).extended(())
        assert master.chain_code == payload[13:45]
        assert master.public_key == curve.public_key(bytearray(payload[46:]))


def test_the_published_bip84_account_and_keys_come_from_its_words() -> None:
    vectors = own("bip84")
    keys = from_words(vectors["words"])
    account = keys.extended(parse(vectors["account"]["path"]))
    assert account.encode(ZPUB) == vectors["account"]["zpub"]
    for case in vectors["cases"]:
        assert keys.public_key(parse(case["path"])).hex() == case["public_key"]


def test_the_published_bip86_account_and_keys_come_from_its_words() -> None:
    vectors = own("bip86")
    keys = from_words(vectors["words"])
    account = keys.extended(parse(vectors["account"]["path"]))
    assert account.encode(XPUB) == vectors["account"]["xpub"]
    for case in vectors["cases"]:
        path = parse(case["path"])
        internal = keys.public_key(path)[1:]
        assert keys.extended(path).encode(XPUB) == case["xpub"]
        assert internal.hex() == case["internal_key"]
        assert curve.taproot_output_key(internal).hex() == case["output_key"]


JADE_NETWORKS = {"mainnet": "0488b21e", "testnet": "043587cf", "localtest": "043587cf"}


def test_jade_s_own_xpubs_come_from_its_test_words() -> None:
    vectors = json.loads(shared("jade/inline.json").read_text())
    keys = from_words(vectors["wallets"]["TM"])
    assert keys.fingerprint.hex() == "e3ebcc79"
    rows = [row for row in vectors["inline"]["GET_XPUB_DATA"] if row[1] in JADE_NETWORKS]
    assert len(rows) >= 5
    for path, network, xpub in rows:
        version = bytes.fromhex(JADE_NETWORKS[network])
        assert keys.extended(tuple(path)).encode(version) == xpub


@pytest.mark.parametrize("size", [0, 15, 65])
def test_a_seed_of_another_size_is_malformed_and_zeroed_all_the_same(size: int) -> None:
    seed = bytearray(b"x" * size)
    with pytest.raises(Malformed, match="16 to 64"):
        Keyring(seed)
    assert seed == bytes(size)


def test_the_seed_is_zeroed_as_soon_as_the_keys_exist() -> None:
    seed = bytearray(SEED)
    Keyring(seed)
    assert seed == bytes(64)


@given(st.lists(steps, max_size=5).map(tuple))
def test_public_keys_are_the_same_derived_in_private_and_in_public(path: tuple[int, ...]) -> None:
    keys = ring()
    assert keys.public_key(path) == keys.extended(path).public_key


@given(st.lists(st.integers(0, HARDENED - 1), min_size=1, max_size=3))
def test_children_of_an_extended_key_are_the_keyring_s_own(below: list[int]) -> None:
    keys, account = ring(), parse("m/84h/1h/0h")
    extended = keys.extended(account)
    for index in below:
        extended = extended.child(index)
    assert extended == keys.extended((*account, *below))


@given(st.lists(steps, min_size=1, max_size=5).map(tuple), st.binary(min_size=32, max_size=32))
def test_signatures_verify_under_the_public_key_at_the_path(
    path: tuple[int, ...], digest: bytes
) -> None:
    keys = ring()
    public = keys.public_key(path)
    assert curve.second_opinion_ecdsa(public, digest, keys.sign_ecdsa(path, digest))
    for root in (b"", bytes(32)):
        output_key = curve.taproot_output_key(public[1:], root)
        signature = keys.sign_schnorr(path, digest, root)
        assert curve.second_opinion_schnorr(output_key, digest, signature)
    leaf = keys.sign_leaf(path, digest, public[1:])
    assert curve.second_opinion_schnorr(public[1:], digest, leaf)
    assert curve.recover(digest, keys.sign_recoverable(path, digest)) == public


def test_two_keyrings_of_one_seed_sign_bit_for_bit_alike() -> None:
    assert ring().sign_ecdsa(PATH, DIGEST) == ring().sign_ecdsa(PATH, DIGEST)
    assert ring().sign_schnorr(PATH, DIGEST) == ring().sign_schnorr(PATH, DIGEST)


def test_the_key_that_authenticates_stays_where_it_is() -> None:
    # At another place it would disown every account that was registered before.
    node = memory.master(SEED)
    for index in (int.from_bytes(b"quie", "big"), 0):
        node = memory.child(*node, HARDENED + index)
    assert ring().authenticate(b"data") == hmac.digest(node[0], b"data", "sha256")


def test_the_master_key_signs_nothing() -> None:
    for sign in (ring().sign_ecdsa, ring().sign_schnorr):
        with pytest.raises(Malformed, match="master key"):
            sign((), DIGEST)


@pytest.mark.parametrize("size", [0, 1, 31, 33, 64])
def test_only_digests_of_32_bytes_are_signed(size: int) -> None:
    for sign in (ring().sign_ecdsa, ring().sign_schnorr):
        with pytest.raises(Malformed, match=f"not {size}"):
            sign(PATH, bytes(size))


@pytest.mark.parametrize("size", [1, 31, 33])
def test_a_merkle_root_has_32_bytes_or_none(size: int) -> None:
    with pytest.raises(Malformed, match="merkle root"):
        ring().sign_schnorr(PATH, DIGEST, bytes(size))


@pytest.mark.parametrize("path", [(-1,), (1 << 32,), (0,) * 256, (0, 1 << 40, 0)])
def test_what_is_no_path_is_malformed(path: tuple[int, ...]) -> None:
    keys = ring()
    for use in (keys.public_key, keys.extended, lambda p: keys.sign_ecdsa(p, DIGEST)):
        with pytest.raises(Malformed):
            use(path)


def test_a_thousand_inputs_of_one_account_keep_no_more_than_one_account_s_nodes() -> None:
    keys = ring()
    for index in range(1000):
        keys.public_key((*PATH[:-1], index))
    keys.sign_ecdsa(PATH, DIGEST)
    assert sorted(keys._nodes) == sorted(PATH[:depth] for depth in range(5))


def test_a_host_that_walks_the_tree_cannot_fill_the_memory() -> None:
    keys = ring()
    expected = keys.extended(PATH)
    for account in range(300):
        keys.extended((HARDENED + 84, HARDENED, HARDENED + account))
    assert len(keys._nodes) == keyring._MAX_NODES
    assert keys.extended(PATH) == expected


def test_whatever_was_asked_for_in_between_an_extended_key_stays_the_same() -> None:
    # At some count the parent has made room while its child is the next to go.
    account = PATH[:3]
    expected = ring().extended(account)
    for others in range(keyring._MAX_NODES + 5):
        keys = ring()
        keys.extended(account)
        for index in range(others):
            keys.extended((index,))
        assert keys.extended(account) == expected, others


def test_a_node_that_makes_room_is_erased() -> None:
    keys = ring()
    keys.extended(PATH)
    oldest = keys._nodes[PATH[:1]]
    for account in range(100):
        keys.extended((HARDENED + account,))
    assert oldest.secret == bytes(32)


USES: dict[str, Callable[[Keyring], Any]] = {
    "public_key": lambda keys: keys.public_key(PATH),
    "public_key of the root": lambda keys: keys.public_key(()),
    "extended": lambda keys: keys.extended(PATH),
    "sign_ecdsa": lambda keys: keys.sign_ecdsa(PATH, DIGEST),
    "sign_schnorr": lambda keys: keys.sign_schnorr(PATH, DIGEST),
}


@pytest.mark.parametrize("use", USES)
def test_after_wiping_every_use_is_refused(use: str) -> None:
    keys = ring()
    USES[use](keys)
    keys.wipe()
    keys.wipe()
    with pytest.raises(Refused) as caught:
        USES[use](keys)
    assert caught.value.reason is CommonReason.KEYS_WIPED
    assert repr(keys) == f"Keyring({keys.fingerprint.hex()})"


def test_wiping_zeroes_every_buffer() -> None:
    keys = ring()
    keys.sign_ecdsa(PATH, DIGEST)
    nodes = list(keys._nodes.values())
    assert all(any(node.secret) and any(node._chain_code) for node in nodes)
    keys.wipe()
    assert not any(any(node.secret) or any(node._chain_code) for node in nodes)


def test_what_was_only_needed_while_deriving_is_zeroed_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    passing: list[bytes | bytearray] = []
    real = hmac.digest

    def watched(key: bytes, message: bytes | bytearray, name: str) -> bytes:
        result = real(key, message, name)
        passing.extend([result] + [message] * isinstance(message, bytearray))
        return result

    monkeypatch.setattr(hmac, "digest", watched)
    keys = ring()
    keys.sign_ecdsa(PATH, DIGEST)
    keys.sign_schnorr(PATH, DIGEST)
    assert [len(buffer) for buffer in passing].count(37) == 3  # the hardened steps
    assert not [buffer for buffer in passing if any(buffer)]


def test_an_opened_key_is_zeroed_when_its_block_ends_or_breaks_off() -> None:
    keys, seen = ring(), list[bytearray]()

    def use(path: tuple[int, ...], digest: bytes) -> None:
        with keys.opened(path) as (node, _):
            seen.append(node.secret)
            assert any(node.secret)
            curve.sign_ecdsa(node.secret, digest, node.public)

    use(PATH, DIGEST)
    with pytest.raises(Malformed):
        use(PATH, b"")
    assert seen == [bytes(32)] * 2


@pytest.mark.parametrize("number", [0, ORDER])
def test_a_seed_that_makes_no_key_is_malformed(
    monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    # One in 2**127; so the hash is made to give such a number (BIP32, Master key generation).
    monkeypatch.setattr(hmac, "digest", lambda *_: number.to_bytes(32, "big") + bytes(32))
    with pytest.raises(Malformed):
        PrivateNode.master(bytearray(SEED))


@pytest.mark.parametrize(
    "spread", [copy.copy, copy.deepcopy, pickle.dumps, lambda k: copy.deepcopy([k])]
)
def test_a_keyring_cannot_be_copied_or_stored(spread: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match="cannot be copied"):
        spread(ring())


def test_neither_printing_nor_an_error_shows_more_than_the_fingerprint() -> None:
    keys = ring()
    keys.sign_ecdsa(PATH, DIGEST)
    shown = [repr(keys), str(keys), f"{keys}", f"{keys!a}", repr([keys])]
    for bad in ((-1,), (0,) * 256, ()):
        try:
            keys.sign_ecdsa(bad, DIGEST)
        except Malformed as error:
            shown += [str(error), repr(error), "".join(traceback.format_exception(error))]
    hidden = {
        data.hex()
        for node in keys._nodes.values()
        for data in (bytes(node.secret), bytes(node._chain_code))
    }
    assert len(hidden) == 10
    assert not [secret for secret in hidden for text in shown if secret in text]
    assert shown[0] == f"Keyring({keys.fingerprint.hex()})"


def test_a_node_has_no_printable_form_and_cannot_be_stored() -> None:
    node = ring()._nodes[()]
    assert bytes(node.secret).hex() not in repr(node)
    for spread in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="cannot be copied"):
            spread(node)
