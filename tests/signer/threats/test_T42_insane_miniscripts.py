"""Miniscripts that would lock coins unsafely, or for ever, are no scripts of ours."""

from collections.abc import Iterator

import pytest

from signer.chains.bitcoin.descriptors.miniscript import Context, Fragment, parse
from signer.errors import Malformed

H32 = "ab" * 32


def check(text: str, context: Context = Context.WSH) -> None:
    parse(text, context, str).check_sane()


INSANE = {
    # Anybody could take the coins, at once or after a while.
    "1": "without any signature",
    "older(144)": "without any signature",
    f"sha256({H32})": "without any signature",
    "or_i(pk(A),older(144))": "without any signature",
    "thresh(1,pk(A),sln:older(144))": "without any signature",
    "or_d(pk(A),and_v(v:after(9),1))": "without any signature",
    # A stranger could change the witness while the payment is on its way.
    "and_v(v:pk(A),or_i(older(1),older(2)))": "change the witness",
    f"and_v(v:pk(A),or_d(sha256({H32}),pk(B)))": "change the witness",
    f"and_v(v:pk(A),andor(sha256({H32}),pk(B),pk(C)))": "change the witness",
    "and_v(v:pk(A),or_b(l:older(1),al:older(2)))": "change the witness",
    "and_v(v:pk(A),thresh(1,ln:older(1),aln:older(2)))": "change the witness",
    # A time and a height are counted by the same field, which can hold only one of them.
    "and_v(v:pk(A),and_v(v:after(100),after(500000000)))": "a time and a height",
    "and_v(v:pk(A),and_v(v:older(1),older(4194305)))": "a time and a height",
    "and_b(older(1),a:and_v(v:pk(A),older(4194305)))": "a time and a height",
    "andor(pk(A),and_b(older(4194305),a:older(1)),pk(B))": "a time and a height",
    "andor(n:and_n(pk(A),older(1)),and_v(v:pk(B),older(4194305)),pk(C))": "a time and a height",
    "thresh(3,pk(A),sln:after(100),sln:after(500000000))": "a time and a height",
    "thresh(3,pk(A),s:pk(B),sln:older(9),sln:older(4194305))": "a time and a height",
    # One signature would count twice.
    "and_v(v:pk(A),pk(A))": "twice",
    "multi(2,A,B,A)": "twice",
    "or_i(pk(A),and_v(v:pkh(A),older(9)))": "twice",
    # BIP112 looks at 17 bits only: these wait for less than they say, or not at all.
    "and_v(v:pk(A),older(65536))": "does not wait",
    "and_v(v:pk(A),older(65537))": "does not wait",
    "and_v(v:pk(A),older(4194304))": "does not wait",
    "and_v(v:pk(A),older(8388609))": "does not wait",
    "and_v(v:pk(A),older(2147483647))": "does not wait",
    # Nobody could ever spend.
    "0": "Nothing can satisfy",
    "and_v(v:pk(A),0)": "Nothing can satisfy",
    "thresh(2,0,s:pk(A))": "Nothing can satisfy",
    # Parts of a script are no script.
    "v:pk(A)": "no whole script",
    "pk_k(A)": "no whole script",
    "a:pk(A)": "no whole script",
}


@pytest.mark.parametrize(("text", "sentence"), INSANE.items())
@pytest.mark.parametrize("context", Context)
def test_what_is_not_safe_is_refused(text: str, sentence: str, context: Context) -> None:
    if context is Context.TAPSCRIPT:
        text = text.replace("multi(", "multi_a(")
    with pytest.raises(Malformed, match=sentence):
        check(text, context)


SANE = (
    "pk(A)",
    "thresh(1,pk(A))",
    "thresh(1,pk(A),s:pk(B))",
    "and_v(v:pk(A),older(1))",
    "and_v(v:pk(A),older(65535))",
    "and_v(v:pk(A),older(4194305))",
    "and_v(v:pk(A),older(4259839))",
    # A height on one path and a time on another, or one absolute and one relative, are no conflict.
    "or_i(and_v(v:pk(A),after(100)),and_v(v:pk(B),after(500000000)))",
    "and_v(v:pk(A),and_v(v:after(500000000),older(1)))",
    "and_v(v:pk(A),and_v(v:after(100),after(499999999)))",
    "or_d(pk(A),or_i(and_v(v:pk(B),older(1)),and_v(v:pk(C),older(4194305))))",
    "andor(pk(A),older(4194305),and_v(v:pk(B),older(1)))",
    "and_v(or_i(and_v(v:pk(A),v:older(1)),and_v(v:pk(B),v:older(4194305))),pk(C))",
    "thresh(1,pk(A),an:and_n(pk(B),older(1)),an:and_n(pk(C),older(4194305)))",
)


