"""Wallet policies: BIP388's own cases, its rules one by one, and other people's addresses."""

import json
import re
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signer.chains.bitcoin.descriptors import descriptor, policy
from signer.chains.bitcoin.network import NETWORKS
from signer.chains.bitcoin.transactions import address
from signer.errors import Malformed
from signer.formats.cursor import compact_size
from signer.keys.extended import ExtendedPublicKey
from signer.keys.path import HARDENED
from tests.policies import NUMS, Made, account, policies
from tests.signer.published import own, shared

REGTEST = NETWORKS["regtest"]


def made(template: str, count: int | None = None, network: str = "regtest") -> Made:
    """A policy of as many cosigners' keys as the template mentions."""
    mentioned = len(set(re.findall(r"@\d+", template))) if count is None else count
    return Made(template, tuple(account(n, network) for n in range(mentioned)), network)


def _bip388() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shared("bip388/policies.json").read_text())
    return found


def test_bip388_s_valid_policies() -> None:
    found = _bip388()["valid"]
    for case in found:
        read = policy.parse("a name", case["template"], case["keys"], NETWORKS["mainnet"])
        assert read.descriptor.text == case["descriptor"].replace("'", "h")
        expanded = descriptor.parse(case["descriptor"], NETWORKS["mainnet"], checksum="optional")
        for branch in (0, 1):
            assert read.spend_data(branch, 5) == expanded.spend_data(branch, 5)
    assert len(found) == 9


def test_bip388_s_invalid_policies() -> None:
    found = _bip388()["invalid"]
    for case in found:
        for count in (1, 2, 3):
            with pytest.raises(Malformed):
                made(case["template"], count).policy()
    assert len(found) == 9


@pytest.mark.parametrize(("name", "template"), [("bip84", "wpkh(@0/**)"), ("bip86", "tr(@0/**)")])
def test_a_standard_account_is_a_policy_without_a_name(name: str, template: str) -> None:
    xpub = {
        "bip84": "xpub6CatWdiZiodmUeTDp8LT5or8nmbKNcuyvz7WyksVFkKB4RHwCD3XyuvPEbvqAQY3rAPshWcMLoP2f"
        "MFMKHPJ4ZeZXYVUhLv1VMrjPC7PW6V",
        "bip86": "xpub6BgBgsespWvERF3LHQu6CnqdvfEvtMcQjYrcRzx53QJjSxarj2afYWcLteoGVky7D3UKDP9QyrLpr"
        "Q3VCECoY49yfdDEHGCtMMj92pReUsQ",
    }
    key = f"[73c5da0a/{name[3:]}h/0h/0h]{xpub[name]}"
    read = policy.parse("", template, [key], NETWORKS["mainnet"])
    for case in own(name)["cases"]:
        *_, branch, index = case["path"].split("/")
        lock = read.spend_data(int(branch), int(index))
        assert address.render(lock.script_pubkey, NETWORKS["mainnet"]) == case["address"]


# Keys that are not at the path their origins say, as their depth and number go (T41).
FALSE_ORIGINS = {"descriptor_ss_liana_long_script.json": [2, 3]}


def test_jade_s_registered_descriptors_have_jade_s_addresses() -> None:
    compared = 0
    files = sorted(shared("jade").glob("descriptor_*.json"))
    for file in files:
        case = json.loads(file.read_text())
        registered, keys = case["input"], case["input"]["datavalues"]
        network = NETWORKS[
            {"localtest": "regtest"}.get(registered["network"], registered["network"])
        ]
        texts = list(keys.values())
        read = policy.parse(registered["descriptor_name"], registered["descriptor"], texts, network)
        odd = [number for number, key in enumerate(read.keys) if not key.is_at_origin]
        assert odd == FALSE_ORIGINS.get(file.name, [])
        for test in case["address_tests"]:
            lock = read.spend_data(test["branch"], test["pointer"])
            assert address.render(lock.script_pubkey, network) == test["expected_address"]
            compared += 1
    assert (len(files), compared) == (8, 24)


# --- what holds for every policy


@given(policies(), st.integers(0, HARDENED - 1))
def test_a_policy_means_the_descriptor_it_stands_for(drawn: Made, index: int) -> None:
    read = drawn.policy()
    expanded = descriptor.parse(drawn.descriptor, read.network, checksum="optional")
    assert read.descriptor.text == drawn.descriptor
    assert descriptor.parse(read.descriptor.render(), read.network) == expanded
    for branch in (0, 1):
        assert read.spend_data(branch, index) == expanded.spend_data(branch, index)


