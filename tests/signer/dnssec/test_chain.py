"""Proofs with keys of our own, each wrong in one place; published ones are in test_T94."""

import hashlib
from itertools import pairwise

import pytest

from signer.dnssec import chain, wire
from signer.dnssec.chain import MAX_TRIES, ROOT_ANCHORS, ProvenTexts, Verdict, prove
from signer.dnssec.signature import zone_key
from signer.errors import Malformed
from tests.signer import zones
from tests.signer.published import cases
from tests.signer.zones import DNSKEY, DS, RRSIG, TXT, Key, Proof, Times

NAME = "pay.example.com"
ONE = zones.text(b"one")


def made(*, texts: tuple[bytes, ...] = (ONE,), algorithm: int = 13) -> Proof:
    proof = zones.chain(("com", 13), ("example.com", algorithm))
    proof.add(*((NAME, TXT, data) for data in texts))
    return proof


def proven(proof: Proof, name: str = NAME) -> ProvenTexts | Verdict:
    return prove(proof.encode(), wire.name(name), proof.anchors)


def resigned(proof: Proof, *, owner: str, kind: int, by: zones.Record) -> Proof:
    """The proof with another signature over one of its sets."""
    covered = zones.number(kind)
    proof.records = [
        by if (of, what, data[:2]) == (owner, RRSIG, covered) else (of, what, data)
        for of, what, data in proof.records
    ]
    return proof


@pytest.mark.parametrize("algorithm", [8, 10, 13, 14])
def test_keys_of_each_algorithm_sign(algorithm: int) -> None:
    assert proven(made(algorithm=algorithm)) == ProvenTexts((b"one",), zones.START, zones.END)


def test_a_delegation_may_be_a_longer_digest() -> None:
    proof = zones.chain(("com", 14), digest=4)
    proof.add((NAME, TXT, ONE))
    assert isinstance(proven(proof), ProvenTexts)


@pytest.mark.parametrize("case", cases("bip353")[:1])
def test_the_anchors_are_the_keys_that_the_root_published(case: dict[str, str]) -> None:
    """Both keys of the root's set in a published proof, hashed here (RFC 4034, 5.1.4)."""
    raw = zones.b64(case["base64"])
    entries = [
        data
        for owner, kind, data in zones.read(raw[1 + raw[0] :])
        if (owner, kind, data[:2]) == ("", DNSKEY, b"\x01\x01")
    ]
    digests = {hashlib.sha256(b"\x00" + data).digest() for data in entries}
    assert digests == {anchor[4:] for anchor in ROOT_ANCHORS}
    tags = {zone_key(data).tag for data in entries}
    assert tags == {int.from_bytes(anchor[:2], "big") for anchor in ROOT_ANCHORS} == {20326, 38696}


def test_another_root_is_not_ours() -> None:
    assert prove(made().encode(), wire.name(NAME)) is Verdict.FALSE


def test_the_time_is_that_when_all_signatures_were_valid() -> None:
    proof = made()
    late = Times(zones.START + 100, zones.END + 100)
    by = zones.signature(proof.key, proof.zone, [(NAME, TXT, ONE)], times=late)
    resigned(proof, owner=NAME, kind=TXT, by=by)
    assert proven(proof) == ProvenTexts((b"one",), zones.START + 100, zones.END)


def test_a_signature_that_was_valid_for_longer_changes_nothing() -> None:
    proof = made()
    wide = Times(zones.START - 100, zones.END + 100)
    by = zones.signature(proof.key, proof.zone, [(NAME, TXT, ONE)], times=wide)
    resigned(proof, owner=NAME, kind=TXT, by=by)
    assert proven(proof) == ProvenTexts((b"one",), zones.START, zones.END)


def test_one_second_is_time_enough() -> None:
    proof = made()
    late = Times(zones.END, zones.END + 100)
    by = zones.signature(proof.key, proof.zone, [(NAME, TXT, ONE)], times=late)
    resigned(proof, owner=NAME, kind=TXT, by=by)
    assert proven(proof) == ProvenTexts((b"one",), zones.END, zones.END)


