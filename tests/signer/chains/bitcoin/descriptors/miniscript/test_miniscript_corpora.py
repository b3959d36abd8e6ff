"""Every miniscript that strangers published is to us what it is to them."""

import json
from typing import Any

import pytest

from signer.chains.bitcoin.descriptors.miniscript import (
    Context,
    Fragment,
    assembly,
    fragment,
    parse,
)
from signer.chains.bitcoin.descriptors.miniscript.costs import costs_of
from signer.errors import Malformed
from tests.signer.published import cases, shared

LOCK_LETTERS = frozenset("ghijk")  # the rust-miniscript cases do not speak of them
NAMED_HASHES = ("sha256", "hash256", 64), ("ripemd160", "hash160", 40)


def read(text: str, context: Context) -> Fragment[bytes] | None:
    """A script of ours, or None where the text is none."""
    try:
        found = parse(text, context, bytes.fromhex)
    except Malformed:
        return None
    return found if "B" in found.type else None


def script(found: Fragment[bytes]) -> str:
    return found.compile(lambda key: key[-found.context.key_bytes :]).hex()


def test_the_18185_valid_cases_of_rust_miniscript_have_exactly_their_types() -> None:
    valid = json.loads(shared("rust-miniscript/ms_tests.json").read_text())["valid"]
    assert len(valid) == 18_185
    for text, letters in valid:
        found = parse(text, Context.WSH, str)
        assert found.type - LOCK_LETTERS == set(letters), text
        assert found.render() == text


def test_the_5574_invalid_cases_of_rust_miniscript_are_refused() -> None:
    invalid = json.loads(shared("rust-miniscript/ms_tests.json").read_text())["invalid"]
    assert len(invalid) == 5_574
    for text in invalid:
        with pytest.raises(Malformed):
            parse(text, Context.WSH, str)


def test_the_random_scripts_of_rust_miniscript_are_read() -> None:
    lines = shared("rust-miniscript/random_ms.txt").read_text().split()
    assert len(lines) == 34
    for line in lines:
        text = line
        for *names, digits in NAMED_HASHES:
            for name in names:
                text = text.replace(f"{name}(H)", f"{name}({'ab' * (digits // 2)})")
        assert read(text, Context.WSH), line


@pytest.mark.parametrize("context", Context)
def test_the_97_cases_of_bitcoin_core_are_what_they_are_there(context: Context) -> None:
    rows = json.loads(shared("bitcoin-core/miniscript.json").read_text())
    assert len(rows) == 97
    for row in rows:
        agrees_with_core(row, context)


def agrees_with_core(row: dict[str, Any], context: Context) -> None:
    found = read(row["ms"], context)
    assert bool(found) == is_valid(row["flags"], context), row["ms"]
    if not found:
        return
    # "?": not said; "=": the same bytes in both contexts
    expected = row["wsh"] if context is Context.WSH or row["tap"] == "=" else row["tap"]
    assert expected in ("?", script(found))
    assert ("m" in found.type) == ("TESTMODE_NONMAL" in row["flags"]), row["ms"]
    assert ("s" in found.type) == ("TESTMODE_NEEDSIG" in row["flags"]), row["ms"]
    assert ("k" in found.type) == ("TESTMODE_TIMELOCKMIX" not in row["flags"]), row["ms"]


def is_valid(flags: list[str], context: Context) -> bool:
    # The corpus cuts TESTMODE_P2WSH_INVALID short, at its digit.
    only = {Context.WSH: "TESTMODE_P", Context.TAPSCRIPT: "TESTMODE_TAPSCRIPT_INVALID"}[context]
    return "TESTMODE_VALID" in flags and only not in flags


@pytest.mark.parametrize("case", cases("miniscript"))
@pytest.mark.parametrize("context", Context)
def test_scripts_and_costs_are_those_of_bitcoin_core(
    case: dict[str, Any], context: Context
) -> None:
    prefix = {Context.WSH: "wsh", Context.TAPSCRIPT: "tapscript"}[context]
    found = read(case["miniscript"], context)
    assert bool(found) == bool(case[prefix])
    if not found:
        return
    assert script(found) == case[prefix]
    worst = found.fold(costs_of).satisfied
    assert worst
    assert worst.items == case["items"]
    assert worst.ops + assembly.count_ops(bytes.fromhex(script(found))) == case["ops"]
    assert found.max_witness_bytes == worst.size
    assert case[f"{prefix}_bytes"] in (0, worst.size)  # 0: not published
    if context is Context.TAPSCRIPT:
        assert worst.items + found.fold(fragment._height) >= case["stack"]
