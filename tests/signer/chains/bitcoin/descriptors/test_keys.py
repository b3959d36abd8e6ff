"""Key expressions: BIP380's own cases, those of BIP328, and what is refused on purpose."""

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.chains.bitcoin.descriptors import keys as key_expressions
from signer.chains.bitcoin.descriptors.keys import (
    DerivedKey,
    FixedKey,
    KeyOrigin,
    KeyUse,
    Musig,
    Steps,
)
from signer.chains.bitcoin.network import NETWORKS
from signer.errors import Malformed
from signer.formats import base58
from signer.keys import curve
from signer.keys.extended import NO_PRIVATE_KEYS
from signer.keys.path import HARDENED
from tests.signer.published import shared

MAINNET = NETWORKS["mainnet"]
HEX = "0260b2003c386519fc9eadf2b5cf124dd8eea4c4e68d5e154050a9346ea98ce600"
UNCOMPRESSED = (
    "04a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd"
    "5b8dec5235a0fa8722476c7709c02559e3aa73aa03918ba2d492eea75abea235"
)
XPUB = (
    "xpub6ERApfZwUNrhLCkDtcHTcxd75RbzS1ed54G1LkBUHQVHQKqhMkhgbmJbZRkrgZw4koxb5JaHWkY4ALHY2grBGRjaDM"
    "zQLcgJvLJuZZvRcEL"
)
XPRV = (
    "xprvA1RpRA33e1JQ7ifknakTFpgNXPmW2YvmhqLQYMmrj4xJXXWYpDPS3xz7iAxn8L39njGVyuoseXzU6rcxFLJ8HFsTjS"
    "yQbLYnMpCqE2VbFWc"
)
WIF = "L4rK1yDtCWekvXuE6oXD9jCYfFNV2cWRpVuPLBcCU2z8TrisoyY1"
# Valid in BIP380, and refused here: what comes in by text is public, and can be derived.
HARDENED_STEPS = "A hardened step below a key needs its private key."
PRIVATE_KEY = "A private key never comes in as text."


def parse(text: str, use: KeyUse = KeyUse.LEGACY) -> key_expressions.KeyExpression:
    return key_expressions.parse(text, MAINNET, use)


def cases(section: str) -> list[dict[str, Any]]:
    found = json.loads(shared("bip380/descriptors.json").read_text())
    return [case for case in found if case["section"].startswith(section)]


def refused_on_purpose(expression: str) -> str | None:
    if "prv" in expression:
        return PRIVATE_KEY
    below = expression.rpartition("]")[2]
    return HARDENED_STEPS if "h" in below.removeprefix("xpub").partition("/")[2] else None


def test_bip380_s_valid_expressions() -> None:
    read = refused = 0
    for case in cases("Valid"):
        if refused_on_purpose(case["expr"]):
            with pytest.raises(Malformed):
                parse(case["expr"])
            refused += 1
        else:
            parse(case["expr"])
            read += 1
    assert (read, refused) == (9, 10)


def test_bip380_s_invalid_expressions() -> None:
    found = cases("Invalid")
    assert len(found) == 16
    for case in found:
        with pytest.raises(Malformed):
            parse(case["expr"])


def test_bip328_s_aggregates_are_those_of_the_same_keys_sorted() -> None:
    for case in json.loads(shared("bip328/vectors.json").read_text()):
        # The vectors aggregate their keys in the order given; a descriptor sorts them (BIP390).
        given_ = [bytes.fromhex(key) for key in case["keys"]]
        assert curve.musig_aggregate(given_).hex() == case["aggregate_pubkey"]
        musig = Musig(tuple(FixedKey(key) for key in given_))
        assert musig.branch(0)(0) == curve.musig_aggregate(sorted(given_))