def test_signatures_of_different_times_are_no_proof() -> None:
    proof = made()
    later = Times(zones.END + 1, zones.END + 100)
    by = zones.signature(proof.key, proof.zone, [(NAME, TXT, ONE)], times=later)
    resigned(proof, owner=NAME, kind=TXT, by=by)
    assert proven(proof) is Verdict.FALSE


@pytest.mark.parametrize("key", [Key(13, 99), Key(14, 99), Key(8, 99)])
def test_a_zone_cannot_be_signed_by_a_key_it_does_not_have(key: Key) -> None:
    proof = made()
    by = zones.signature(key, proof.zone, [(NAME, TXT, ONE)])
    resigned(proof, owner=NAME, kind=TXT, by=by)
    assert proven(proof) is Verdict.FALSE


def test_a_key_that_only_came_along_is_not_a_key_of_the_zone() -> None:
    """The set of keys is signed as a whole: one more makes it another set."""
    proof, key = made(), Key(13, 99)
    proof.records.append((proof.zone, DNSKEY, key.data))
    by = zones.signature(key, proof.zone, [(NAME, TXT, ONE)])
    resigned(proof, owner=NAME, kind=TXT, by=by)
    assert proven(proof) is Verdict.FALSE


def test_a_zone_whose_keys_sign_each_other_needs_its_parent() -> None:
    """All of it is right but for the parent's DS record, which names another key."""
    proof = zones.chain(("com", 13))
    key = Key(13, 99)
    proof.add(("example.com", DS, Key(13, 98).ds("example.com")))
    proof.zone, proof.key = "example.com", key
    proof.add(("example.com", DNSKEY, key.data))
    proof.add((NAME, TXT, ONE))
    assert proven(proof) is Verdict.FALSE


def test_another_zone_of_the_same_parent_does_not_sign() -> None:
    proof = made()
    proof.records = [record for record in proof.records if record[0] != NAME]
    rival = zones.chain(("com", 13), ("rival.com", 13))
    rival.add((NAME, TXT, ONE))
    known = set(proof.records)
    proof.records += [record for record in rival.records if record not in known]
    assert proven(proof) is Verdict.FALSE


def test_the_signer_is_the_zone_that_has_the_key() -> None:
    """Two zones with one key: a signature in the name of one is none of the other."""
    proof = made()
    by = zones.signature(proof.key, "com", [(NAME, TXT, ONE)])
    resigned(proof, owner=NAME, kind=TXT, by=by)
    assert proven(proof) is Verdict.FALSE


@pytest.mark.parametrize(
    "key",
    [Key(13, 11, flags=1), Key(13, 11, flags=257 | 128), Key(13, 11, protocol=2)],
    ids=["no zone key", "revoked", "another protocol"],
)
def test_only_keys_of_zones_sign(key: Key) -> None:
    proof = zones.chain(("com", 13))
    proof.add(("example.com", DS, key.ds("example.com")))
    proof.zone, proof.key = "example.com", key
    proof.add(("example.com", DNSKEY, key.data))
    proof.add((NAME, TXT, ONE))
    assert proven(proof) is Verdict.FALSE


@pytest.mark.parametrize("labels", [4, 5, 200])
def test_a_signature_for_more_labels_than_there_are_is_none(labels: int) -> None:
    proof = made()
    owner, kind, data = proof.records[-1]
    proof.records[-1] = (owner, kind, data[:3] + zones.number(labels, 1) + data[4:])
    assert proven(proof) is Verdict.FALSE


@pytest.mark.parametrize("algorithm", [1, 3, 5, 6, 7, 12, 15, 16, 253])
def test_an_algorithm_that_is_not_known_proves_nothing_and_refutes_nothing(algorithm: int) -> None:
    proof = made()
    owner, kind, data = proof.records[-1]
    proof.records[-1] = (owner, kind, data[:2] + zones.number(algorithm, 1) + data[3:])
    assert proven(proof) is Verdict.UNKNOWN


@pytest.mark.parametrize("kind", [1, 3, 5])
def test_a_digest_that_is_not_known_does_the_same(kind: int) -> None:
    proof = zones.chain(("com", 13))
    data = Key(13, 11).ds("example.com")
    proof.add(("example.com", DS, data[:3] + zones.number(kind, 1) + data[4:]))
    proof.add((NAME, TXT, ONE))
    assert proven(proof) is Verdict.UNKNOWN


