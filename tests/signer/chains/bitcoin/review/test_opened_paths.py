"""What a signature of a registered account opens, what else it takes, and when it opens nothing."""

from hashlib import sha256

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from signer.chains.bitcoin.descriptors.conditions import NotBefore, OlderThan
from signer.chains.bitcoin.descriptors.miniscript import Context, parse
from signer.chains.bitcoin.network import FINAL_SEQUENCE
from signer.chains.bitcoin.psbt import container, fields
from signer.chains.bitcoin.review.opened_paths import Locks
from signer.chains.bitcoin.transactions import script
from signer.chains.bitcoin.transactions.tx import Tx, TxInput, TxOutput
from signer.formats.cursor import compact_size
from signer.review import Kind, Page
from tests import kernel, policies, psbts
from tests.psbts import OTHER, THIRD, draft, keyring, vault

WORDS = (psbts.ABANDON, OTHER, THIRD)
RECOVERY = "wsh(or_d(pk(@0/**),and_v(v:pkh(@1/**),older(5))))"
TREE = "tr(@0/**,{and_v(v:pk(@1/**),older(5)),multi_a(2,@1/<2;3>/*,@2/**)})"
JOINT = "tr(musig(@0,@1)/**,and_v(v:pk(@0/**),older(5)))"


def account(template: str) -> psbts.Vault:
    count = len({part[0] for part in template.split("@")[1:]})
    return vault(template, *map(keyring, WORDS[:count]))


def pages(
    template: str, signer: int, *sequences: int, locktime: int = 0, version: int = 2
) -> tuple[Page, ...]:
    """The review of a payment with coins of these sequences, by the signer of that number."""
    of = account(template)
    made = draft(of, len(sequences))
    made.locktime, made.version = locktime, version
    for one, sequence in zip(made.ins, sequences, strict=True):
        one.sequence = sequence
    keys = of.signers[signer]
    return psbts.review(made.encode(), keys, "regtest", [of.record(keys)]).pages


def details(shown: tuple[Page, ...]) -> list[str]:
    labels = ("Signed for", "Also needed")
    return [fact.value for fact in shown[-2].facts if fact.label in labels]


def warned(shown: tuple[Page, ...]) -> list[list[str]]:
    found = [page for page in shown if page.title == "Opens nothing yet"]
    assert all(page.kind is Kind.WARNING for page in found)
    return [[fact.value for fact in page.facts] for page in found]


OLD = ", after the coin has been still for 5 blocks (about 50 minutes)"
SECRET = f"sha256({'ab' * 32})"
KNOWN = f"the secret whose sha256 is {'ab' * 32}"


@pytest.mark.parametrize(
    ("template", "signer", "sequence", "said"),
    [
        (
            "wsh(sortedmulti(2,@0/**,@1/**,@2/**))",
            1,
            0xFFFFFFFD,
            ["path 1: 2 of [key 1; key 2 (yours); key 3]", "1 of [key 1; key 3]"],
        ),
        (RECOVERY, 0, 0xFFFFFFFD, ["path 1: key 1 (yours)", "nothing"]),
        (RECOVERY, 1, 5, [f"path 2: key 2 (yours){OLD}", "nothing"]),
        (TREE, 0, 9, ["path 1: key 1 (yours)", "nothing"]),
        (
            TREE,
            1,
            9,
            [f"path 2: key 2 (yours){OLD}", "nothing", "path 3: key 2 (yours) and key 3", "key 3"],
        ),
        (TREE, 1, 4, ["path 3: key 2 (yours) and key 3", "key 3"]),
        (TREE, 2, 0, ["path 3: key 2 and key 3 (yours)", "key 2"]),
        (JOINT, 1, 0, ["path 1: [key 1 with key 2 (yours)]", "key 1"]),
        (
            JOINT,
            0,
            5,
            [
                "path 1: [key 1 (yours) with key 2]",
                "key 2",
                f"path 2: key 1 (yours){OLD}",
                "nothing",
            ],
        ),
        (
            f"wsh(or_d(pk(@0/**),and_v(v:pkh(@1/**),{SECRET})))",
            1,
            0,
            [f"path 2: key 2 (yours) and {KNOWN}", KNOWN],
        ),
    ],
)
def test_what_is_signed_for_and_what_else_it_takes_are_on_a_page(
    template: str, signer: int, sequence: int, said: list[str]
) -> None:
    shown = pages(template, signer, sequence)
    assert details(shown) == said
    assert warned(shown) == []


