"""Payments made right and then wrong: whatever is changed, the answer is a typed one.

And what is signed all the same is a payment that Bitcoin Core's engine accepts.
"""

from contextlib import suppress
from copy import deepcopy
from functools import cache

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signer.chains.bitcoin import CHAIN
from signer.chains.bitcoin.psbt import container
from signer.errors import Malformed, Refused
from tests import kernel, psbts
from tests.psbts import Draft, Records

CLOSED = (Malformed, Refused)
COSIGNER = " ".join(("zoo",) * 11 + ("wrong",))
TEMPLATES = (
    "wsh(sortedmulti(1,@0/**,@1/**))",
    "sh(wsh(multi(1,@0/**,@1/**)))",
    "wsh(or_d(pk(@0/**),and_v(v:pkh(@1/**),older(144))))",
    "tr(@0/**,pk(@1/**))",
)
SCRIPTS = ("wpkh", "tr", "pkh", "sh(wpkh)", *TEMPLATES)
# The others may have lost a script that we derive, and that whoever finishes them needs.
FINISHED_ALONE = ("wpkh", "tr", "pkh")
KINDS = st.sampled_from([*range(0x20), 0x22, 0xFB, 0xFC, 0xF0])
VALUES = st.sampled_from(
    [b"", b"\x01", bytes(4), b"\xff" * 4, bytes(20), b"\x02" * 33]
) | st.binary(max_size=80)


@cache
def ours() -> psbts.Keyring:
    return psbts.keyring()


@cache
def vault(template: str) -> psbts.Vault:
    return psbts.vault(template, ours(), psbts.keyring(COSIGNER))


@cache
def records() -> tuple[bytes, ...]:
    return tuple(vault(template).record(ours()) for template in TEMPLATES)


@cache
def right(script: str, n_inputs: int, version: int) -> Draft:
    made = (
        psbts.draft(vault(script), n_inputs)
        if script in TEMPLATES
        else psbts.draft(ours(), n_inputs, script)
    )
    made.psbt_version = version
    return made


DRAFTS = st.builds(
    lambda *choice: (deepcopy(right(*choice)), choice[0]),
    st.sampled_from(SCRIPTS),
    st.integers(1, 3),
    st.sampled_from([0, 2]),
)


@given(DRAFTS)
def test_a_payment_made_right_is_read_reviewed_and_signed(drawn: tuple[Draft, str]) -> None:
    raw = drawn[0].encode()
    assert container.parse(raw).encode() == raw
    review = CHAIN.review(raw, ours(), "regtest", records())
    assert container.parse(CHAIN.sign(review.approve(review.pages), ours()))


def change(made: Draft, data: st.DataObject) -> None:
    """One record of one map is left out, doubled, moved, replaced, or one more is there."""
    maps: list[Records] = [made.head, *made.ins, *made.outs]
    one = data.draw(st.sampled_from(maps))
    at = data.draw(st.integers(0, len(one.records)))
    match data.draw(st.integers(0, 7)) if at < len(one.records) else 7:
        case 0:
            del one.records[at]
        case 1:
            one.records.append(one.records[at])
        case 2:
            one.records.insert(0, one.records.pop(at))
        case 3:
            one.records[at] = (one.records[at][0], data.draw(VALUES))
        case 4:
            key, value = one.records[at]
            place = data.draw(st.integers(0, max(0, len(value) - 1)))
            one.records[at] = (key, value[:place] + data.draw(VALUES) + value[place + 1 :])
        case 5:
            key, value = one.records[at]
            one.records[at] = (key[:1] + data.draw(VALUES), value)
        case 6:
            data.draw(st.sampled_from(maps)).records.append(one.records[at])
        case _:
            key = bytes((data.draw(KINDS),)) + data.draw(st.just(b"") | VALUES)
            one.records.append((key, data.draw(VALUES)))


def change_transaction(made: Draft, data: st.DataObject) -> None:
    """The transaction itself, as a host that lies would have it."""
    one = data.draw(st.sampled_from([*made.ins, *made.outs, made]))
    match one:
        case psbts.In():
            one.sequence = data.draw(st.sampled_from([0, 1, 144, 1 << 22, 0xFFFFFFFE, 0xFFFFFFFF]))
            if data.draw(st.booleans()):
                one.outpoint = data.draw(st.sampled_from([other.outpoint for other in made.ins]))
        case psbts.Out():
            one.sats = data.draw(st.sampled_from([0, 1, 546, 99_999, 21 * 10**14, 1 << 63]))
            one.script = data.draw(st.just(one.script) | VALUES)
        case _:
            made.locktime = data.draw(st.sampled_from([0, 1, 500_000_000, 0xFFFFFFFF]))
            made.version = data.draw(st.sampled_from([0, 1, 2, 0xFFFFFFFF]))


@given(DRAFTS, st.data(), st.booleans())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_a_payment_with_changes_is_answered_with_a_typed_error_or_a_valid_signature(
    drawn: tuple[Draft, str], data: st.DataObject, expert: bool
) -> None:
    made, script = drawn
    for _ in range(data.draw(st.integers(1, 3))):
        data.draw(st.sampled_from([change, change, change_transaction]))(made, data)
    raw = made.encode()
    with suppress(*CLOSED):
        assert container.parse(raw).encode() == raw
    with suppress(*CLOSED):
        review = CHAIN.review(raw, ours(), "regtest", records(), expert=expert)
        signed = CHAIN.sign(review.approve(review.pages), ours())
        # What a request calls final is another's word: we leave that coin alone, right or wrong.
        if script in FINISHED_ALONE and kernel.can_judge(container.parse(raw)):
            kernel.check(signed)


@given(DRAFTS, st.data())
def test_a_payment_that_is_cut_or_goes_on_is_malformed(
    drawn: tuple[Draft, str], data: st.DataObject
) -> None:
    raw = drawn[0].encode()
    cut = raw[: data.draw(st.integers(0, len(raw) - 1))]
    longer = raw + data.draw(st.binary(min_size=1, max_size=4))
    for wrong in (cut, longer):
        try:
            container.parse(wrong)
        except Malformed:
            continue
        raise AssertionError(wrong.hex())
