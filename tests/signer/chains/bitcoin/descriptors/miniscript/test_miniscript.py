"""Miniscripts as a wallet meets them: read, checked, compiled, and the nonsense refused."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import product
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.chains.bitcoin.descriptors.miniscript import Context, Fragment, parse
from signer.chains.bitcoin.descriptors.miniscript.parse import MAX_DEPTH, MAX_FRAGMENTS
from signer.chains.bitcoin.descriptors.miniscript.table import TABLE, is_wrapper
from signer.errors import Malformed
from tests import miniscripts

H32, H20 = "ab" * 32, "cd" * 20
contexts = st.sampled_from(Context)


def wsh(text: str) -> Fragment[str]:
    return parse(text, Context.WSH, str)


def tapscript(text: str) -> Fragment[str]:
    return parse(text, Context.TAPSCRIPT, str)


def named(key: str) -> bytes:
    """A stand-in for a key, of 33 bytes, that tells keys apart."""
    return b"\x02" + key.encode().rjust(32, b"\0")


def test_keys_come_in_the_order_of_the_text() -> None:
    assert wsh("andor(pk(C),multi(1,A,D),and_v(v:pkh(B),older(1)))").keys() == tuple("CADB")


def test_a_key_may_hold_brackets_and_commas() -> None:
    text = "and_v(v:pk(musig(@0,@1)/**),multi_a(1,[f/0h]A/<0;1>/*,musig(B,musig(C,D))))"
    assert tapscript(text).keys() == ("musig(@0,@1)/**", "[f/0h]A/<0;1>/*", "musig(B,musig(C,D))")
    assert tapscript(text).render() == text


def test_numbers_are_pushed_in_their_shortest_form() -> None:
    pushed = {1: "51", 16: "60", 17: "0111", 127: "017f", 128: "028000", 32767: "02ff7f"}
    pushed |= {32768: "03008000", 2**31 - 1: "04ffffff7f"}
    for number, push in pushed.items():
        assert wsh(f"after({number})").compile(named).hex() == push + "b1"


def test_a_check_before_verify_becomes_one_opcode() -> None:
    key = "21" + named("A").hex()
    scripts = {
        "v:pk(A)": key + "ad",
        "v:multi(1,A)": "51" + key + "51af",
        f"v:sha256({H32})": "82012088a820" + H32 + "88",
        "vn:pk(A)": key + "ac9269",
        "v:older(1)": "51b269",
        "v:thresh(1,pk(A))": key + "ac5188",
    }
    for text, script in scripts.items():
        assert wsh(text).compile(named).hex() == script
    for text, last in (("multi_a(1,A)", "9c"), ("v:multi_a(1,A)", "9d")):
        assert tapscript(text).compile(lambda key: named(key)[1:]).hex() == (
            "20" + named("A")[1:].hex() + "ac51" + last
        )


def test_what_an_if_takes_is_a_one_by_consensus_in_tapscript_only() -> None:
    """In P2WSH only nodes ask for it (MINIMALIF): `d:` leaves there what it was given (BIP379)."""
    assert wsh("dv:older(1)").type == frozenset("Bondemhk")
    assert tapscript("dv:older(1)").type == frozenset("Bondumehk")


def test_sorted_keys_are_sorted_in_the_script_and_nowhere_else() -> None:
    for context, name in ((Context.WSH, "multi"), (Context.TAPSCRIPT, "multi_a")):
        as_written = parse(f"sorted{name}(2,B,A,C)", context, str)
        by_hand = parse(f"{name}(2,A,B,C)", context, str)
        assert as_written.compile(named) == by_hand.compile(named)
        assert as_written.keys() == ("B", "A", "C")
        assert as_written.render() == f"sorted{name}(2,B,A,C)"


# The same script under two texts: each is a short form of the other (BIP379, Translation table).
SPELLED_OUT = {
    "pk(A)": "c:pk_k(A)",
    "pkh(A)": "c:pk_h(A)",
    "and_n(pk(A),pk(B))": "andor(pk(A),pk(B),0)",
    "tv:pk(A)": "and_v(v:pk(A),1)",
    "l:pk(A)": "or_i(0,pk(A))",
    "u:pk(A)": "or_i(pk(A),0)",
    "l:older(1)": "or_i(0,older(1))",
    "uj:pk(A)": "or_i(j:pk(A),0)",
    "and_n(sha256(H),older(9))": "andor(sha256(H),older(9),0)",
    "tv:after(1)": "and_v(v:after(1),1)",
}


@pytest.mark.parametrize(("short", "long"), SPELLED_OUT.items())
@pytest.mark.parametrize("context", Context)
def test_short_forms_are_what_they_stand_for(short: str, long: str, context: Context) -> None:
    one, other = (parse(text.replace("(H)", f"({H32})"), context, str) for text in (short, long))
    assert one.type == other.type
    assert one.compile(named) == other.compile(named)
    assert one.max_witness_bytes == other.max_witness_bytes
    assert one != other


# By hand: a signature takes 73 bytes with its size, 66 in tapscript; an empty item takes 1.
WITNESS_BYTES = {
    "pk(A)": (73, 66),
    "pkh(A)": (73 + 34, 66 + 33),
    "multi(2,A,B,C)": (1 + 2 * 73, 2 * 66 + 1),
    "or_i(pk(A),pkh(B))": (73 + 34 + 1, 66 + 33 + 1),
    "or_d(or_i(pk(A),multi(2,B,C)),multi(3,D,E,F))": (1 + 3 * 73 + 4, 3 * 66 + 3),
    "or_d(nu:and_v(v:pk(A),older(9)),multi(2,B,C))": (1 + 2 * 73 + 1, 2 * 66 + 1),
    "or_d(nl:and_v(v:pk(A),older(9)),multi(2,B,C))": (1 + 2 * 73 + 2, 2 * 66 + 2),
    "or_d(multi(1,A,B,C),multi(2,D,E))": (1 + 2 * 73 + 2, 2 * 66 + 3),
    "thresh(2,pk(A),s:pk(B),a:pkh(C))": (73 + 73 + 34 + 1, 66 + 66 + 33 + 1),
    "or_d(thresh(1,pk(A),s:pk(B)),multi(2,C,D))": (2 + 1 + 2 * 73, 2 + 2 * 66),
    "thresh(1,pk(A),a:0)": (73, 66),
    "or_d(j:pkh(A),multi(2,B,C))": (1 + 1 + 2 * 73, 1 + 2 * 66),
}


@pytest.mark.parametrize(("text", "sizes"), WITNESS_BYTES.items())
def test_the_largest_witness_is_known(text: str, sizes: tuple[int, int]) -> None:
    there = text.replace("multi(", "multi_a(")
    assert (wsh(text).max_witness_bytes, tapscript(there).max_witness_bytes) == sizes


def test_hashes_that_nobody_may_leave_out_fill_their_threshold_exactly() -> None:
    """A stranger could put other bytes where a hash is dissatisfied: no witness of ours does."""
    two = f"sha256({H32}),a:sha256({H32})"
    assert wsh(f"thresh(2,{two})").max_witness_bytes == 2 * 33
    for too_few in (f"thresh(1,{two})", f"thresh(1,{two},s:pk(A))"):
        with pytest.raises(Malformed, match="Nothing can satisfy"):
            _ = wsh(too_few).max_witness_bytes


def test_the_same_text_elsewhere_is_another_miniscript() -> None:
    assert wsh("pk(A)") == wsh("pk(A)")
    assert wsh("pk(A)") != tapscript("pk(A)")
    assert wsh("pk(A)") != "pk(A)"


@given(contexts, st.data())
def test_what_the_grammar_makes_has_its_type_and_reads_back(
    context: Context, data: st.DataObject
) -> None:
    wanted = data.draw(st.sampled_from(sorted(miniscripts.TYPES)))
    text = data.draw(miniscripts.texts(context, wanted))
    found = parse(text, context, str)
    assert set(wanted) <= found.type
    assert found.render() == str(found) == text
    again = parse(found.render(), context, str)
    assert again == found
    assert hash(again) == hash(found)


PIECES = [*TABLE[Context.WSH], "multi_a", "(", ")", ",", ":", "A", "17", "0", "-1", "01", H32, ""]


@given(contexts, st.lists(st.sampled_from(PIECES)).map("".join) | st.text())
def test_any_text_is_a_miniscript_or_malformed(context: Context, text: str) -> None:
    try:
        found = parse(text, context, str)
    except Malformed:
        return
    assert found.render() == text


@given(contexts, st.data())
def test_a_text_with_one_piece_changed_is_another_miniscript_or_malformed(
    context: Context, data: st.DataObject
) -> None:
    text = data.draw(miniscripts.texts(context))
    at = data.draw(st.integers(0, len(text)))
    changed = (
        text[:at] + data.draw(st.sampled_from(PIECES)) + text[at + data.draw(st.integers(0, 2)) :]
    )
    try:
        found = parse(changed, context, str)
    except Malformed:
        return
    assert found.render() == changed
    assert (found == parse(text, context, str)) == (changed == text)


def small_fragments() -> list[Fragment[str]]:
    """Every well typed fragment of a few leaves, at most three of them, and a wrapper or two."""
    leaves = [wsh(leaf) for leaf in ("0", "1", "pk_k(A)", "pkh(B)", "older(1)", f"sha256({H32})")]
    wrappers = [name for name in TABLE[Context.WSH] if is_wrapper(name)]
    wrapped = leaves + list(well_typed(wrappers, [leaves]))
    pairs = [name for name, row in TABLE[Context.WSH].items() if row.arguments == "XY"]
    joined = [*well_typed(pairs, [wrapped] * 2), *well_typed(["andor"], [leaves] * 3)]
    return wrapped + joined + list(well_typed(wrappers, [joined]))


def well_typed(
    names: Iterable[str], subs: Sequence[Sequence[Fragment[str]]]
) -> Iterator[Fragment[str]]:
    for name in names:
        for inside in product(*subs):
            with suppress(Malformed):
                yield Fragment(Context.WSH, name, subs=inside)


Words = tuple[tuple[object, ...], ...]


def meaning(fragment: Fragment[str], subs: list[Words]) -> Words:
    """What is inside, then the fragment: short forms spelled out, and_v() left out.

    Short forms have the script they stand for, and and_v() adds no byte to those of its parts.
    """
    inside = tuple(word for sub in subs for word in sub)
    match fragment.name:
        case "and_v":
            return inside
        case "t":
            return (*inside, word("1"))
        case "l":
            return (word("0"), *inside, word("or_i"))
        case "u":
            return (*inside, word("0"), word("or_i"))
        case "and_n":
            return (*inside, word("0"), word("andor"))
        case "pk" | "pkh":
            return (word(f"pk_{fragment.name[2:] or 'k'}", *fragment.own_keys), word("c"))
        case name if fragment.number or fragment.digest:
            return (*inside, word(name, fragment.number, fragment.digest))
        case name:
            return (*inside, word(name, *fragment.own_keys))


def word(name: str, *details: object) -> tuple[object, ...]:
    return name, *details


def test_different_miniscripts_have_different_scripts() -> None:
    meanings: dict[bytes, tuple[object, ...]] = {}
    for fragment in small_fragments():
        found = fragment.fold(meaning)
        assert meanings.setdefault(fragment.compile(named), found) == found, fragment
    assert len(meanings) > 1_000


MALFORMED = {
    "nothing": "",
    "a space": "and_v(v:pk(A), pk(B))",
    "another script's letters": "pk_k(\uff21)",
    "other digits": "older(\u0661)",
    "an unknown name": "pk_q(A)",
    "a wrapper as a name": "v(pk(A))",
    "an unknown wrapper": "x:pk(A)",
    "a number as a wrapper": "1:pk(A)",
    "no wrapper before the colon": ":pk(A)",
    "two colons": "v:v:pk(A)",
    "capitals": "PK(A)",
    "no bracket": "pk",
    "an open bracket": "pk(A",
    "an open bracket around two": "or_i(0,1",
    "another letter than a bracket": "or_i(0,1x",
    "a bracket too many": "pk(A))",
    "brackets for nothing": "1()",
    "something behind": "pk(A)pk(B)",
    "no key": "pk()",
    "two keys": "pk(A,B)",
    "two keys, and a script behind": "pk(A,B)pk(C)",
    "one key empty": "multi(1,A,)",
    "no keys": "multi(1)",
    "no threshold": "multi(A,B)",
    "threshold 0": "multi(0,A,B)",
    "a threshold above the keys": "multi(3,A,B)",
    "21 keys": f"multi(1,{','.join(f'K{n}' for n in range(21))})",
    "multi_a outside tapscript": "multi_a(1,A)",
    "a threshold above the fragments": "thresh(2,pk(A))",
    "a threshold of 0": "thresh(0,pk(A))",
    "a threshold of nothing": "thresh(1)",
    "a signed number": "older(+1)",
    "a negative number": "older(-1)",
    "a leading zero": "older(01)",
    "older 0": "older(0)",
    "after 0": "after(0)",
    "older 2**31": "older(2147483648)",
    "after 2**31": "after(2147483648)",
    "a long number": f"after({'9' * 5_000})",
    "no number": "older()",
    "a short hash": f"sha256({H20})",
    "a long hash": f"hash160({H32})",
    "half a byte": f"sha256({H32[:-1]})",
    "capital hash digits": f"sha256({H32.upper()})",
    "one fragment for two": "and_v(v:pk(A))",
    "three fragments for two": "and_b(pk(A),s:pk(B),s:pk(C))",
    "two fragments for three": "andor(pk(A),pk(B))",
    "two fragments for a wrapper": "v:pk(A),pk(B)",
    "sorted keys inside": "and_v(v:sortedmulti(1,A,B),pk(C))",
    "sorted keys wrapped": "n:sortedmulti(1,A,B)",
    "types that misfit": "and_v(pk(A),pk(B))",
    "too long": f"pk({'A' * (262_145 - 4)})",
}


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED)
def test_text_that_is_no_miniscript_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        wsh(text)


def test_a_text_may_have_262144_letters() -> None:
    assert len(wsh(f"pk({'A' * (262_144 - 4)})").render()) == 262_144


def test_a_multisig_of_20_keys_is_read() -> None:
    assert len(wsh(f"multi(20,{','.join(f'K{number}' for number in range(20))})").keys()) == 20


def test_tapscript_has_no_multi_and_up_to_999_keys() -> None:
    keys = ",".join(f"K{number}" for number in range(999))
    assert len(tapscript(f"multi_a(500,{keys})").keys()) == 999
    for text in (f"multi_a(1,{keys},A)", "multi(1,A)", "sortedmulti(1,A)"):
        with pytest.raises(Malformed):
            tapscript(text)


def test_fragments_nest_402_deep_and_no_deeper() -> None:
    for deep in ("n" * (MAX_DEPTH - 1) + ":1", nested(MAX_DEPTH - 1)):
        found = wsh(deep)
        assert wsh(found.render()) == found
        assert len(found.compile(named)) >= MAX_DEPTH
    for too_deep in ("n" * MAX_DEPTH + ":1", nested(MAX_DEPTH)):
        with pytest.raises(Malformed, match="402"):
            wsh(too_deep)


def nested(levels: int) -> str:
    return "or_i(1," * levels + "1" + ")" * levels


@pytest.mark.parametrize("text", ["or_i(0(,0)", "pk+A)"])
def test_brackets_are_for_those_that_take_arguments_and_for_all_of_them(text: str) -> None:
    with pytest.raises(Malformed, match="A fragment known here"):
        tapscript(text)


def test_what_is_malformed_is_named_by_its_place_from_0() -> None:
    for text, place in (("", 0), ("?", 0), ("or_i(0,?)", 7)):
        with pytest.raises(Malformed, match=f"at character {place} of"):
            tapscript(text)


def test_a_miniscript_prints_as_its_text() -> None:
    assert repr(tapscript("or_i(0,pk(A))")) == "Fragment(or_i(0,pk(A)))"


def test_a_script_has_at_most_a_thousand_fragments() -> None:
    """More of them nobody reads, and each takes memory that two letters do not explain (T75)."""
    thousand = "thresh(1,pk(A)" + ",s:pk(A)" * 499
    assert len([*tapscript(thousand + ")").walk()]) == MAX_FRAGMENTS
    for one_more in (",pk(A))", ",s:pk(A))"):
        with pytest.raises(Malformed, match="At most 1000 fragments"):
            tapscript(thousand + one_more)


def test_time_grows_with_the_text_and_no_faster() -> None:
    def seconds(count: int) -> float:
        keys = "".join(f",s:pk(K{number})" for number in range(count))
        start = perf_counter()
        tapscript(f"thresh(1,pk(A){keys})")
        return perf_counter() - start

    small, large = (min(seconds(count) for _ in range(3)) for count in (49, 490))
    assert large < 40 * small  # 10 times the text; 100 times if it were quadratic