def test_steps_below_a_musig_start_from_bip328_s_extended_key() -> None:
    case, *_ = json.loads(shared("bip328/vectors.json").read_text())
    keys = sorted(bytes.fromhex(key) for key in case["keys"])
    xpub = key_expressions.ExtendedPublicKey.parse(case["xpub"], (MAINNET.xpub,))
    assert keys == [bytes.fromhex(key) for key in reversed(case["keys"])]
    ours = Musig(tuple(FixedKey(key) for key in keys), Steps(prefix=(7,), is_ranged=True))
    theirs = dataclasses.replace(xpub, public_key=curve.musig_aggregate(keys))
    assert ours.branch(0)(3) == theirs.child(7).child(3).public_key


def test_an_origin_is_kept_as_it_was_claimed() -> None:
    key = parse(f"[DEADbeef/48h/0'/2]{XPUB}/3/<0;7>/5/*")
    assert isinstance(key, DerivedKey)
    assert key.origin == KeyOrigin(bytes.fromhex("deadbeef"), (48 + HARDENED, HARDENED, 2))
    assert key.steps == Steps((3,), (0, 7), (5,), is_ranged=True)
    assert key_expressions.render_origin(key.origin) == "deadbeef/48h/0h/2"


def test_each_branch_walks_its_own_steps() -> None:
    key = parse(f"{XPUB}/3/<0;7>/5/*")
    assert isinstance(key, DerivedKey)
    for branch, step in ((0, 0), (1, 7)):
        node = key.xpub.child(3).child(step).child(5)
        assert key.branch(branch)(9) == node.child(9).public_key


def test_a_key_without_a_wildcard_is_the_same_at_every_index() -> None:
    key = parse(f"{XPUB}/3")
    assert isinstance(key, DerivedKey)
    assert key.branch(0)(0) == key.branch(0)(9) == key.xpub.child(3).public_key


@pytest.mark.parametrize(
    ("text", "use", "allowed"),
    [
        (HEX, KeyUse.LEGACY, True),
        (HEX, KeyUse.SEGWIT, True),
        (HEX, KeyUse.TAPROOT, True),
        (UNCOMPRESSED, KeyUse.LEGACY, True),
        (UNCOMPRESSED, KeyUse.SEGWIT, False),
        (UNCOMPRESSED, KeyUse.TAPROOT, False),
        (HEX[2:], KeyUse.LEGACY, False),
        (HEX[2:], KeyUse.SEGWIT, False),
        (HEX[2:], KeyUse.TAPROOT, True),
        (f"musig({HEX},{XPUB})", KeyUse.LEGACY, False),
        (f"musig({HEX},{XPUB})", KeyUse.SEGWIT, False),
        (f"musig({HEX},{XPUB})", KeyUse.TAPROOT, True),
    ],
)
def test_a_key_s_form_depends_on_where_it_stands(text: str, use: KeyUse, allowed: bool) -> None:
    if allowed:
        parse(text, use)
        return
    with pytest.raises(Malformed):
        parse(text, use)


@pytest.mark.parametrize("prefix", ["", "02", "03"])
def test_in_taproot_a_key_is_its_even_point_however_it_is_written(prefix: str) -> None:
    even = FixedKey(bytes.fromhex("02" + HEX[2:]))
    assert parse(prefix + HEX[2:], KeyUse.TAPROOT) == even


def test_a_key_under_another_origin_is_the_same_key() -> None:
    for key in (HEX, f"{XPUB}/0/*"):
        assert parse(f"[deadbeef/1h]{key}") == parse(key)


@pytest.mark.parametrize(
    "text",
    [
        "06" + UNCOMPRESSED[2:],
        "07" + UNCOMPRESSED[2:],
        "05" + UNCOMPRESSED[2:],
        UNCOMPRESSED[:-1] + "6",  # off the curve
        "04" + "f" * 128,
        "02" + "0" * 63 + "5",  # no point has this x
        "02" + "f" * 64,
        *(f"{prefix:02x}{HEX[2:]}" for prefix in (0, 1, 4, 5, 6, 7, 0x82, 0xFF)),
        HEX[:-2],
        HEX + "00",
        "",
        HEX[:-1] + "g",
    ],
)
def test_what_is_no_point_in_its_one_spelling_is_refused(text: str) -> None:
    for use in KeyUse:
        with pytest.raises(Malformed):
            parse(text, use)