@given(policies())
def test_a_policy_reads_back_from_its_encoding(drawn: Made) -> None:
    read = drawn.policy()
    again = policy.read(read.encode())
    assert again == read
    assert again.id == read.id
    assert again.encode() == read.encode()


@given(policies(), st.data())
def test_a_damaged_encoding_is_malformed_or_another_policy(
    drawn: Made, data: st.DataObject
) -> None:
    read = drawn.policy()
    encoded = bytearray(read.encode())
    at = data.draw(st.integers(0, len(encoded) - 1))
    encoded[at] ^= data.draw(st.integers(1, 255))
    try:
        other = policy.read(bytes(encoded))
    except Malformed:
        return
    assert other.id != read.id
    assert other.encode() == encoded


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_malformed(data: bytes) -> None:
    for candidate in (data, b"\x01" + data):
        try:
            policy.read(candidate)
        except Malformed:
            continue


@given(policies(), st.data())
def test_no_damaged_template_raises_anything_but_malformed(
    drawn: Made, data: st.DataObject
) -> None:
    text = drawn.template
    at, stop = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    put = data.draw(st.text("(){}<>;,*/@0129kv:_msuig", max_size=8))
    try:
        Made(text[:at] + put + text[stop:], drawn.keys, drawn.network).policy().spend_data(0, 0)
    except Malformed:
        return


@given(st.text(max_size=80), st.text(max_size=80), st.lists(st.text(max_size=120), max_size=3))
def test_no_texts_raise_anything_but_malformed(name: str, template: str, keys: list[str]) -> None:
    for network in NETWORKS.values():
        try:
            policy.parse(name, template, keys, network)
        except Malformed:
            continue


@given(policies())
def test_places_keys_and_locks_go_together(drawn: Made) -> None:
    read = drawn.policy()
    lock = read.spend_data(1, 7)
    assert len(read.placeholders) == len(lock.keys)
    for place, key in zip(read.placeholders, lock.keys, strict=True):
        if len(place.numbers) == 1:
            xpub = read.keys[place.numbers[0]].xpub
            assert xpub.child(place.branches[1]).child(7).public_key[1:] == key[1:]


def encoded(*parts: str) -> bytes:
    return b"\x01" + b"".join(compact_size(len(part)) + part.encode() for part in parts)


def test_an_encoding_of_fewer_parts_or_of_no_network_we_know_is_malformed() -> None:
    parts = ("", "regtest", "wpkh(@0/**)", account(0))
    assert policy.read(encoded(*parts)).keys[0].render(REGTEST) == account(0)
    for count in range(4):
        with pytest.raises(Malformed):
            policy.read(encoded(*parts[:count]))
    with pytest.raises(Malformed, match="a network"):
        policy.read(encoded("", "dogenet", *parts[2:]))


def test_the_id_of_an_account_is_the_same_for_ever() -> None:
    """People write it down: a tagged hash (BIP340) of all that was registered."""
    read = made("wpkh(@0/**)").policy()
    tag = sha256(b"Quietkey/policy").digest()
    assert read.id == sha256(tag + tag + read.encode()).digest()
    assert read.encode() == encoded("drawn", "regtest", "wpkh(@0/**)", account(0))


def test_an_encoding_of_another_spelling_is_refused() -> None:
    data = made("wpkh(@0/**)").policy().encode()
    for changed in (data.replace(b"8h/", b"8'/"), data.replace(b"[4b", b"[4B")):
        assert changed != data
        with pytest.raises(Malformed):
            policy.read(changed)


# --- BIP388's rules