@pytest.mark.parametrize(
    ("sequence", "locktime", "version", "waits"),
    [
        (4, 0, 2, "4 blocks"),
        (0x400005, 0, 2, "2 560 seconds"),
        (0xFFFFFFFD, 0, 2, "nothing"),
        (0, 0, 2, "nothing"),
        (FINAL_SEQUENCE, 840_000, 2, "nothing"),
        (0x80000005, 0, 2, "nothing"),
        (5, 0, 1, "nothing"),
        (4, 840_000, 2, "4 blocks and block 840 000"),
    ],
)
def test_a_signature_that_opens_nothing_is_a_warning(
    sequence: int, locktime: int, version: int, waits: str
) -> None:
    shown = pages(RECOVERY, 1, sequence, locktime=locktime, version=version)
    assert warned(shown) == [
        [
            "Your signature opens nothing, of coin 1.",
            f"This payment waits for {waits}.",
            f"You have a part in path 2: key 2 (yours){OLD}.",
        ]
    ]
    assert details(shown) == []


def test_coins_that_differ_are_told_apart() -> None:
    shown = pages(RECOVERY, 1, 4, 5, 4)
    assert [lines[0] for lines in warned(shown)] == ["Your signature opens nothing, of coin 1, 3."]
    assert details(shown) == [f"path 2: key 2 (yours){OLD}", "nothing"]


@pytest.mark.parametrize(
    ("locktime", "sequence", "opens"),
    [
        (839_999, 0, False),
        (840_000, 0, True),
        (840_000, FINAL_SEQUENCE, False),
        (1_700_000_000, 0, False),
    ],
)
def test_an_absolute_lock_is_judged_by_the_locktime(
    locktime: int, sequence: int, *, opens: bool
) -> None:
    template = "wsh(or_d(pk(@0/**),and_v(v:pkh(@1/**),after(840000))))"
    shown = pages(template, 1, sequence, locktime=locktime)
    assert bool(details(shown)) is opens
    assert bool(warned(shown)) is not opens


def test_a_lock_that_is_not_met_is_no_choice_any_more() -> None:
    template = "wsh(thresh(2,pk(@0/**),s:pk(@1/**),sln:older(5)))"
    assert details(pages(template, 0, 4))[1] == "key 2"
    assert details(pages(template, 0, 5))[1] == "nothing"


def test_a_coin_that_is_signed_already_is_not_said_to_open_nothing() -> None:
    of = account(RECOVERY)
    made, keys = draft(of, 2), of.signers[1]
    made.ins[0].sequence = made.ins[1].sequence = 5
    signed = psbts.sign_part(made.encode(), keys, "regtest", [of.record(keys)])
    [(public, signature)] = container.parse(signed).inputs[0].records_of(fields.PARTIAL_SIG)
    made.ins[0].put(fields.PARTIAL_SIG, signature, public)
    shown = psbts.review(made.encode(), keys, "regtest", [of.record(keys)]).pages
    assert warned(shown) == []
    assert details(shown) == [f"path 2: key 2 (yours){OLD}", "nothing"]


def test_coins_of_another_account_are_not_judged_by_this_one() -> None:
    of, keys = account("wsh(and_v(v:pkh(@0/**),older(5)))"), keyring()
    made = draft(of)
    made.ins[0].sequence = 5
    made.ins.append(psbts.coin(keys, psbts.path(), 50_000, 9))
    made.outs[-1].sats += 50_000
    shown = psbts.review(made.encode(), keys, "regtest", [of.record(keys)]).pages
    assert "Account 2 of 2" in psbts.text(shown)
    assert warned(shown) == []