def test_a_second_signature_may_be_the_one_that_holds() -> None:
    proof = made()
    for algorithm in (5, 13):
        owner, kind, data = proof.records[-1]
        data = data[:2] + zones.number(algorithm, 1) + data[3:-1] + b"\x00"
        proof.records.insert(0, (owner, kind, data))
    assert isinstance(proven(proof), ProvenTexts)


def test_names_are_the_same_in_capitals() -> None:
    proof = made()
    proof.records = [(owner.upper(), kind, data) for owner, kind, data in proof.records]
    assert isinstance(proven(proof), ProvenTexts)


def test_texts_are_joined_and_all_are_given() -> None:
    two = zones.text(b"t" * 255, b"wo")
    found = proven(made(texts=(ONE, two, zones.text())))
    assert isinstance(found, ProvenTexts)
    assert set(found.texts) == {b"one", b"t" * 255 + b"wo", b""}


# --- answers for other names


def aliased(name: str = "alias.example.com") -> Proof:
    proof = made()
    proof.add((name, zones.CNAME, zones.wired(NAME)))
    return proof


def test_an_alias_is_followed() -> None:
    assert isinstance(proven(aliased(), "alias.example.com"), ProvenTexts)


def test_an_alias_without_its_signature_is_not() -> None:
    proof = aliased()
    proof.records.pop()
    assert proven(proof, "alias.example.com") is Verdict.FALSE


def test_an_alias_of_itself_ends() -> None:
    proof = made()
    proof.add(("a.example.com", zones.CNAME, zones.wired("b.example.com")))
    proof.add(("b.example.com", zones.CNAME, zones.wired("a.example.com")))
    assert proven(proof, "a.example.com") is Verdict.FALSE


def following(proof: Proof, count: int) -> Proof:
    """With so many names, a0 and on, each standing for the next, the last for one with a text."""
    names = [*(f"a{number}.{proof.zone}" for number in range(count)), f"pay.{proof.zone}"]
    for name, target in pairwise(names):
        proof.add((name, zones.CNAME, zones.wired(target)))
    return proof


@pytest.mark.parametrize(("count", "holds"), [(1, True), (3, True), (4, False)])
def test_three_aliases_may_follow_one_another(count: int, *, holds: bool) -> None:
    proof = zones.chain(("com", 13))
    proof.add(("pay.com", TXT, ONE))
    found = proven(following(proof, count), "a0.com")
    assert found == (ProvenTexts((b"one",), zones.START, zones.END) if holds else Verdict.FALSE)


def test_the_keys_of_a_zone_are_proven_once_for_all_aliases() -> None:
    """Or the signatures that may be tried would not be enough."""
    assert isinstance(proven(following(made(), 3), "a0.example.com"), ProvenTexts)


def test_a_branch_that_stands_for_another_says_nothing_of_its_own_name() -> None:
    proof = made()
    proof.add(("old.example.com", zones.DNAME, zones.wired("example.com")))
    assert proven(proof, "old.example.com") is Verdict.FALSE


def test_a_delegation_of_the_name_itself_must_be_signed_too() -> None:
    proof = made()
    proof.records.append((NAME, DS, Key(13, 99).ds(NAME)))
    assert proven(proof) is Verdict.FALSE


def test_of_two_digests_one_that_is_known_is_enough() -> None:
    proof, key = zones.chain(("com", 13)), Key(13, 11)
    known = key.ds("example.com")
    proof.add(("example.com", DS, known), ("example.com", DS, known[:3] + b"\x01" + bytes(20)))
    proof.zone, proof.key = "example.com", key
    proof.add(("example.com", DNSKEY, key.data))
    proof.add((NAME, TXT, ONE))
    assert isinstance(proven(proof), ProvenTexts)


def test_a_whole_branch_that_stands_for_another_is_not_known_here() -> None:
    proof = made()
    proof.add(("old.example.com", zones.DNAME, zones.wired("example.com")))
    assert proven(proof, "pay.old.example.com") is Verdict.UNKNOWN