@pytest.mark.parametrize(
    "template",
    [
        "pk(@0/**)",
        "sh(pk(@0/**))",
        "sh(pkh(@0/**))",
        "multi(1,@0/**)",
        "combo(@0/**)",
        "rawtr(@0/**)",
        "raw(deadbeef)",
        "addr(bcrt1q6rz28mcfaxtmd6v789l9rrlrusdprr9pz3cppk)",
        "wpkh(@0)",
        "wpkh(@0/*)",
        "wpkh(@0/0/*)",
        "wpkh(@0/<0;1>)",
        "wpkh(@0/<0;1h>/*)",
        "wpkh(@0/<0h;1h>/*)",
        "wpkh(@0/<0;1>/*h)",
        "wpkh(@0/<0;2147483648>/*)",
        "wpkh(@0/<00;1>/*)",
        "wpkh(@0/<1;1>/*)",
        "wpkh(@00/**)",
        "wpkh(@0/**/**)",
        "wpkh(@/**)",
        "wpkh(@-0/**)",
        "wpkh(0/**)",
        "wpkh(@1/**)",
        "wpkh(@0/** )",
        "wpkh(@0/**)#00000000",
        "wpkh(musig(@0,@1)/**)",
        "wsh(pk(musig(@0,@1)/**))",
        "wsh(multi(2,@0/**,@0/**))",
        "wsh(multi(2,@0/<0;1>/*,@0/<1;2>/*))",
        "wsh(multi(2,@0/<0;1>/*,@0/<1;0>/*))",
        "wsh(multi(2,@1/**,@0/**))",
        "wsh(multi(2,@0/**,@2/**))",
        "tr(musig(@0)/**)",
        "tr(musig(@0,@0)/**)",
        "tr(musig(@0,@1))",
        "tr(musig(@0,@1,2)/**)",
        "tr(musig(@0,,@1)/**)",
        "tr(musig(@0/**,@1/**))",
        "tr(musig(@0,@1)/**,pk(musig(@1,@0)/<1;2>/*))",
        f"tr(@0/**,pk({NUMS}))",
        f"wpkh({NUMS})",
        f"wsh(pk({NUMS}))",
        f"tr({NUMS},pk(@0/<0;1;2>/*))",
        f"wsh(and_v(v:pk({NUMS}),pk(@0/**)))",
        "tr(@0/**,pk(@0/**))",
    ],
)
def test_templates_that_are_none(template: str) -> None:
    with pytest.raises(Malformed):
        made(template).policy()


@pytest.mark.parametrize(
    "template",
    [
        "wsh(multi(2,@0/<0;1>/*,@0/<2;3>/*))",
        "tr(musig(@0,@1)/**,pk(musig(@1,@0)/<2;3>/*))",
        "tr(musig(@0,@1)/**,{pk(@0/**),pk(@1/**)})",
        "wpkh(@0/<5;0>/*)",
        f"tr({NUMS},pk(@0/**))",
    ],
)
def test_templates_that_come_close_and_are_fine(template: str) -> None:
    read = made(template).policy()
    assert read.spend_data(0, 0) != read.spend_data(1, 0)


@pytest.mark.parametrize("count", [0, 2])
def test_a_key_too_few_or_too_many_is_refused(count: int) -> None:
    with pytest.raises(Malformed):
        made("wpkh(@0/**)", count).policy()


@pytest.mark.parametrize(
    "name", ["", " ", "a ", " a", "x" * 65, "caf\u00e9", "line\nbreak", "\x7f", "tab\t."]
)
def test_names_a_screen_cannot_show_as_they_are(name: str) -> None:
    with pytest.raises(Malformed):
        made("wsh(pk(@0/**))").policy(name)
    if name:
        with pytest.raises(Malformed):
            made("wpkh(@0/**)").policy(name)


@pytest.mark.parametrize("name", ["a", "~", "x" * 64, "Family safe, 2 of 3"])
def test_names_people_give(name: str) -> None:
    assert made("wsh(pk(@0/**))").policy(name).name == name


def test_only_accounts_a_seed_finds_alone_may_go_without_a_name() -> None:
    for template in policy.STANDARD:
        made(template).policy("")
    with pytest.raises(Malformed):
        made("wpkh(@0/<0;2>/*)").policy("")


@pytest.mark.parametrize("below", ["/0", "/<0;1>/*"])
def test_a_key_comes_without_steps_below_it(below: str) -> None:
    with pytest.raises(Malformed, match="Key 1"):
        policy.parse("x", "wpkh(@0/**)", [account(0) + below], REGTEST)


def test_a_plain_key_is_no_account() -> None:
    key = "0260b2003c386519fc9eadf2b5cf124dd8eea4c4e68d5e154050a9346ea98ce600"
    with pytest.raises(Malformed):
        policy.parse("x", "wpkh(@0/**)", [key], REGTEST)


def test_a_key_without_an_origin_is_taken_for_a_master_key() -> None:
    bare = account(0).partition("]")[2]
    key = policy.parse("x", "wpkh(@0/**)", [bare], REGTEST).keys[0]
    assert (key.fingerprint, key.path) == (key.xpub.fingerprint, ())