@pytest.mark.parametrize(("named", "needed"), [(0, "key 2 (yours)"), (1, "key 1 (yours)")])
def test_of_two_keys_of_ours_that_which_the_request_names_signs(named: int, needed: str) -> None:
    keys = keyring()
    texts = [psbts.key_text(keys, f"m/48h/1h/{number}h/2h") for number in range(2)]
    of = vault("wsh(multi(2,@0/**,@1/**))", *texts)
    made = draft(of)
    other = of.policy.spend_data(0, 0).keys[1 - named]
    made.ins[0].records = [record for record in made.ins[0].records if record[0][1:] != other]
    shown = psbts.review(made.encode(), keys, "regtest", [of.record(keys)]).pages
    assert details(shown) == ["path 1: key 1 (yours) and key 2 (yours)", needed]


def test_of_two_leaves_that_which_the_request_names_is_signed_for() -> None:
    of = account(TREE)
    made, keys = draft(of), of.signers[1]
    made.ins[0].sequence = 9
    other = of.policy.spend_data(0, 0).keys[1][1:]
    made.ins[0].records = [record for record in made.ins[0].records if record[0][1:] != other]
    shown = psbts.review(made.encode(), keys, "regtest", [of.record(keys)]).pages
    assert details(shown) == ["path 3: key 2 (yours) and key 3", "key 3"]


def test_a_path_that_registration_showed_in_brackets_has_no_number() -> None:
    """Of each leaf there are few enough to be said apart, of both together there are not."""

    def leaf(first: int) -> str:
        places = [f"pk(@{1 + n}/**)" for n in range(first, first + 9)]
        text = f"and_v(v:{places[-1]},older(9))"
        for place in places[-2::-1]:
            text = f"or_i({place},{text})"
        return f"and_v(v:pk(@0/<{2 * first + 2};{2 * first + 3}>/*),{text})"

    keys = keyring()
    others = [policies.account(number) for number in range(18)]
    of = vault(f"tr(@0/**,{{{leaf(0)},{leaf(9)}}})", keys, *others)
    shown = psbts.review(draft(of).encode(), keys, "regtest", [of.record(keys)]).pages
    assert details(shown)[:4] == [
        "path 1: key 1 (yours)",
        "nothing",
        "key 1 (yours) and key 2",
        "key 2",
    ]


def test_a_payment_of_one_key_says_nothing_of_paths() -> None:
    shown = psbts.review(draft(keyring()).encode(), keyring()).pages
    assert details(shown) == []


LOCKS = (0, 1, 4, 5, 6, 0xFFFF, 0x400004, 0x400005, 0x40FFFF, 0x80000005, FINAL_SEQUENCE)


@given(
    st.sampled_from((1, 5, 0xFFFF, 0x400001, 0x400005)),
    st.integers(0, FINAL_SEQUENCE) | st.sampled_from(LOCKS),
    st.integers(1, 2),
)
@example(5, 0x10005, 2)
def test_relative_locks_are_met_where_core_says_so(older: int, sequence: int, version: int) -> None:
    locks = Locks(version, sequence, 0)
    assert locks.meet(OlderThan(older)) is core(f"older({older})", locks)


MOMENTS = (1, 839_999, 840_000, 499_999_999, 500_000_000, 500_000_001)


@given(st.sampled_from(MOMENTS), st.sampled_from((0, *MOMENTS)), st.sampled_from(LOCKS))
@example(500_000_000, 500_000_000, 0)
def test_absolute_locks_are_met_where_core_says_so(
    after: int, locktime: int, sequence: int
) -> None:
    locks = Locks(2, sequence, locktime)
    assert locks.meet(NotBefore(after)) is core(f"after({after})", locks)


def core(lock: str, locks: Locks) -> bool:
    """Whether Bitcoin Core's engine opens a coin that only waits for this."""
    code = parse(lock, Context.WSH, str).compile(str.encode)
    spent = TxOutput(1_000, script.p2wsh(sha256(code).digest()))
    inputs, outputs = (TxInput(bytes(36), locks.sequence),), (TxOutput(900, b"\x51"),)
    bare = Tx(locks.version, inputs, outputs, locks.locktime).encode()
    witness = b"\x01" + compact_size(len(code)) + code
    return kernel.verdicts(bare[:4] + b"\x00\x01" + bare[4:-4] + witness + bare[-4:], [spent])[0]


# --- what others have signed already


