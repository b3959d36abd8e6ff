"""Descriptors: BIP380 to BIP390 and Bitcoin Core's own, in full or refused on purpose."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.chains.bitcoin.descriptors import descriptor
from signer.chains.bitcoin.network import NETWORKS
from signer.chains.bitcoin.transactions import address
from signer.errors import Malformed
from signer.formats import base58
from signer.formats.descriptor_checksum import checksum_of
from signer.keys import curve
from signer.keys.extended import ExtendedPublicKey
from signer.keys.node import PrivateNode
from signer.keys.path import HARDENED
from tests.signer.published import shared

MAINNET = NETWORKS["mainnet"]
XPUB = (
    "xpub6ERApfZwUNrhLCkDtcHTcxd75RbzS1ed54G1LkBUHQVHQKqhMkhgbmJbZRkrgZw4koxb5JaHWkY4ALHY2grBGRjaDM"
    "zQLcgJvLJuZZvRcEL"
)
OTHER = (
    "xpub68NZiKmJWnxxS6aaHmn81bvJeTESw724CRDs6HbuccFQN9Ku14VQrADWgqbhhTHBaohPX4CjNLf9fq9MYo6oDaPPLP"
    "xSb7gwQN3ih19Zm4Y"
)
HEX = "0260b2003c386519fc9eadf2b5cf124dd8eea4c4e68d5e154050a9346ea98ce600"
UNCOMPRESSED = (
    "04a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd"
    "5b8dec5235a0fa8722476c7709c02559e3aa73aa03918ba2d492eea75abea235"
)
H = "50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0"
# The valid and the invalid descriptors of each; then how many of the valid ones need hardened
# children of a private key: those have no public form, and are refused on purpose.
BIPS = {
    "bip381": (17, 4, 0),
    "bip382": (12, 11, 2),
    "bip383": (9, 4, 1),
    "bip384": (4, 3, 0),
    "bip385": (4, 6, 0),
    "bip386": (6, 4, 0),
    "bip387": (6, 7, 1),
    "bip389": (6, 8, 1),
    "bip390": (6, 14, 0),
}


def parse(text: str) -> descriptor.Descriptor:
    return descriptor.parse(text, MAINNET, checksum="optional")


# One of each kind, from BIP381 to BIP387 and BIP390: their public forms and first scripts.
PUBLISHED = {
    "pkh([deadbeef/1/2h/3/4h]03a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd)": (
        "76a9149a1c78a507689f6f54b847ad1cef1e614ee23f1e88ac"
    ),
    f"pk({UNCOMPRESSED})": f"41{UNCOMPRESSED}ac",
    "sh(wsh(pkh(03a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd)))": (
        "a914b61b92e2ca21bac1e72a3ab859a742982bea960a87"
    ),
    f"tr({H},sortedmulti_a(2,{XPUB}/*,{OTHER}/0/0/*))": (
        "5120abd47468515223f58a1a18edfde709a7a2aab2b696d59ecf8c34f0ba274ef772"
    ),
    f"rawtr(musig({XPUB},{OTHER})/0/*)": (
        "51209508c08832f3bb9d5e8baf8cb5cfa3669902e2f2da19acea63ff47b93faa9bfc"
    ),
    "addr(3PUNyaW7M55oKWJ3kDukwk9bsKvryra15j)": "a914eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee87",
    "raw(deadbeef)": "deadbeef",
}


@pytest.mark.parametrize("text", PUBLISHED)
def test_published_descriptors_make_the_published_scripts(text: str) -> None:
    assert derived(text, 1) == [PUBLISHED[text]]


def test_the_published_checksum() -> None:
    assert descriptor.parse("raw(deadbeef)#89f8spxm", MAINNET).render().endswith("#89f8spxm")


# --- private keys are refused on purpose, so their public forms stand for them


def public_form(text: str) -> str:
    """The descriptor with its private keys made public, as far as the path is hardened (BIP380)."""
    text = re.sub(r"\b[5KL][1-9A-HJ-NP-Za-km-z]{50,51}\b", _public_wif, text)
    return re.sub(r"(xprv[1-9A-HJ-NP-Za-km-z]{107})((?:/\d+['h]?)*)", _public_xprv, text)


def _public_wif(match: re.Match[str]) -> str:
    raw = base58.decode_check(match[0])
    if len(raw) == 33:  # the corpora use one uncompressed private key
        assert curve.public_key(bytearray(raw[1:]))[1:].hex() == UNCOMPRESSED[2:66]
        return UNCOMPRESSED
    return curve.public_key(bytearray(raw[1:33])).hex()


def _public_xprv(match: re.Match[str]) -> str:
    raw = base58.decode_check(match[1])
    steps = match[2].split("/")[1:]
    last = max((at for at, step in enumerate(steps, 1) if step[-1] in "'h"), default=0)
    node, parent, number = (
        PrivateNode(bytearray(raw[46:]), bytes(32) + raw[13:45]),
        raw[5:9],
        raw[9:13],
    )
    for step in steps[:last]:
        child = int(step.rstrip("'h")) + (HARDENED if step[-1] in "'h" else 0)
        parent, number = node.fingerprint, child.to_bytes(4, "big")
        node = node.child(child)
    chain_code = node.extended((), b"").chain_code
    depth = raw[4] + last
    number_ = int.from_bytes(number, "big")
    xpub = ExtendedPublicKey(depth, parent, number_, chain_code, node.public)
    return "/".join((xpub.encode(MAINNET.xpub), *steps[last:]))


def has_private_key(text: str) -> bool:
    return bool(re.search(r"xprv|\b[5KL][1-9A-HJ-NP-Za-km-z]{50,51}\b", text))


def is_hardened_below(text: str) -> bool:
    return bool(re.search(r"xpub[1-9A-HJ-NP-Za-km-z]{107}[^,)]*['h]", text))


def derived(text: str, count: int) -> list[str]:
    """The first scripts: those of the first indexes, or all of one index for combo()."""
    found = parse(text)
    indexes = range(3) if found.is_ranged else range(1)
    return [script.hex() for index in indexes for script in found.scripts(0, index)][:count]


@pytest.mark.parametrize("name", BIPS)
def test_the_valid_descriptors_of_a_bip(name: str) -> None:
    found = [case for case in _cases(name) if not case["section"].startswith("Invalid")]
    refused = 0
    for case in found:
        text = public_form(case["expr"])
        if has_private_key(case["expr"]) or is_hardened_below(case["expr"]):
            with pytest.raises(Malformed):
                parse(case["expr"])
        if is_hardened_below(text):
            refused += 1
            with pytest.raises(Malformed, match="hardened"):
                parse(text)
            continue
        # BIP389 lists no scripts: see the test of its branches.
        assert derived(text, len(case["scripts"])) == case["scripts"]
    assert (len(found), refused) == (BIPS[name][0], BIPS[name][2])


@pytest.mark.parametrize("name", BIPS)
def test_the_invalid_descriptors_of_a_bip(name: str) -> None:
    found = [case for case in _cases(name) if case["section"].startswith("Invalid")]
    for case in found:
        with pytest.raises(Malformed):
            parse(case["expr"])
        with pytest.raises(Malformed):
            parse(public_form(case["expr"]))
    assert len(found) == BIPS[name][1]


def _cases(name: str) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads(shared(f"{name}/descriptors.json").read_text())
    return cases


def test_the_descriptors_that_bitcoin_core_cannot_parse() -> None:
    found = _core("unparsable")
    for case in found:
        for text in (case["prv"], case["pub"]):
            with pytest.raises(Malformed):
                parse(text)
        # What is wrong with it must be more than its private key.
        with pytest.raises(Malformed):
            parse(public_form(case["pub"]))
    assert len(found) == 93


def test_the_descriptors_of_bitcoin_core() -> None:
    found = _core("valid")
    matched = hardened = 0
    for case in found:
        if has_private_key(case["prv"]):
            with pytest.raises(Malformed, match=r"private key|checksum"):
                parse(case["prv"])
        text = case["pub"] if not is_hardened_below(case["pub"]) else public_form(case["prv"])
        if is_hardened_below(text):
            hardened += 1
            with pytest.raises(Malformed, match="hardened"):
                parse(text)
            continue
        matched += 1
        assert derived(text, len(case["scripts"])) == case["scripts"], text
    # The two are hardened to their end, below an extended key: nobody could derive them from here.
    assert (matched, hardened) == (65, 2)


def _core(kind: str) -> list[dict[str, Any]]:
    rows = json.loads(shared("bitcoin-core/descriptors.json").read_text())
    return [row for row in rows if row["kind"] == kind]


@pytest.mark.parametrize("name", ["valid", "invalid"])
def test_bitcoin_core_s_addresses_stand_in_addr(name: str) -> None:
    """key_io_valid.json and key_io_invalid.json; its private keys are no addresses."""
    read = refused = 0
    chains = {"main": "mainnet", "regtest": "regtest"}
    for text, *rest in json.loads(shared(f"bitcoin-core/key_io_{name}.json").read_text()):
        expected, about = rest or ("", {"isPrivkey": True, "chain": "main"})
        network = NETWORKS[chains.get(about["chain"], "testnet")]
        if not about["isPrivkey"]:
            found = descriptor.parse(f"addr({text})", network, checksum="optional")
            assert found.spend_data(0, 0).script_pubkey.hex() == expected
            read += 1
            continue
        refused += 1
        for around in ("addr({})", "pk({})", "wpkh({})", "tr({})"):
            with pytest.raises(Malformed) as error:
                descriptor.parse(around.format(text), network, checksum="optional")
            assert len(text) < 8 or text not in str(error.value)
    assert (read, refused) == {"valid": (54, 16), "invalid": (0, 70)}[name]


def test_bip389_s_branches_are_the_descriptors_they_stand_for() -> None:
    both = parse(f"wpkh({XPUB}/<1;3>/2/*)")
    for branch, step in ((0, 1), (1, 3)):
        alone = parse(f"wpkh({XPUB}/{step}/2/*)")
        assert both.spend_data(branch, 7) == alone.spend_data(0, 7)


@pytest.mark.parametrize("vector", range(4))
def test_bip67_s_sorted_keys(vector: int) -> None:
    text = shared("bip67/test-vectors.mediawiki.txt").read_text()
    part = re.split(r"Vector \d", text)[vector + 1]
    keys = re.findall(r"^\*\* (0[23][0-9a-f]{64})$", part, re.MULTILINE)
    script, where = re.findall(r"^\*\* ([0-9a-zA-Z]+)$", part, re.MULTILINE)[-2:]
    listed = keys[: len(keys) // 2]
    lock = parse(f"sh(sortedmulti(2,{','.join(listed)}))").spend_data(0, 0)
    assert lock.redeem_script.hex() == script
    assert address.render(lock.script_pubkey, MAINNET) == where


# --- the checksum


def test_bip380_s_checksums() -> None:
    good, none, *bad = [
        case["expr"]
        for case in json.loads(shared("bip380/descriptors.json").read_text())
        if "checksum" in case["section"]
    ]
    assert descriptor.parse(good, MAINNET).scripts(0, 0) == (bytes.fromhex("deadbeef"),)
    parse(none)
    assert len(bad) == 6
    for text in (none, *bad):
        with pytest.raises(Malformed):
            descriptor.parse(text, MAINNET)
    for text in bad:
        with pytest.raises(Malformed):
            parse(text)


@pytest.mark.parametrize("text", ["raw(\u00dc)", "raw(\t)", "raw(\x7f)", "raw(\u0661)"])
@pytest.mark.parametrize("mark", ["", "#00000000"])
def test_letters_that_no_checksum_covers_are_refused(text: str, mark: str) -> None:
    with pytest.raises(Malformed, match="printable ASCII"):
        parse(text + mark)


KINDS = [
    f"pk({HEX})",
    f"pkh([deadbeef/1/2'/3/4']{UNCOMPRESSED})",
    f"sh(wpkh({XPUB}/<0;1>/*))",
    f"wsh(sortedmulti(2,[73c5da0a/48h/0h]{XPUB}/<0;1>/*,{OTHER}/<2;3>/*))",
    f"sh(multi(1,{XPUB}/0,{HEX}))",
    f"tr({H},{{multi_a(1,{XPUB}/*),{{pk({OTHER}/*),pk({XPUB}/5/*)}}}})",
    f"tr(musig({XPUB},{OTHER})/<0;1>/*,pk({HEX[2:]}))",
    f"wsh(or_d(pk({XPUB}/*),and_v(v:pkh({OTHER}/*),older(144))))",
    f"combo({XPUB}/*)",
    "addr(3PUNyaW7M55oKWJ3kDukwk9bsKvryra15j)",
    "raw(deadbeef)",
    f"rawtr({XPUB}/*)",
]
kinds = st.sampled_from(KINDS)


@given(kinds)
def test_what_is_rendered_reads_back_the_same(text: str) -> None:
    found = parse(text)
    again = descriptor.parse(found.render(), MAINNET)
    assert again == found
    assert again.render() == found.render()


@given(kinds, st.data())
def test_one_changed_letter_is_always_noticed(text: str, data: st.DataObject) -> None:
    whole = parse(text).render()
    at = data.draw(st.integers(0, len(whole) - 1))
    letter = data.draw(st.sampled_from([chr(code) for code in range(32, 127)]))
    changed = whole[:at] + letter + whole[at + 1 :]
    if changed != whole:
        with pytest.raises(Malformed):
            descriptor.parse(changed, MAINNET)


@given(kinds, st.data())
def test_a_lost_or_doubled_letter_is_always_noticed(text: str, data: st.DataObject) -> None:
    whole = parse(text).render()
    at = data.draw(st.integers(0, len(whole) - 1))
    for changed in (whole[:at] + whole[at + 1 :], whole[: at + 1] + whole[at:]):
        with pytest.raises(Malformed):
            descriptor.parse(changed, MAINNET)


# --- what stands where


@pytest.mark.parametrize(
    "text",
    [
        "",
        "()",
        "pk",
        f"pk({HEX}",
        f"pk({HEX}x",
        f"pk({HEX}))",
        f"pk ({HEX})",
        f" pk({HEX})",
        f"PK({HEX})",
        f"pk({HEX},{HEX})",
        f"wpkh({UNCOMPRESSED})",
        f"sh({HEX})",
        f"sh(tr({HEX}))",
        f"sh(rawtr({HEX}))",
        f"sh(addr({HEX}))",
        f"wsh(tr({HEX}))",
        f"wsh(sh(pk({HEX})))",
        f"wsh(multi_a(1,{HEX}))",
        f"sh(and_v(v:pk({HEX}),older(1)))",
        f"and_v(v:pk({HEX}),older(1))",
        f"multi(1,{HEX},{XPUB},{XPUB}/1,{XPUB}/2)",
        f"tr({HEX},multi(1,{XPUB}))",
        f"tr({HEX},)",
        f"tr({HEX},{{pk({XPUB})}})",
        f"tr({HEX},{{pk({XPUB}),pk({OTHER}),pk({HEX})}})",
        f"tr({HEX},pk({XPUB}),pk({OTHER}))",
        f"tr({HEX},{{pk({XPUB}),pk({OTHER})}}x)",
        f"tr({HEX},sh(pk({XPUB})))",
        f"combo({HEX[2:]})",
        f"multi(01,{HEX})",
        f"multi(,{HEX})",
        "multi(1)",
        "raw(abc)",
        "raw(de ad)",
        "raw(zz)",
        "addr()",
        "addr(tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx)",
        f"wpkh({XPUB}/0h/*)",
        f"wpkh(tpub{XPUB[4:]})",
        f"sh(multi(2,{XPUB}/<0;1>/*,{OTHER}/<0;1;2>/*))",
        f"wsh(and_b(pk({HEX}),s:pk({HEX})))",
        f"wsh(and_b(pk([deadbeef]{HEX}),s:pk({HEX})))",
    ],
)
def test_what_nobody_could_spend_or_mean_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        parse(text)


def test_a_p2sh_script_has_at_most_520_bytes() -> None:
    def text(count: int, key: str = XPUB) -> str:
        return f"sh(multi(1,{','.join(key for _ in range(count))}))"

    assert len(parse(text(15)).spend_data(0, 0).redeem_script) == 513
    assert len(parse(text(7, UNCOMPRESSED)).spend_data(0, 0).redeem_script) == 465
    for bad in (text(16), text(20), text(8, UNCOMPRESSED)):
        with pytest.raises(Malformed, match="520"):
            parse(bad)
    with pytest.raises(Malformed, match="at most 20 keys"):
        parse(text(21))


def test_a_bare_multisig_has_at_most_3_keys() -> None:
    assert (
        parse(f"multi(3,{HEX},{XPUB},{OTHER})").spend_data(0, 0).script_pubkey[-2:] == b"\x53\xae"
    )
    with pytest.raises(Malformed, match="at most 3 keys"):
        parse(f"multi(3,{HEX},{XPUB},{OTHER},{XPUB}/1)")


def test_a_branch_or_an_index_that_is_not_there_is_refused() -> None:
    found = parse(f"wpkh({XPUB}/<0;1>/*)")
    for branch, index in ((2, 0), (-1, 0), (0, -1), (0, HARDENED)):
        with pytest.raises(Malformed):
            found.spend_data(branch, index)
    with pytest.raises(Malformed, match="wildcard"):
        parse(f"wpkh({HEX})").spend_data(0, 1)
    with pytest.raises(Malformed, match="There are 1 branches"):
        parse(f"wpkh({XPUB}/*)").spend_data(1, 0)


def test_a_descriptor_whose_scripts_were_asked_for_is_still_the_same() -> None:
    asked, fresh = parse(f"wpkh({XPUB}/<0;1>/*)"), parse(f"wpkh({XPUB}/<0;1>/*)")
    asked.spend_data(1, 5)
    assert asked == fresh


def test_keys_are_listed_in_the_order_of_the_text() -> None:
    found = parse(f"wsh(sortedmulti(2,{XPUB}/*,{OTHER}/*))")
    alone = [parse(f"pk({key}/*)").spend_data(0, 4).keys[0] for key in (XPUB, OTHER)]
    assert list(found.spend_data(0, 4).keys) == alone


# --- hostile texts


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000,
        "sh(" * 10_000,
        "tr(" + H + "," + "{" * 10_000,
        "tr(" + H + "," + "{" * 129 + f"pk({HEX})" + f",pk({HEX})}}" * 129 + ")",
        "wsh(" * 10_000 + ")" * 10_000,
        "wsh(" + "and_v(v:" * 10_000 + ")" * 10_000,
        "wsh(" + "l" * 10_000 + ":0)",
        "tr(musig(" * 10_000,
        f"wpkh({XPUB}" + "/1" * 100_000 + ")",
        f"wpkh({XPUB}/<0" + ";1" * 100_000 + ">/*)",
        "raw(" + "0" * (1 << 20) + ")",
        "x" * (1 << 20),
        "{" * (1 << 18),
    ],
    ids=range(13),
)
def test_hostile_texts_are_refused(text: str) -> None:
    with pytest.raises(Malformed):
        parse(text)


@pytest.mark.parametrize(("letters", "why"), [(0, "a function"), (1, "at most 262144 letters")])
def test_a_text_is_measured_before_it_is_read(letters: int, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        parse("x" * (descriptor.MAX_TEXT + letters))


def test_a_tree_of_a_thousand_leaves_is_handled() -> None:
    leaves = [f"pk({XPUB}/{number}/*)" for number in range(1, 1001)]
    while len(leaves) > 1:
        pairs = zip(leaves[::2], leaves[1::2], strict=False)
        odd = leaves[-1:] if len(leaves) % 2 else []
        leaves = [f"{{{a},{b}}}" for a, b in pairs] + odd
    lock = parse(f"tr({H},{leaves[0]})").spend_data(0, 0)
    assert len(lock.leaves) == 1000
    assert {len(leaf.control_block) for leaf in lock.leaves} <= {33 + 32 * n for n in range(11)}


@given(st.text(max_size=200))
def test_no_text_raises_anything_but_malformed(text: str) -> None:
    try:
        parse(text)
    except Malformed:
        return


@given(kinds, st.data())
def test_no_damage_raises_anything_but_malformed(text: str, data: st.DataObject) -> None:
    at, stop = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    put = data.draw(st.text("(){}[]<>;,*/'@h0129afmu#", max_size=6))
    damaged = text[:at] + put + text[stop:]
    for candidate in (damaged, f"{damaged}#{checksum_of(damaged)}"):
        try:
            parse(candidate).scripts(0, 0)
        except Malformed:
            continue