def test_a_coordinate_has_one_spelling() -> None:
    # The point with x = 1, and the same point with the size of the field added to x.
    field = 2**256 - 2**32 - 977
    y = pow(8, (field + 1) // 4, field)
    assert y * y % field == 8
    parse(f"04{1:064x}{y:064x}")
    with pytest.raises(Malformed):
        parse(f"04{1 + field:064x}{y:064x}")


@pytest.mark.parametrize(
    "text",
    [
        f"{XPUB}/",
        f"{XPUB}//1",
        f"{XPUB}/01",
        f"{XPUB}/+1",
        f"{XPUB}/1_0",
        f"{XPUB}/\u0661",
        f"{XPUB}/2147483648",
        f"{XPUB}/99999999999999999999",
        f"{XPUB}/" + "9" * 5_000,
        f"{XPUB}/1h",
        f"{XPUB}/1'",
        f"{XPUB}/*h",
        f"{XPUB}/*'",
        f"{XPUB}/*/1",
        f"{XPUB}/<0;1h>",
        f"{XPUB}/<0>",
        f"{XPUB}/<>",
        f"{XPUB}/<0;1;>",
        f"{XPUB}/<1;1>",
        f"{XPUB}/<0;1>/<2;3>",
        f"{XPUB}/<0;1",
        f"{XPUB}/<0;12",
        f"{XPUB}/0;1>",
        f"{XPUB}" + "/1" * 252,  # the key itself is 4 deep, and 255 is the end
        f"{XPUB} /1",
        f" {XPUB}",
        f"{HEX}/1",
        f"[deadbeef/0H]{XPUB}",
        f"[deadbeef/0hh]{XPUB}",
        f"[deadbeef/]{XPUB}",
        f"[deadbee]{XPUB}",
        f"[deadbeef{XPUB}",
        f"deadbeef]{XPUB}",
        f"[deadbeef][deadbeef]{XPUB}",
        "[deadbeef" + "/1" * 256 + f"]{XPUB}",
        "[deadbeef/2147483648]" + XPUB,
        "[deadbeef]",
        base58.encode_check(b""),
    ],
)
def test_a_key_is_written_in_one_way(text: str) -> None:
    with pytest.raises(Malformed):
        parse(text)


def test_the_last_unhardened_step_is_a_step() -> None:
    key = parse(f"[deadbeef/2147483647h]{XPUB}/2147483647/<0;2147483647>")
    assert isinstance(key, DerivedKey)
    assert key.origin == KeyOrigin(bytes.fromhex("deadbeef"), (2 * HARDENED - 1,))
    assert key.steps == Steps((HARDENED - 1,), (0, HARDENED - 1))


def test_an_origin_may_have_255_steps() -> None:
    key = parse("[deadbeef" + "/1" * 255 + f"]{XPUB}")
    assert isinstance(key, DerivedKey)
    assert key.origin == KeyOrigin(bytes.fromhex("deadbeef"), (1,) * 255)


def test_a_multipath_step_has_at_most_256_numbers() -> None:
    numbers = [str(number) for number in range(257)]
    key = parse(f"{XPUB}/<{';'.join(numbers[:256])}>")
    assert isinstance(key, DerivedKey)
    assert key.steps.choices == tuple(range(256))
    with pytest.raises(Malformed, match="2 to 256 numbers"):
        parse(f"{XPUB}/<{';'.join(numbers)}>")


def test_a_musig_has_at_most_100_keys() -> None:
    parse("musig(" + ",".join([HEX] * 100) + ")", KeyUse.TAPROOT)
    with pytest.raises(Malformed, match="at most 100 keys"):
        parse("musig(" + ",".join([HEX] * 101) + ")", KeyUse.TAPROOT)


@pytest.mark.parametrize("below", ["/1", "/*", "/<0;1>", "/<0;1>/*", "/<0;1>/1/1/*"])
def test_a_key_may_lie_255_steps_deep(below: str) -> None:
    room = 251 - below.count("/")  # the key itself is 4 deep
    parse(XPUB + "/1" * room + below)
    with pytest.raises(Malformed, match="255"):
        parse(XPUB + "/1" * (room + 1) + below)


@pytest.mark.parametrize("text", [XPRV, f"[deadbeef/1h]{XPRV}/0/*", WIF, f"[deadbeef]{WIF}"])
@pytest.mark.parametrize("around", ["{}", "musig({},{})"])
def test_a_private_key_is_refused_and_never_repeated(text: str, around: str) -> None:
    with pytest.raises(Malformed) as refused:
        parse(around.format(text, HEX), KeyUse.TAPROOT)
    assert str(refused.value) == NO_PRIVATE_KEYS
    assert XPRV[:20] not in repr(refused.value)


@pytest.mark.parametrize("prefix", [0x80, 0xEF])
@pytest.mark.parametrize("suffix", [b"", b"\1"])
def test_a_private_key_of_any_network_is_named_as_one(prefix: int, suffix: bytes) -> None:
    with pytest.raises(Malformed, match="private key"):
        parse(base58.encode_check(bytes((prefix,)) + bytes(range(32)) + suffix))


@pytest.mark.parametrize("text", [base58.encode_check(b"\x81" + b"\1" * 33), "z" * 51, "0" * 52])
def test_what_is_as_long_as_a_private_key_need_not_be_one(text: str) -> None:
    assert len(text) in {51, 52}
    with pytest.raises(Malformed) as refused:
        parse(text)
    assert str(refused.value) != NO_PRIVATE_KEYS


@pytest.mark.parametrize(
    "text",
    [
        "musig()",
        f"musig({XPUB}",
        f"musig({XPUB},)",
        f"musig({XPUB},{HEX})/0",
        f"musig({XPUB}/*,{XPUB})/0/*",
        f"musig({XPUB}/*,{XPUB}/*)/0",
        f"musig({XPUB}/<0;1>,{XPUB})/<2;3>",
        f"musig({XPUB},{XPUB})/0h/*",
        f"musig({XPUB},{XPUB})/0/*h",
        f"musig(musig({XPUB},{XPUB}),{XPUB})",
        f"musig({XPUB},{XPUB})x",
        f"musig({XPUB},{XPUB})" + "/1" * 256,
        f"musig({XPUB},{HEX[2:]})",
        "musig(" + ",".join([HEX] * 101) + ")",
    ],
)
def test_musigs_that_do_not_go_together(text: str) -> None:
    with pytest.raises(Malformed):
        parse(text, KeyUse.TAPROOT)


def test_the_order_inside_a_musig_does_not_matter() -> None:
    one = parse(f"musig({XPUB},{HEX})", KeyUse.TAPROOT)
    other = parse(f"musig({HEX},{XPUB})", KeyUse.TAPROOT)
    assert one.branch(0)(0) == other.branch(0)(0)


def test_a_musig_of_branching_keys_may_have_steps_below() -> None:
    musig = parse(f"musig({XPUB}/<0;1>,{XPUB})/5/*", KeyUse.TAPROOT)
    found = {musig.branch(branch)(index) for branch in (0, 1) for index in (0, 1)}
    assert len(found) == 4


def test_a_musig_of_moving_keys_moves_with_them() -> None:
    musig = parse(f"musig({XPUB}/<0;1>/*,{XPUB}/5/*)", KeyUse.TAPROOT)
    found = {musig.branch(branch)(index) for branch in (0, 1) for index in (0, 1)}
    assert len(found) == 4


@given(st.text(max_size=300))
def test_no_text_raises_anything_but_malformed(text: str) -> None:
    for use in KeyUse:
        try:
            parse(text, use)
        except Malformed:
            continue


@given(st.text("[]/<>;*'h019()," + XPUB[-5:], max_size=40), st.sampled_from([XPUB, HEX, "musig("]))
def test_no_text_around_a_key_raises_anything_but_malformed(text: str, key: str) -> None:
    for candidate in (text + key, key + text, f"musig({key}{text}", f"[deadbeef{text}]{key}"):
        try:
            parse(candidate, KeyUse.TAPROOT)
        except Malformed:
            continue