def begun(of: psbts.Vault, *signers: int, coins: int = 1, sequence: int = 0xFFFFFFFD) -> bytes:
    """A payment that these have signed."""
    made = draft(of, coins)
    for one in made.ins:
        one.sequence = sequence
    raw = made.encode()
    for number in signers:
        keys = of.signers[number]
        raw = psbts.sign_part(raw, keys, "regtest", [of.record(keys)])
    return raw


def needed(of: psbts.Vault, raw: bytes, signer: int) -> list[str]:
    keys = of.signers[signer]
    shown = psbts.review(raw, keys, "regtest", [of.record(keys)]).pages
    labels = ("Also needed", "Signed by")
    return [fact.value for fact in shown[-2].facts if fact.label in labels]


@pytest.mark.parametrize("kind", ["sh({})", "wsh({})", "sh(wsh({}))"])
def test_what_others_have_signed_is_not_needed_any_more(kind: str) -> None:
    of = account(kind.format("sortedmulti(3,@0/**,@1/**,@2/**)"))
    assert needed(of, begun(of), 0) == ["key 2 and key 3"]
    assert needed(of, begun(of, 2), 0) == ["key 2", "key 3 already, checked"]
    assert needed(of, begun(of, 2, 1), 0) == ["nothing", "key 2, key 3 already, checked"]


def test_of_two_in_three_one_that_has_signed_is_enough() -> None:
    of = account("wsh(sortedmulti(2,@0/**,@1/**,@2/**))")
    assert needed(of, begun(of), 0) == ["1 of [key 2; key 3]"]
    assert needed(of, begun(of, 1), 0) == ["nothing", "key 2 already, checked"]


def test_a_signature_of_a_leaf_counts_for_that_leaf() -> None:
    of = account(TREE)
    assert needed(of, begun(of, 2), 1) == ["nothing", "key 3 already, checked"]
    assert needed(of, begun(of, 2, sequence=9), 1) == [
        "nothing",  # by its own leaf
        "nothing",
        "key 3 already, checked",
    ]
    raw = begun(of, 1, sequence=9)  # its own leaf, and the one with key 3
    assert needed(of, raw, 2) == ["nothing", "key 2 already, checked"]


def test_a_signature_that_does_not_hold_counts_for_nothing() -> None:
    of = account("wsh(sortedmulti(2,@0/**,@1/**,@2/**))")
    raw = begun(of, 1)
    [(_, signature)] = container.parse(raw).inputs[0].records_of(0x02)
    for at in (9, 60, -1):
        changed = bytearray(signature)
        changed[at] ^= 1
        assert needed(of, raw.replace(signature, bytes(changed)), 0) == ["1 of [key 2; key 3]"]


def test_coins_that_others_signed_in_part_are_told_apart() -> None:
    of = account("wsh(sortedmulti(2,@0/**,@1/**,@2/**))")
    raw = begun(of, 1, coins=2)
    [(key, signature)] = container.parse(raw).inputs[1].records_of(0x02)
    name, value = psbts.blob(b"\x02" + key), psbts.blob(signature)
    assert raw.count(name + value) == 1
    assert needed(of, raw.replace(name + value, b""), 0) == [
        "nothing",
        "key 2 already, checked",
        "1 of [key 2; key 3]",
    ]


def test_who_signed_for_another_path_is_not_named() -> None:
    of = account("wsh(or_d(multi(2,@0/**,@1/**),and_v(v:pkh(@2/**),older(5))))")
    assert needed(of, begun(of, 2, sequence=5), 0) == ["key 2"]


def test_a_signature_of_one_leaf_does_not_count_for_another() -> None:
    of = account(
        "tr(@0/**,{multi_a(2,@1/**,@2/**),and_v(v:multi_a(2,@1/<2;3>/*,@2/<2;3>/*),older(5))})"
    )
    raw = begun(of, 2, sequence=5)
    signed = ["nothing", "key 3 already, checked"]
    assert needed(of, raw, 1) == signed * 2
    (key, signature), _ = container.parse(raw).inputs[0].records_of(0x14)
    raw = raw.replace(psbts.blob(b"\x14" + key) + psbts.blob(signature), b"")
    assert needed(of, raw, 1) in ([*signed, "key 3"], ["key 3", *signed])
