"""Which coins count for a silent payment: told by their scripts, whatever else a request says."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.chains.bitcoin.descriptors.spend_data import NUMS, branch_hash, leaf_hash
from signer.chains.bitcoin.psbt import fields
from signer.chains.bitcoin.psbt.container import Psbt
from signer.chains.bitcoin.psbt.maps import Map
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.chains.bitcoin.silent_payments import inputs as silent_inputs
from signer.chains.bitcoin.transactions import script
from signer.chains.bitcoin.transactions.tx import Tx, TxOutput
from signer.errors import CommonReason, Malformed, Reason, Refused
from signer.formats.cursor import compact_size
from signer.hashes import hash160, sha256
from signer.keys import curve
from signer.keys.curve.points import GENERATOR

KEY = curve.public_key(bytearray(b"\x06" * 32))
UNCOMPRESSED = bytes.fromhex(  # the generator in full
    "0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
    "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"
)
NESTED = script.p2wpkh(hash160(KEY))
LEAF = b"\x51"
LONG_LEAF = b"\x51\x69\x51"


def key(
    script_pubkey: bytes, *records: tuple[int, bytes, bytes], known: bool = False
) -> bytes | None:
    """What one coin with these records (type, key data, value) counts with."""
    one = Map({bytes((kind,)) + name: value for kind, name, value in records})
    made = Psbt(Tx(2, (), (), 0), b"", Map({}), (one,), (), 2)
    keyless = {0} if known else ()
    found = silent_inputs.contributing(made, [TxOutput(1, script_pubkey)], keyless)
    assert found == {} or len(found[0]) == 33
    return found.get(0)


def named(public: bytes) -> tuple[int, bytes, bytes]:
    return (fields.BIP32_DERIVATION, public, bytes(4))


def refusal(script_pubkey: bytes, *records: tuple[int, bytes, bytes]) -> Reason:
    with pytest.raises(Refused) as refused:
        key(script_pubkey, *records)
    assert refused.value.detail == "Input 1."
    return refused.value.reason


@pytest.mark.parametrize("lock", [script.p2wpkh, script.p2pkh], ids=["P2WPKH", "P2PKH"])
def test_a_hashed_key_counts_where_the_request_names_it(
    lock: Callable[[bytes], bytes],
) -> None:
    coin = lock(hash160(KEY))
    assert key(coin, named(GENERATOR), named(KEY)) == KEY
    assert refusal(coin) is BitcoinReason.SILENT_KEY_MISSING
    assert refusal(coin, named(GENERATOR)) is BitcoinReason.SILENT_KEY_MISSING


def test_an_uncompressed_key_does_not_count() -> None:
    assert key(script.p2pkh(hash160(UNCOMPRESSED)), named(UNCOMPRESSED)) is None


def test_a_nested_key_counts_and_another_redeem_script_does_not() -> None:
    redeem = (fields.REDEEM_SCRIPT, b"", NESTED)
    coin = script.p2sh(hash160(NESTED))
    assert key(coin, redeem, named(KEY)) == KEY
    assert refusal(coin, redeem) is BitcoinReason.SILENT_KEY_MISSING
    assert refusal(coin, named(KEY)) is BitcoinReason.SILENT_KEY_MISSING
    assert refusal(script.p2sh(bytes(20)), redeem, named(KEY)) is BitcoinReason.SCRIPT_NOT_COMMITTED
    assert key(script.p2sh(hash160(LEAF)), (fields.REDEEM_SCRIPT, b"", LEAF)) is None


def test_a_final_coin_shows_its_key_itself() -> None:
    witness = b"\x02\x01s" + compact_size(33) + KEY
    final = (fields.FINAL_SCRIPTWITNESS, b"", witness)
    assert key(script.p2wpkh(hash160(KEY)), final) == KEY
    nested = (fields.FINAL_SCRIPTSIG, b"", compact_size(22) + NESTED)
    assert key(script.p2sh(hash160(NESTED)), nested, final) == KEY


@pytest.mark.parametrize(
    "script_sig",
    [
        b"\x01s\x21" + KEY,
        b"\x00\x75\x01s\x4c\x21" + KEY,  # something pushed and dropped, the key by PUSHDATA1
        b"\x4f\x75\x01s\x4e\x21\x00\x00\x00" + KEY,  # another number, and PUSHDATA4
        b"\x51\x63\x01s\x4d\x21\x00" + KEY + b"\x67\x01t\x21" + GENERATOR + b"\x68",
    ],
)
def test_a_final_legacy_coin_shows_its_key_however_it_is_written(script_sig: bytes) -> None:
    final = (fields.FINAL_SCRIPTSIG, b"", script_sig)
    assert key(script.p2pkh(hash160(KEY)), final) == KEY
    assert refusal(script.p2pkh(bytes(20)), final) is BitcoinReason.SILENT_KEY_MISSING


def test_a_taproot_coin_counts_with_the_even_key_of_its_script() -> None:
    coin, counted = script.p2tr(KEY[1:]), b"\x02" + KEY[1:]
    assert key(coin) == counted
    for items in (b"\x01\x01s", b"\x01\x01\x50", b"\x02\x01s\x01\x50"):  # the last an annex
        assert key(coin, (fields.FINAL_SCRIPTWITNESS, b"", items)) == counted


# --- without a key path

ROOT = leaf_hash(LEAF)
TREE = branch_hash(ROOT, b"\x09" * 32)


def keyless(root: bytes) -> bytes:
    return script.p2tr(curve.taproot_output_key(NUMS, root))


CLAIM = (fields.TAP_INTERNAL_KEY, b"", NUMS)
CONTROL = b"\xc0" + NUMS
DEEP = CONTROL + b"\x09" * 32


@pytest.mark.parametrize(
    ("root", "records"),
    [
        (b"", [CLAIM]),
        (ROOT, [CLAIM, (fields.TAP_MERKLE_ROOT, b"", ROOT)]),
        (ROOT, [(fields.TAP_LEAF_SCRIPT, CONTROL, LEAF + b"\xc0")]),
        (leaf_hash(LONG_LEAF), [(fields.TAP_LEAF_SCRIPT, CONTROL, LONG_LEAF + b"\xc0")]),
        (TREE, [(fields.TAP_LEAF_SCRIPT, DEEP, LEAF + b"\xc0")]),
        (TREE, [(fields.TAP_LEAF_SCRIPT, b"\xc1" + DEEP[1:], LEAF + b"\xc0")]),  # y is odd
        (ROOT, [(fields.FINAL_SCRIPTWITNESS, b"", b"\x02\x01\x51\x21" + CONTROL)]),
        (TREE, [(fields.FINAL_SCRIPTWITNESS, b"", b"\x02\x01\x51\x41" + DEEP)]),
        (
            ROOT,
            [(fields.FINAL_SCRIPTWITNESS, b"", b"\x03\x01\x51\x21" + CONTROL + b"\x02\x50\x00")],
        ),
    ],
)
def test_a_coin_made_of_the_point_without_a_key_is_left_out_once_that_is_proven(
    root: bytes, records: list[tuple[int, bytes, bytes]]
) -> None:
    coin = keyless(root)
    assert key(coin, *records) is None
    assert key(coin) == b"\x02" + script.program(coin)
    # The same words about a coin that has a key: they do not fit its script.
    assert key(script.p2tr(KEY[1:]), *records) == b"\x02" + KEY[1:]


@pytest.mark.parametrize("size", [0, 1, 32, 40, 64])
def test_a_witness_that_proves_nothing_leaves_a_coin_counted(size: int) -> None:
    """The last item is no control block: a strange one must not end the reading either."""
    items = b"\x02\x01\x51" + compact_size(size) + bytes(size)
    assert key(script.p2tr(KEY[1:]), (fields.FINAL_SCRIPTWITNESS, b"", items)) == b"\x02" + KEY[1:]


def test_an_annex_is_no_control_block() -> None:
    """It spends by key, so receivers count the coin (BIP341: 50 is no leaf version)."""
    coin = keyless(leaf_hash(LEAF, 0x50))
    items = b"\x02\x01\x51\x21" + b"\x50" + NUMS
    assert key(coin, (fields.FINAL_SCRIPTWITNESS, b"", items)) == b"\x02" + script.program(coin)


def test_a_witness_may_be_of_nearly_nothing_but_empty_items() -> None:
    items = compact_size(62) + bytes(60) + b"\x01\x51\x21" + CONTROL
    assert key(keyless(ROOT), (fields.FINAL_SCRIPTWITNESS, b"", items)) is None


def test_the_point_itself_as_a_coin_is_left_out_where_the_request_says_what_it_is() -> None:
    # Nobody can open it, neither by a key nor by a script; BIP375's vectors have such coins.
    assert key(script.p2tr(NUMS), CLAIM) is None
    assert key(script.p2tr(NUMS)) == b"\x02" + NUMS


def test_a_coin_known_to_be_without_a_key_path_is_left_out_without_a_word() -> None:
    assert key(keyless(ROOT), known=True) is None


def test_a_tree_with_another_internal_key_changes_nothing() -> None:
    coin = script.p2tr(curve.taproot_output_key(KEY[1:], ROOT))
    leaf = (fields.TAP_LEAF_SCRIPT, b"\xc0" + KEY[1:], LEAF + b"\xc0")
    assert key(coin, leaf) == b"\x02" + script.program(coin)


# --- coins of no known kind


@pytest.mark.parametrize("version", [2, 16])
@pytest.mark.parametrize("size", [2, 20, 32, 40])
def test_a_coin_of_a_later_segwit_version_stops_the_payment(version: int, size: int) -> None:
    coin = bytes((0x50 + version, size)) + bytes(size)
    assert refusal(coin) is CommonReason.SILENT_COINS


@pytest.mark.parametrize(
    "coin",
    [
        b"",
        b"\x52",
        b"\x52\x01\x00",
        b"\x52\x29" + bytes(41),
        b"\x52\x14" + bytes(21),
        b"\x61\x14" + bytes(20),
        b"\x51\x02\x4e\x73",
        script.p2wsh(sha256(LEAF)),
        b"\x6a\x00",
    ],
)
def test_other_coins_may_be_spent_and_do_not_count(coin: bytes) -> None:
    assert key(coin, named(KEY)) is None


FIELDS = st.tuples(
    st.sampled_from(
        [
            fields.BIP32_DERIVATION,
            fields.REDEEM_SCRIPT,
            fields.FINAL_SCRIPTSIG,
            fields.FINAL_SCRIPTWITNESS,
            fields.TAP_INTERNAL_KEY,
        ]
    ),
    st.binary(max_size=3),
    st.binary(max_size=60) | st.just(NUMS),
)
LEAVES = st.tuples(
    st.just(fields.TAP_LEAF_SCRIPT),
    st.binary(max_size=40).map(CONTROL.__add__),
    st.binary(max_size=3),
)
COINS = [script.p2tr(KEY[1:]), script.p2sh(bytes(20)), script.p2pkh(bytes(20))]


@given(st.binary(max_size=40) | st.sampled_from(COINS), st.lists(FIELDS | LEAVES, max_size=4))
def test_any_bytes_in_its_fields_are_taken_refused_or_malformed(
    coin: bytes, records: list[tuple[int, bytes, bytes]]
) -> None:
    bare = [
        (kind, name if kind in {fields.BIP32_DERIVATION, fields.TAP_LEAF_SCRIPT} else b"", value)
        for kind, name, value in records
    ]
    try:
        found = key(coin, *bare)
    except (Malformed, Refused):
        return
    assert found is None or len(found) == 33