def test_keys_are_written_in_one_way() -> None:
    key = account(0)
    origin, xpub = key.split("]")
    for text in (key, f"{origin.replace('h', chr(39))}]{xpub}", f"{origin[:9].upper()}{key[9:]}"):
        read = policy.parse("x", "wpkh(@0/**)", [text], REGTEST)
        assert read.id == policy.parse("x", "wpkh(@0/**)", [key], REGTEST).id
        assert read.keys[0].render(REGTEST) == key


# --- who can spend past the scripts (T26)


def _unspendable(chain_code: bytes = bytes(32), prefix: str = "02") -> str:
    point = bytes.fromhex(prefix + NUMS)
    return ExtendedPublicKey(0, bytes(4), 0, chain_code, point).encode(REGTEST.xpub)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("wsh(pk(@0/**))", None),
        ("tr(@0/**)", (0,)),
        ("tr(@0/**,pk(@1/**))", (0,)),
        ("tr(musig(@0,@1)/**,pk(@2/**))", (0, 1)),
        (f"tr({NUMS},pk(@0/**))", "nobody"),
    ],
)
def test_the_key_that_can_pass_the_scripts_is_named(template: str, expected: object) -> None:
    assert made(template).policy().key_path == expected


@pytest.mark.parametrize("prefix", ["02", "03"])
@pytest.mark.parametrize("chain_code", [bytes(32), b"\xab" * 32])
def test_an_extended_key_of_nobody_is_nobody_s(chain_code: bytes, prefix: str) -> None:
    keys = [_unspendable(chain_code, prefix), account(0)]
    read = policy.parse("x", "tr(@0/**,pk(@1/**))", keys, REGTEST)
    assert read.key_path == "nobody"
    both = policy.parse("x", "tr(musig(@0,@1)/**,pk(@1/**))", keys, REGTEST)
    assert both.key_path == "nobody"


@pytest.mark.parametrize("template", ["tr(@0/**)", "tr(musig(@0,@1)/**)"])
def test_an_account_that_nobody_could_spend_from_is_refused(template: str) -> None:
    keys = [_unspendable(), account(0)][: template.count("@")]
    with pytest.raises(Malformed, match="Nobody"):
        policy.parse("x", template, keys, REGTEST)


def test_a_key_of_nobody_elsewhere_does_not_close_the_key_path() -> None:
    keys = [account(0), _unspendable()]
    read = policy.parse("x", "tr(@0/**,pk(@1/**))", keys, REGTEST)
    assert read.key_path == (0,)


# --- hostile texts


@pytest.mark.parametrize(
    "template",
    [
        "(" * 10_000,
        "tr(@0/**," + "{" * 10_000,
        "wsh(" + "a" * 10_000 + ":pk(@0/**))",
        "wsh(and_v(" * 1_600,
        "tr(musig(" + "@0," * 5_000 + "@0)/**)",
        "wpkh(@0/**)" + " " * (1 << 20),
        "wpkh(@" + "0" * 15_000 + "/**)",
        "wpkh(@" + "9" * 15_000 + "/**)",
    ],
    ids=range(8),
)
def test_hostile_templates_are_refused(template: str) -> None:
    with pytest.raises(Malformed):
        made(template, 1).policy()


def test_a_template_of_a_thousand_leaves_is_handled() -> None:
    leaves = [f"pk(@0/<{2 * number};{2 * number + 1}>/*)" for number in range(600)]
    while len(leaves) > 1:
        pairs = zip(leaves[::2], leaves[1::2], strict=False)
        odd = leaves[-1:] if len(leaves) % 2 else []
        leaves = [f"{{{a},{b}}}" for a, b in pairs] + odd
    read = made(f"tr({NUMS},{leaves[0]})").policy()
    assert len(read.spend_data(0, 0).leaves) == 600


def test_a_template_has_at_most_16384_letters() -> None:
    for letters, why in ((16_384, "is like @0"), (16_385, "16384")):
        with pytest.raises(Malformed, match=why):
            made(f"wpkh({'@0/**':x<{letters - 6}})").policy()


