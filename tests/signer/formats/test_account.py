"""Account keys in QR codes: the published one, ours, and what is no key at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.errors import Malformed
from signer.formats import account, base58, cbor
from signer.formats.account import HARDENED, Account, AccountKey
from signer.formats.cbor import Tag, Value
from signer.formats.qr import ur
from signer.formats.qr.ur import Ur
from tests.signer import published

WPKH = (84 + HARDENED, HARDENED, HARDENED)
ABANDON_TPUB = (
    "tpubDC8msFGeGuwnKG9Upg7DM2b4DaRqg3CUZa5g8v2SRQ6K4NSkxUgd7HsL2XVWbVm39yBA4LAxysQAm397zwQSQo"
    "QgewGiYZqrA9DsP4zbQ1M"
)
TEST_PATH = (84 + HARDENED, 1 + HARDENED, HARDENED)


def published_account() -> Account:
    found = ur.parse(published.own("ur")["account"]["ur"])
    assert isinstance(found, Ur)
    return account.parse(found)


def hdkey(**changes: Value) -> dict[str | int, Value]:
    """The fields of a good key, by name."""
    fields: dict[str, Value] = {
        "key": b"\x02" + bytes(32),
        "chain": bytes(32),
        "origin": {1: [84, True, 0, True, 0, True], 2: 0x73C5DA0A},
        "parent": 7,
    } | changes
    numbers = {"key": 3, "chain": 4, "coin": 5, "origin": 6, "parent": 8}
    return {numbers[name]: value for name, value in fields.items() if value is not None}


def parse_key(**changes: Value) -> Account:
    return account.parse(Ur("crypto-hdkey", cbor.encode(hdkey(**changes))))


def test_the_published_account_is_read_with_its_wrappers() -> None:
    found = published_account()
    assert found.fingerprint.hex() == "37b5eed4"
    assert [key.script for key in found.keys] == ["pkh", "sh(wpkh)", "wpkh", "tr"]
    key = found.at(WPKH)
    assert key is not None
    assert key.xpub == (
        "xpub6BkU445MSEBXbPjD3g2c2ch6mn8yy1SXXQUM7EwjgYiq6Wt1NDwDZ45npqWcV8uQC5oi2gHuVukoCoZZyT4HKq8Ep"
        "otPMqGqxdZRuapCQ23"
    )


def test_an_account_is_written_without_tag_308_and_reads_back() -> None:
    found = published_account()
    written = account.render(found)
    assert written.type == "crypto-account"
    assert cbor.encode(Tag(308, 0))[:3] not in written.cbor
    assert account.parse(written) == found


def test_every_output_is_written_as_published_but_for_tag_308() -> None:
    paper = ur.parse(published.own("ur")["account"]["ur"])
    assert isinstance(paper, Ur)
    match cbor.decode(paper.cbor), cbor.decode(account.render(published_account()).cbor):
        case {1: theirs, 2: [*published_outputs]}, {1: ours, 2: [*outputs]}:
            assert theirs == ours
            assert len(outputs) == 4
            assert all(Tag(308, _without_depth(output)) in published_outputs for output in outputs)
        case others:
            pytest.fail(f"{others} are no accounts")


def test_of_a_test_network_the_coin_is_written() -> None:
    key = account.key("wpkh", TEST_PATH, ABANDON_TPUB)
    written = account.render(Account(bytes(4), (key,)))
    assert cbor.encode({5: Tag(305, {2: 1})})[1:] in written.cbor


def test_a_serialized_key_is_the_same_after_a_trip_through_a_code() -> None:
    key = account.key("wpkh", TEST_PATH, ABANDON_TPUB)
    assert not key.mainnet
    shown = Account(bytes.fromhex("73c5da0a"), (key,))
    read = account.parse(account.render(shown)).at(TEST_PATH)
    assert read is not None
    assert read.xpub == ABANDON_TPUB


def test_a_key_that_is_not_at_the_path_is_malformed() -> None:
    with pytest.raises(Malformed, match="not the one at that path"):
        account.key("wpkh", TEST_PATH[:2], ABANDON_TPUB)
    with pytest.raises(Malformed, match="not the one at that path"):
        account.key("wpkh", (*TEST_PATH[:2], HARDENED + 1), ABANDON_TPUB)


def test_a_master_key_has_a_serialized_form_too() -> None:
    xpub = published.own("bip32")["cases"][0]["xpub"]
    assert account.key("wpkh", (), xpub).xpub == xpub


XPUB = base58.decode_check(ABANDON_TPUB)


@pytest.mark.parametrize(
    "raw",
    [
        bytes.fromhex("0488ade4") + XPUB[4:],  # xprv
        bytes.fromhex("04358394") + XPUB[4:],  # tprv
        bytes.fromhex("04b24746") + XPUB[4:],  # zpub
        XPUB[:-1],
        XPUB + b"\0",
        b"",
    ],
)
def test_what_is_no_extended_public_key_is_malformed(raw: bytes) -> None:
    with pytest.raises(Malformed, match="no extended public key"):
        account.key("wpkh", TEST_PATH, base58.encode_check(raw))


@pytest.mark.parametrize(
    ("tag", "script"), [(401, "wsh"), (403, "pkh"), (404, "wpkh"), (409, "tr")]
)
def test_the_tag_around_a_key_says_its_script(tag: int, script: str) -> None:
    output = Tag(tag, Tag(303, hdkey()))
    found = account.parse(Ur("crypto-account", cbor.encode({1: 1, 2: [output]})))
    assert [key.script for key in found.keys] == [script]


def test_a_key_with_the_tags_of_version_2_is_read() -> None:
    origin = Tag(40304, {1: [84, True, 0, True, 0, True], 2: 0x73C5DA0A})
    key = Tag(40303, hdkey(origin=origin, coin=Tag(40305, {2: 1})))
    found = account.parse(Ur("hdkey", cbor.encode(key)))
    assert found.fingerprint.hex() == "73c5da0a"
    assert found.keys[0].path == WPKH
    assert not found.keys[0].mainnet


def test_what_a_lone_key_does_not_name_is_nought() -> None:
    found = parse_key(origin={1: []}, parent=None)
    assert found.fingerprint == bytes(4)
    assert found.keys[0].parent_fingerprint == bytes(4)
    assert found.keys[0].script == ""
    assert found.keys[0].mainnet


def test_a_path_of_sixteen_steps_is_read() -> None:
    assert parse_key(origin={1: [7, False] * 16}).keys[0].path == (7,) * 16


def test_the_chain_code_is_not_in_the_repr() -> None:
    assert "bytes" not in repr(parse_key(chain=b"bytes" + bytes(27)))


def test_a_lone_key_brings_the_fingerprint_it_names() -> None:
    found = parse_key()
    assert found.fingerprint.hex() == "73c5da0a"
    assert found.keys[0].path == WPKH
    assert found.keys[0].mainnet
    assert not parse_key(coin=Tag(305, {2: 1})).keys[0].mainnet
    assert not parse_key(coin=Tag(40305, {2: 1})).keys[0].mainnet


def test_outputs_of_several_keys_are_left_out() -> None:
    several = Tag(401, Tag(407, {1: 2, 2: [Tag(303, hdkey())]}))
    single = Tag(404, Tag(303, hdkey()))
    no_outputs: list[Value] = [5, Tag(404, 5), Tag(303, hdkey())]
    outputs: list[Value] = [several, *no_outputs, single]
    found = account.parse(Ur("crypto-account", cbor.encode({1: 1, 2: outputs})))
    assert [key.script for key in found.keys] == ["wpkh"]


@pytest.mark.parametrize(
    "changes",
    [
        {"key": b"\x00" + bytes(32)},
        {"key": bytes(32)},
        {"key": b"\x02" + bytes(31)},
        {"key": b"\x02" + bytes(33)},
        {"key": None},
        {"chain": None},
        {"chain": bytes(31)},
        {"origin": None},
        {"origin": {}},
        {"origin": {1: 5}},
        {"origin": {1: [84]}},
        {"origin": {1: [84, 1]}},
        {"origin": {1: [True, True]}},
        {"origin": {1: [[], False]}},
        {"origin": {1: [HARDENED, True]}},
        {"origin": {1: [-1, True]}},
        {"origin": {1: [0, True] * 17}},
        {"origin": {1: [0, True], 2: 1 << 32}},
        {"origin": Tag(305, {1: []})},
        {"parent": "text"},
        {"parent": -1},
        {"parent": True},
        {"coin": 1},
    ],
    ids=str,
)
def test_what_is_no_public_account_key_is_malformed(changes: dict[str, Value]) -> None:
    with pytest.raises(Malformed):
        parse_key(**changes)


@pytest.mark.parametrize(
    "other",
    [
        Ur("crypto-account", b"\xa0"),
        Ur("crypto-account", cbor.encode({1: "text", 2: []})),
        Ur("crypto-account", cbor.encode([])),
        Ur("crypto-hdkey", b"\x01"),
        Ur("crypto-psbt", cbor.encode(hdkey())),
    ],
)
def test_what_is_no_account_is_malformed(other: Ur) -> None:
    with pytest.raises(Malformed):
        account.parse(other)


@given(
    st.builds(
        AccountKey,
        st.sampled_from(["wpkh", "tr", "pkh", "sh(wpkh)"]),
        st.lists(st.integers(0, (1 << 32) - 1), min_size=1, max_size=10).map(tuple),
        st.binary(min_size=32, max_size=32).map(b"\x03".__add__),
        st.binary(min_size=32, max_size=32),
        st.binary(min_size=4, max_size=4),
        st.booleans(),
    )
)
def test_every_key_reads_back(key: AccountKey) -> None:
    shown = Account(b"\x01\x02\x03\x04", (key,))
    assert account.parse(account.render(shown)) == shown
    assert account.key(key.script, key.path, key.xpub) == key


VALUES = st.recursive(
    st.integers(-5, 1 << 32) | st.binary(max_size=34) | st.booleans() | st.none(),
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.dictionaries(st.integers(1, 8), inner, max_size=6)
        | st.builds(Tag, st.sampled_from([303, 304, 305, 308, 400, 404, 409]), inner)
    ),
)


@given(st.sampled_from(account.ACCOUNT_TYPES), VALUES)
def test_no_value_breaks_it(kind: str, value: Value) -> None:
    try:
        found = account.parse(Ur(kind, cbor.encode(value)))
    except Malformed:
        return
    assert isinstance(found, Account)


def _without_depth(value: Value) -> Value:
    """Ours says the depth of the path, too: a reader of the field makes an invalid key without."""
    match value:
        case Tag(304, {1: [*path], 3: int(depth)} as fields):
            assert 2 * depth == len(path)
            return Tag(304, {key: fields[key] for key in fields if key != 3})
        case Tag(number, inner):
            return Tag(number, _without_depth(inner))
        case dict(fields):
            return {key: _without_depth(inner) for key, inner in fields.items()}
        case _:
            return value