@pytest.mark.parametrize("text", SANE)
@pytest.mark.parametrize("context", Context)
def test_what_is_safe_passes(text: str, context: Context) -> None:
    check(text, context)


def test_a_threshold_of_one_still_compares() -> None:
    script = parse("thresh(1,pk(A))", Context.WSH, str).compile(lambda _key: bytes(33))
    assert script.hex() == "21" + "00" * 33 + "ac" + "5187"


def test_the_other_stack_is_left_as_it_was() -> None:
    script = parse("and_b(pk(A),a:pk(B))", Context.WSH, str).compile(lambda _key: bytes(33))
    key = "21" + "00" * 33
    assert script.hex() == key + "ac" + "6b" + key + "ac" + "6c" + "9a"


def names() -> Iterator[str]:
    return (f"K{number}" for number in range(20_000))


def all_of(count: int, last: str) -> str:
    keys = names()
    return "".join(f"and_v(v:pk({next(keys)})," for _ in range(count)) + last + ")" * count


def any_of(leaves: int, keys: int, *, signed: int = 1, last: str = "pk(A)") -> str:
    free = names()
    leaf = f"multi_a({signed},"
    texts = [leaf + ",".join(next(free) for _ in range(keys)) + ")" for _ in range(leaves)]
    return "".join(f"or_i({text}," for text in texts) + last + ")" * leaves


WITHIN = {
    "100 items": (Context.WSH, all_of(99, "pk(A)"), all_of(100, "pk(A)")),
    "201 opcodes": (Context.WSH, f"{'n' * 200}:pk(A)", f"{'n' * 201}:pk(A)"),
    "201 with keys": (Context.WSH, f"{'n' * 197}:multi(1,A,B,C)", f"{'n' * 198}:multi(1,A,B,C)"),
    "201 with keys of two": (
        Context.WSH,
        f"or_d(multi(1,A,B,C),{'n' * 191}:multi(1,D,E))",
        f"or_d(multi(1,A,B,C),{'n' * 192}:multi(1,D,E))",
    ),
    "3600 bytes": (Context.WSH, all_of(99, f"{'n' * 100}:pk(A)"), all_of(99, f"{'n' * 101}:pk(A)")),
    "1000 elements": (
        Context.TAPSCRIPT,
        f"multi_a(1,{','.join(list(names())[:999])})",
        f"and_v(v:pk(A),multi_a(1,{','.join(list(names())[:999])}))",
    ),
    "1000 elements with a key and its hash": (
        Context.TAPSCRIPT,
        f"and_v(v:pkh(A),multi_a(1,{','.join(list(names())[:996])}))",
        f"and_v(v:pkh(A),multi_a(1,{','.join(list(names())[:997])}))",
    ),
    "1000 elements with a preimage and its hash": (
        Context.TAPSCRIPT,
        f"and_v(v:sha256({'2e' * 32}),multi_a(1,{','.join(list(names())[:997])}))",
        f"and_v(v:sha256({'2e' * 32}),multi_a(1,{','.join(list(names())[:998])}))",
    ),
    "380000": (Context.TAPSCRIPT, any_of(12, 900), any_of(13, 900)),
    "380000 with its witness": (  # of 24557 bytes
        Context.TAPSCRIPT,
        any_of(11, 950, signed=363, last=f"{'n' * 32}:pk(A)"),
        any_of(11, 950, signed=363, last=f"{'n' * 33}:pk(A)"),
    ),
}


@pytest.mark.parametrize(("context", "within", "beyond"), WITHIN.values(), ids=WITHIN)
def test_what_nodes_would_not_take_is_refused(context: Context, within: str, beyond: str) -> None:
    check(within, context)
    with pytest.raises(Malformed, match="It cannot be spent"):
        check(beyond, context)


def test_tapscript_has_no_limit_of_opcodes() -> None:
    check(f"{'n' * 300}:pk(A)", Context.TAPSCRIPT)
    check(all_of(300, "pk(A)"), Context.TAPSCRIPT)


def test_what_piles_up_while_a_script_runs_is_counted() -> None:
    """Each and_b() leaves a result there while the next one runs (an example of Bitcoin Core)."""
    found = parse("pk(A)", Context.TAPSCRIPT, str)
    wait = parse("older(1)", Context.TAPSCRIPT, str)
    for _ in range(998):
        other = Fragment(Context.TAPSCRIPT, "a", subs=(found,))
        found = Fragment(Context.TAPSCRIPT, "and_b", subs=(wait, other))
    found.check_sane()
    other = Fragment(Context.TAPSCRIPT, "a", subs=(found,))
    with pytest.raises(Malformed, match="1001 elements"):
        Fragment(Context.TAPSCRIPT, "and_b", subs=(wait, other)).check_sane()