def test_a_policy_has_at_most_1024_keys() -> None:
    root = ExtendedPublicKey.parse(account(0).partition("]")[2], (REGTEST.xpub,))
    keys = [root.child(number).encode(REGTEST.xpub) for number in range(1_025)]

    def parsed(count: int) -> policy.Policy:
        mentions = [f"@{number}/**" for number in range(count)]
        leaves = [f"multi_a(1,{','.join(part)})" for part in (mentions[:900], mentions[900:])]
        return policy.parse("x", f"tr({NUMS},{{{leaves[0]},{leaves[1]}}})", keys[:count], REGTEST)

    assert len(parsed(1_024).keys) == 1_024
    with pytest.raises(Malformed, match="1024 keys"):
        parsed(1_025)


def test_at_most_100_keys_are_made_one() -> None:
    root = ExtendedPublicKey.parse(account(0).partition("]")[2], (REGTEST.xpub,))
    keys = [root.child(number).encode(REGTEST.xpub) for number in range(101)]

    def parsed(count: int) -> policy.Policy:
        together = ",".join(f"@{number}" for number in range(count))
        return policy.parse("x", f"tr(musig({together})/**)", keys[:count], REGTEST)

    assert parsed(100).key_path == tuple(range(100))
    with pytest.raises(Malformed, match="at most 100"):
        parsed(101)


def test_a_key_has_at_most_4096_letters() -> None:
    longest = account(0).replace("/48h", "/48h" + "/2147483647h" * 251)
    assert not policy.parse("x", "wpkh(@0/**)", [longest], REGTEST).keys[0].is_at_origin
    for text, why in (
        (f"{longest:x<4096}", "Base58 text of"),
        (f"{longest:x<4097}", "more than 4096"),
    ):
        with pytest.raises(Malformed, match=why):
            policy.parse("x", "wpkh(@0/**)", [text], REGTEST)


def test_a_short_template_does_not_stand_for_megabytes() -> None:
    everybody = f"musig({','.join(f'@{number}' for number in range(99))})"
    tree = f"pk({everybody}/<0;1>/*)"
    for number in range(1, 35):
        tree = f"{{pk({everybody}/<{2 * number};{2 * number + 1}>/*),{tree}}}"
    with pytest.raises(Malformed, match="stands for a descriptor of at most"):
        made(f"tr({NUMS},{tree})").policy()


# --- strangers' answers

branches, indexes = st.integers(0, 1), st.integers(0, HARDENED - 2)  # libwally stops there


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(policies(without=[f"tr({NUMS}", "tr(K,", "musig"]), branches, indexes)
def test_libwally_derives_the_same_address(drawn: Made, branch: int, index: int) -> None:
    wally = pytest.importorskip("wallycore")
    networks = {"mainnet": wally.WALLY_NETWORK_BITCOIN_MAINNET}
    networks |= {"testnet": wally.WALLY_NETWORK_BITCOIN_TESTNET}
    networks |= {"regtest": wally.WALLY_NETWORK_BITCOIN_REGTEST}
    theirs = wally.descriptor_parse(drawn.descriptor, None, networks[drawn.network], 0)
    expected = wally.descriptor_to_address(theirs, 0, branch, index, 0)
    locked = drawn.policy().spend_data(branch, index).script_pubkey
    assert address.render(locked, NETWORKS[drawn.network]) == expected


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(policies(without=["sortedmulti_a", "musig"]), branches, indexes)
def test_bdk_derives_the_same_address(drawn: Made, branch: int, index: int) -> None:
    bdk = pytest.importorskip("bdkpython")
    kind = bdk.NetworkKind.MAIN if drawn.network == "mainnet" else bdk.NetworkKind.TEST
    network = {"mainnet": bdk.Network.BITCOIN}.get(drawn.network, bdk.Network.REGTEST)
    theirs = bdk.Descriptor(drawn.descriptor, kind).to_single_descriptors()[branch]
    expected = theirs.derive_address(index, network).script_pubkey().to_bytes()
    assert drawn.policy().spend_data(branch, index).script_pubkey == bytes(expected)


def test_a_key_path_of_nobody_is_not_how_a_coin_will_be_spent() -> None:
    """The size of what is signed, and so the rate on the page, is that of a leaf."""
    leaf, path = (made(f"tr({key},pk(@{n}/**))").policy() for key, n in ((NUMS, 0), ("@0/**", 1)))
    assert path.max_witness_bytes == 66
    assert leaf.max_witness_bytes == 1 + 66 + 35 + 34  # a signature, the script, a control block