def wild(*gaps: zones.Record) -> Proof:
    """`x.y.example.com`, as it is made from `*.example.com`."""
    proof = zones.chain(("com", 13), ("example.com", 13))
    proof.add(("x.y.example.com", TXT, ONE), labels=2)
    for gap in gaps:
        proof.add(gap)
    return proof


def gap(
    name: str = "y.example.com", *, wide: int = 1, flags: int = 0, rounds: int = 0
) -> zones.Record:
    return zones.absent("example.com", name, wide=wide, flags=flags, rounds=rounds)


@pytest.mark.parametrize("wide", [1, 1 << 100, (1 << 160) - 3], ids=["narrow", "wide", "around"])
@pytest.mark.parametrize("rounds", [0, 150])
def test_an_answer_from_a_wildcard_holds_where_the_name_has_none_of_its_own(
    wide: int, rounds: int
) -> None:
    assert isinstance(proven(wild(gap(wide=wide, rounds=rounds)), "x.y.example.com"), ProvenTexts)


def test_without_that_it_is_no_proof() -> None:
    assert proven(wild(), "x.y.example.com") is Verdict.FALSE


@pytest.mark.parametrize("name", ["x.y.example.com", "example.com", "*.example.com"])
def test_it_is_the_name_next_to_the_wildcard_that_must_not_exist(name: str) -> None:
    assert proven(wild(gap(name)), "x.y.example.com") is Verdict.FALSE


def test_a_gap_begins_behind_the_name_it_is_said_of() -> None:
    assert proven(wild(gap(wide=0)), "x.y.example.com") is Verdict.FALSE


def test_a_gap_that_the_zone_did_not_sign_is_none() -> None:
    proof = wild(gap())
    proof.records.pop()
    assert proven(proof, "x.y.example.com") is Verdict.FALSE


def test_a_gap_of_another_zone_is_none() -> None:
    proof = wild()
    proof.add(zones.absent("y.example.com", "y.example.com"))
    assert proven(proof, "x.y.example.com") is Verdict.FALSE


@pytest.mark.parametrize("odd", [gap(flags=1), gap(rounds=151), ("example.com", zones.NSEC, b"")])
def test_a_form_of_absence_that_is_not_known_refutes_nothing(odd: zones.Record) -> None:
    assert proven(wild(odd), "x.y.example.com") is Verdict.UNKNOWN


def test_a_wildcard_lies_within_its_zone() -> None:
    proof = zones.chain(("com", 13), ("example.com", 13))
    proof.add((NAME, TXT, ONE), labels=1)
    proof.add(gap("example.com"))
    assert proven(proof) is Verdict.FALSE


def test_a_wildcard_gives_no_delegation() -> None:
    proof = zones.chain(("com", 13))
    key = Key(13, 11)
    proof.add(("example.com", DS, key.ds("example.com")), labels=1)
    proof.add(zones.absent("com", "example.com"))
    proof.zone, proof.key = "example.com", key
    proof.add(("example.com", DNSKEY, key.data))
    proof.add((NAME, TXT, ONE))
    assert proven(proof) is Verdict.FALSE


# --- what it may cost


def test_many_signatures_cost_no_more_than_a_few(monkeypatch: pytest.MonkeyPatch) -> None:
    proof = made()
    owner, kind, data = proof.records.pop()
    for turn in range(40):
        proof.records.append((owner, kind, data[:-1] + zones.number(turn, 1)))
    tried = []
    verify = chain.signature.verify
    monkeypatch.setattr(
        chain.signature, "verify", lambda *all_of: tried.append(1) or verify(*all_of)
    )
    assert proven(proof) is Verdict.FALSE
    assert len(tried) == MAX_TRIES


@pytest.mark.parametrize("count", [64, 65])
def test_records_are_counted(count: int) -> None:
    proof = made()
    while len(proof.records) < count:
        proof.records.append((f"n{len(proof.records)}", TXT, ONE))
    if count == 65:
        with pytest.raises(Malformed, match="at most 64 records"):
            proven(proof)
    else:
        assert isinstance(proven(proof), ProvenTexts)
