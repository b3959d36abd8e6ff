"""Joint signatures: two rounds, both approved in full; the coin opens for Bitcoin Core's engine."""

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType

import pytest

from signer.chains.bitcoin import BITCOIN, CHAIN, POLICY_ACCOUNTS
from signer.chains.bitcoin.descriptors import musig_key, policy
from signer.chains.bitcoin.network import NETWORKS
from signer.chains.bitcoin.payment import inputs as payment_inputs
from signer.chains.bitcoin.payment.joint import musig2
from signer.chains.bitcoin.payment.joint.partial_signer import partial_signer
from signer.chains.bitcoin.payment.signing import SigningTask, SpendPath
from signer.chains.bitcoin.psbt import container
from signer.chains.bitcoin.psbt import fields as psbt_fields
from signer.chains.bitcoin.psbt.maps import Map, Record
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.errors import CommonReason, CrossCheckFailed, Malformed, Reason, Refused
from signer.keys import curve, nonces
from signer.keys.keyring import Keyring
from signer.keys.nonces import MAX_OPEN
from signer.keys.path import HARDENED
from tests import kernel, psbts
from tests.psbts import ABANDON, OTHER, THIRD, Draft, Vault, draft, keyring, text, together
from tests.signer import silents
from tests.signer.chains.bitcoin.payment.test_musig_psbt import SPENDS, published

NUMS = "50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0"
TWO = "tr(musig(@0,@1)/**)"
THREE = "tr(musig(@0,@1,@2)/**)"
TREE = "tr(musig(@0,@1)/**,{and_v(v:pk(@1/**),older(9)),and_v(v:pk(@0/**),older(144))})"
LEAF = f"tr({NUMS},pk(musig(@0,@1,@2)/**))"
TWICE = "tr(musig(@0,@1)/**,pk(musig(@1,@0)/<2;3>/*))"
OTHERS = "tr(musig(@0,@1)/**,pk(musig(@1,@2)/**))"
TEMPLATES = (TWO, THREE, TREE, LEAF, TWICE)
NONCES, PARTS, NAMED = (
    psbt_fields.MUSIG2_PUB_NONCE,
    psbt_fields.MUSIG2_PARTIAL_SIG,
    psbt_fields.MUSIG2_PARTICIPANT_PUBKEYS,
)
FRESH = bytes(range(32))


def account(template: str) -> Vault:
    """The account of fresh keyrings: ours, the first, remembers no nonce yet."""
    rings = [keyring(words) for words in (ABANDON, OTHER, THIRD)]
    return psbts.vault(template, *rings[: 3 if "@2" in template else 2])


def turn(raw: bytes, of: Vault, who: int = 0) -> bytes:
    """One round of one signer, approved in full."""
    keys = of.signers[who]
    return psbts.sign_part(raw, keys, "regtest", [of.record(keys)])


def first_round(of: Vault, made: Draft | None = None) -> bytes:
    """A payment with the nonces of all signers."""
    raw = (made or draft(of)).encode()
    for who in range(len(of.signers)):
        raw = turn(raw, of, who)
    return raw


def shown(raw: bytes, of: Vault, who: int = 0) -> str:
    keys = of.signers[who]
    return text(psbts.review(raw, keys, "regtest", [of.record(keys)]).pages)


def digest(raw: bytes, of: Vault, who: int = 0) -> str:
    keys = of.signers[who]
    return psbts.digest_line(psbts.review(raw, keys, "regtest", [of.record(keys)]).pages)


def refused(raw: bytes, of: Vault, who: int = 0) -> Reason:
    keys = of.signers[who]
    return psbts.refusal(raw, keys, "regtest", [of.record(keys)])


def added(before: bytes, after: bytes, index: int = 0) -> list[Record]:
    known = container.parse(before).inputs[index].fields
    return [
        record for record in container.parse(after).inputs[index].records if record[0] not in known
    ]


def bent(raw: bytes, change: Callable[[dict[bytes, bytes]], object], index: int = 0) -> bytes:
    """The same PSBT with the fields of one input changed."""
    request = container.parse(raw)
    fields = dict(request.inputs[index].fields)
    change(fields)
    inputs = (*request.inputs[:index], Map(fields), *request.inputs[index + 1 :])
    return replace(request, inputs=inputs).encode()


def without(*kinds: int) -> Callable[[dict[bytes, bytes]], None]:
    def drop(fields: dict[bytes, bytes]) -> None:
        for key in [key for key in fields if key[0] in kinds]:
            del fields[key]

    return drop


def key_of(of: Vault, who: int) -> bytes:
    return of.policy.keys[who].xpub.public_key


def of_signer(raw: bytes, kind: int, of: Vault, who: int) -> list[bytes]:
    """The names of the records of one signer (of all kinds that BIP373 names alike)."""
    records = container.parse(raw).inputs[0].records_of(kind)
    return [bytes((kind,)) + key for key, _ in records if key[:33] == key_of(of, who)]


# --- the two rounds


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("version", [0, 2])
def test_two_rounds_of_all_signers_open_the_coins(template: str, version: int) -> None:
    of = account(template)
    made = draft(of, 2)
    made.psbt_version = version
    together(made, of)


def test_the_order_of_the_signers_is_no_matter() -> None:
    of = account(THREE)
    raw = draft(of).encode()
    for who in (2, 0, 1, 1, 2, 0):
        raw = turn(raw, of, who)
    kernel.check(raw)


@pytest.mark.parametrize("flag", [1, 0])
def test_the_hash_type_that_is_asked_for_is_signed(flag: int) -> None:
    of = account(TREE)
    made = draft(of)
    made.ins[0].put(0x03, flag.to_bytes(4, "little"))
    whole = container.parse(together(made, of)).inputs[0].get(psbt_fields.TAP_KEY_SIG) or b""
    assert whole[64:] == bytes((flag,)) * flag


def test_the_first_round_lets_out_a_nonce_and_says_so() -> None:
    of = account(TWO)
    raw = draft(of, 2).encode()
    assert "[Total]\nJoint first of two rounds: only a nonce leaves\n" in shown(raw, of)
    after = turn(raw, of)
    output_key = b"".join(key[1:] for key, _ in container.parse(raw).inputs[0].records_of(NAMED))
    for index in range(2):
        [(name, nonce)] = added(raw, after, index)
        assert name[:34] == bytes((NONCES,)) + key_of(of, 0)
        # BIP373: the aggregate as it is in the script, not what it was derived from.
        assert name[35:] == kernel.spent_output(container.parse(raw), index).script_pubkey[2:]
        assert name[35:] != output_key
        assert len(nonce) == 66


def test_the_second_round_lets_out_our_part_and_says_so() -> None:
    of = account(TWO)
    raw = first_round(of)
    assert "[Total]\nJoint second of two rounds: your part of the signature leaves" in shown(
        raw, of
    )
    after = turn(raw, of)
    [(name, part)] = added(raw, after)
    assert name == bytes((PARTS,)) + of_signer(raw, NONCES, of, 0)[0][1:]
    assert len(part) == 32


def test_whoever_comes_last_adds_the_whole_signature() -> None:
    of = account(TWO)
    before = turn(first_round(of), of, 0)
    after = turn(before, of, 1)
    assert sorted(name[0] for name, _ in added(before, after)) == [psbt_fields.TAP_KEY_SIG, PARTS]
    kernel.check(after)


def test_in_a_leaf_records_name_the_leaf() -> None:
    of = account(LEAF)
    before = first_round(of)
    leaf = of.policy.spend_data(0, 0).leaves[0]
    assert {key[66:] for key, _ in container.parse(before).inputs[0].records_of(NONCES)} == {
        leaf.hash
    }
    key = {key[34:66] for key, _ in container.parse(before).inputs[0].records_of(NONCES)}
    assert key == {leaf.script[1:33]}
    after = turn(turn(before, of, 0), of, 1)
    [part, whole] = sorted(added(after, turn(after, of, 2)), reverse=True)
    assert part[0] == bytes((PARTS,)) + of_signer(before, NONCES, of, 2)[0][1:]
    assert whole[0] == bytes((psbt_fields.TAP_SCRIPT_SIG,)) + leaf.script[1:33] + leaf.hash


def test_both_rounds_show_the_same_payment() -> None:
    of = account(TREE)
    raw = draft(of).encode()
    pages = [shown(one, of).splitlines() for one in (raw, first_round(of))]
    one, other = ([s for s in lines if not s.startswith(("Joint", "Digest"))] for lines in pages)
    assert one == other


def test_the_digest_of_the_review_tells_rounds_and_nonces_apart() -> None:
    of = account(TWO)
    raw = draft(of).encode()
    seen = {digest(raw, of)}
    mine = turn(raw, of)
    for number in range(3):
        of.signers[1].nonces.number()  # so that the next nonce is another
        seen.add(digest(turn(mine, of, 1), of))
        assert len(seen) == 2 + number


def test_change_comes_back_to_a_joint_account() -> None:
    of = account(TWO)
    pages = shown(draft(of).encode(), of)
    assert "Change to you 74 800 sats\nComes back to you at bcrt1p" in pages
    assert 'account "Vault"\npath 1/3, checked\n' in pages


def test_an_output_that_is_only_said_to_be_of_a_joint_account_is_a_payment() -> None:
    of = account(TWO)
    made = draft(of)
    made.outs[1].script = b"\x51\x20" + key_of(of, 0)[1:]
    assert shown(made.encode(), of).startswith("[Not your change]")


def test_our_addresses_of_a_joint_account_are_those_of_the_policy() -> None:
    of = account(THREE)
    keys = of.signers[0]
    address, odd = POLICY_ACCOUNTS.policy_address(of.record(keys), keys, 0, 7, "regtest")
    assert address.startswith("bcrt1p")
    assert not odd


# --- who takes part


def test_one_wallet_may_hold_two_of_the_keys() -> None:
    keys = keyring()
    texts = [psbts.key_text(keys, f"m/48h/1h/{number}h/2h") for number in range(2)]
    of = replace(psbts.vault(TWO, *texts), signers=(keys,))
    raw = draft(of).encode()
    begun = turn(raw, of)
    assert len(added(raw, begun)) == 2
    assert len(added(begun, turn(begun, of))) == 3
    kernel.check(turn(turn(raw, of), of))


def test_a_group_that_others_form_is_theirs() -> None:
    of = account(OTHERS)
    raw = draft(of).encode()
    [(name, _)] = added(raw, turn(raw, of, 0))
    assert len(name) == 1 + 66
    assert len(added(raw, turn(raw, of, 1))) == 2
    raw = first_round(of)
    kernel.check(turn(turn(raw, of, 0), of, 1))


def test_our_own_leaf_is_signed_as_usual() -> None:
    of = account(TREE)
    raw = draft(of).encode()
    assert "Joint first of two rounds for some signatures: of those only a nonce" in shown(raw, of)
    assert sorted(name[0] for name, _ in added(raw, turn(raw, of))) == [
        psbt_fields.TAP_SCRIPT_SIG,
        NONCES,
    ]


def test_who_names_our_leaf_and_no_participants_asks_for_no_joint_signature() -> None:
    """So a wallet that wants our leaf alone leaves no nonce behind."""
    of = account(TREE)
    made = draft(of)
    made.ins[0].drop(NAMED)
    assert [name[0] for name, _ in added(made.encode(), turn(made.encode(), of))] == [
        psbt_fields.TAP_SCRIPT_SIG
    ]
    assert "Joint" not in shown(made.encode(), of)
    assert not len(of.signers[0].nonces)


@pytest.mark.parametrize("template", [TWO, THREE, LEAF])
def test_the_registered_account_knows_the_participants(template: str) -> None:
    """Both rounds of all signers without the field; and the same nonces' names as with it."""
    of = account(template)
    made = draft(of, 2)
    for one in made.ins:
        one.drop(NAMED)
    assert "Joint first of two rounds: only a nonce leaves" in shown(made.encode(), of)
    raw = together(made, of)
    assert [key for key, _ in container.parse(raw).inputs[0].records_of(NAMED)] == []
    named = together(draft(account(template), 2), account(template))
    names = [
        [key for key, _ in container.parse(signed).inputs[0].records_of(NONCES)]
        for signed in (raw, named)
    ]
    assert sorted(names[0]) == sorted(names[1])


def test_without_the_field_only_what_the_derivations_are_about_is_asked_for() -> None:
    of = account(OTHERS)
    made = draft(of)
    made.ins[0].drop(NAMED)
    raw = made.encode()
    assert sorted(len(name) for name, _ in added(raw, turn(raw, of, 1))) == [1 + 66, 1 + 98]
    leaf_key = of.policy.spend_data(0, 0).keys[1][1:]
    made.ins[0].records = [
        record
        for record in made.ins[0].records
        if record[0][0] != 0x16 or record[0][1:] == leaf_key
    ]
    of = account(OTHERS)
    [(name, _)] = added(made.encode(), turn(made.encode(), of, 1))
    assert len(name) == 1 + 98  # the leaf's; the key path is another group's


def test_an_account_that_is_not_registered_is_refused() -> None:
    assert psbts.refusal(draft(account(TWO)), keyring()) is BitcoinReason.NOT_REGISTERED


def test_the_account_of_another_group_is_another_account() -> None:
    three, two = account(THREE), account(TWO)
    record = two.record(two.signers[0])
    assert (
        psbts.refusal(draft(three), keyring(), "regtest", [record]) is BitcoinReason.NOT_REGISTERED
    )


def _named(*keys: bytes) -> Callable[[dict[bytes, bytes]], None]:
    def name(fields: dict[bytes, bytes]) -> None:
        field = next(key for key in fields if key[0] == NAMED)
        fields[field] = b"".join(keys)

    return name


def test_participants_other_than_the_registered_ones_are_refused() -> None:
    of = account(THREE)
    right = sorted(key_of(of, who) for who in range(3))
    raw = draft(of).encode()
    assert bent(raw, _named(*right)) == raw
    stranger = curve.public_key(bytearray(b"\x07" * 32))
    for wrong in ([*right[1:], right[0]], right[:2], [*right[:2], stranger], [*right, stranger]):
        assert refused(bent(raw, _named(*wrong)), of) is BitcoinReason.JOINT_KEYS_DIFFER


@pytest.mark.parametrize("kind", [NONCES, PARTS])
@pytest.mark.parametrize(
    "stranger",
    [
        curve.public_key(bytearray(b"\x07" * 32)),
        b"\x02" + bytes(31) + b"\x07",  # no point of the curve
        b"\x03" + b"\xff" * 32,  # past the field
    ],
)
def test_a_nonce_or_part_of_a_key_that_is_no_participant_is_refused(
    kind: int, stranger: bytes
) -> None:
    """Participants are points of the curve; what else stands there need not be (T55)."""
    of = account(THREE)
    raw = first_round(of)
    [name] = of_signer(raw, NONCES, of, 0)
    field = bytes((kind,)) + stranger + name[34:]
    value = bytes(66 if kind == NONCES else 32)
    moved = bent(raw, lambda fields: fields.update({field: value}))
    assert refused(moved, of) is BitcoinReason.JOINT_KEYS_DIFFER


def test_a_group_that_the_account_has_not_is_refused() -> None:
    of = account(TREE)
    keys = sorted((key_of(of, 0), curve.public_key(bytearray(b"\x07" * 32))))
    field = bytes((NAMED,)) + curve.musig_aggregate(keys)
    raw = bent(draft(of).encode(), lambda fields: fields.update({field: b"".join(keys)}))
    assert refused(raw, of) is BitcoinReason.JOINT_KEYS_DIFFER


@pytest.mark.parametrize("at", ["aggregate", "part"])
def test_a_key_at_a_wrong_place_of_the_group_is_refused(at: str) -> None:
    of = account(TWO)
    wanted = key_of(of, 0)[1:] if at == "part" else of.policy.spend_data(0, 0).internal_key

    def lie(fields: dict[bytes, bytes]) -> None:
        fields[b"\x16" + bytes(31) + b"\x01"] = fields.pop(b"\x16" + wanted)

    assert refused(bent(draft(of).encode(), lie), of) is BitcoinReason.KEY_MISMATCH


def test_a_leaf_that_is_not_there_is_refused_beside_a_part_too() -> None:
    of = account(TREE)
    name, leaf = b"\x16" + key_of(of, 0)[1:], of.policy.spend_data(0, 0).leaves[0].hash

    def with_leaf(leaf: bytes) -> bytes:
        raw = draft(of).encode()
        return bent(raw, lambda fields: fields.update({name: b"\1" + leaf + fields[name][1:]}))

    # What BIP373's examples have there: the leaves of the whole key.
    assert with_leaf(leaf) != draft(of).encode()
    turn(with_leaf(leaf), of)
    assert refused(with_leaf(bytes(32)), of) is BitcoinReason.SCRIPT_NOT_COMMITTED


@pytest.mark.parametrize("steps", [(0, 1), (1, 0), (2, 0), (0, HARDENED + 5)])
def test_a_place_where_the_coin_is_not_is_refused(steps: tuple[int, int]) -> None:
    of = account(TWO)
    name = b"\x16" + of.policy.spend_data(0, 0).internal_key

    def elsewhere(fields: dict[bytes, bytes]) -> None:
        path = b"".join(step.to_bytes(4, "little") for step in steps)
        fields[name] = fields[name][:-8] + path

    assert refused(bent(draft(of).encode(), elsewhere), of) is BitcoinReason.NOT_REGISTERED


# --- what is there already


def test_whose_part_is_there_has_nothing_to_sign() -> None:
    of = account(THREE)
    raw = first_round(of)
    for who in range(3):
        raw = turn(raw, of, who)
        assert refused(raw, of, who) is BitcoinReason.NOTHING_TO_SIGN
    assert refused(raw, of, 0) is BitcoinReason.NOTHING_TO_SIGN


def test_the_second_round_waits_for_every_nonce() -> None:
    of = account(THREE)
    raw = turn(turn(draft(of).encode(), of, 0), of, 1)
    assert refused(raw, of, 0) is BitcoinReason.NONCES_MISSING


def test_another_signer_s_nonce_that_is_none_is_malformed_and_costs_nothing() -> None:
    of = account(TWO)
    raw = first_round(of)
    [name] = of_signer(raw, NONCES, of, 1)
    wrong = bent(raw, lambda fields: fields.update({name: b"\x04" + bytes(65)}))
    with pytest.raises(Malformed, match=r"The public nonce of signer [12] is not"):
        turn(wrong, of)
    turn(raw, of)


def test_another_signer_s_wrong_part_is_refused_and_costs_nothing() -> None:
    of = account(TWO)
    raw = turn(first_round(of), of, 1)
    [name] = of_signer(raw, PARTS, of, 1)

    def wrong(fields: dict[bytes, bytes]) -> None:
        fields[name] = fields[name][:-1] + bytes((fields[name][-1] ^ 1,))

    assert refused(bent(raw, wrong), of) is BitcoinReason.JOINT_PART_WRONG
    assert refused(bent(raw, lambda f: f.update({name: b"\xff" * 32})), of) is (
        BitcoinReason.JOINT_PART_WRONG
    )
    kernel.check(turn(raw, of))


def test_a_whole_signature_that_is_wrong_is_refused() -> None:
    of = account(TWO)
    raw = bent(draft(of).encode(), lambda fields: fields.update({b"\x13": bytes(64)}))
    assert refused(raw, of) is BitcoinReason.BAD_SIGNATURE


@pytest.mark.parametrize("kind", [NONCES, PARTS])
def test_what_is_ours_under_a_name_that_no_signature_has_is_refused(kind: int) -> None:
    """It would be passed over, and the first round begun again and again."""
    of = account(TREE)
    raw = turn(first_round(of), of)
    [name] = of_signer(raw, kind, of, 0)
    aggregate = next(key for key, _ in container.parse(raw).inputs[0].records_of(NAMED))
    leaf = of.policy.spend_data(0, 0).leaves[0].hash
    for other in (name[:34] + aggregate, name + leaf):
        moved = bent(raw, lambda fields, to=other: fields.update({to: fields.pop(name)}))
        assert refused(moved, of) is CommonReason.NONCE_ELSEWHERE


def test_a_signature_that_is_done_leaves_its_nonces_in_peace() -> None:
    """Of two joint keys of one coin, one may be signed before the other begins."""
    of = account(TWICE)
    raw = bent(draft(of).encode(), _asking_no_leaf(of))
    raw = turn(turn(turn(turn(raw, of, 0), of, 1), of, 0), of, 1)
    whole = draft(of).encode()
    fields = dict(container.parse(raw).inputs[0].fields)
    asked = {k: v for k, v in container.parse(whole).inputs[0].fields.items() if k[0] == 0x16}
    raw = bent(raw, lambda f: f.update({**fields, **asked}))
    assert [name[0] for name, _ in added(raw, turn(raw, of, 0))] == [NONCES]


def _asking_no_leaf(of: Vault) -> Callable[[dict[bytes, bytes]], None]:
    """Without the origin of the key in the leaf, which names the leaf."""
    return lambda fields: fields.pop(b"\x16" + of.policy.spend_data(0, 0).leaves[0].script[1:33])


def test_every_turned_bit_of_the_second_round_is_refused_or_signs_the_same() -> None:
    of = account(THREE)
    raw = turn(first_round(of), of, 2)
    keys, records = of.signers[0], [of.record(of.signers[0])]
    whole = psbts.review(raw, keys, "regtest", records)
    for flipped in psbts.bit_flips(raw, 400, b"second round"):
        try:
            again = psbts.review(flipped, keys, "regtest", records)
        except (Malformed, Refused):
            continue
        assert (again.pages == whole.pages) is (again.digest == whole.digest)
        jobs, expected = (
            [job for coin in one.subject.inputs for job in coin.tasks] for one in (again, whole)
        )
        begins = all(
            job.partial_signer is not None and job.partial_signer.session is None for job in jobs
        )
        assert jobs == expected or begins


# --- randomness, room, faults


def begin(of: Vault, randomness: bytearray | None) -> bytes:
    keys = of.signers[0]
    reviewed = psbts.review(draft(of, 2).encode(), keys, "regtest", [of.record(keys)])
    return CHAIN.sign(reviewed.approve(reviewed.pages), keys, randomness)


@pytest.mark.parametrize("size", [None, 0, 31, 33])
def test_without_32_fresh_bytes_no_round_begins(size: int | None) -> None:
    of = account(TWO)
    with pytest.raises(Malformed, match="32 bytes of fresh randomness"):
        begin(of, None if size is None else bytearray(b"\1" * size))
    assert not len(of.signers[0].nonces)


def test_randomness_is_erased_and_each_nonce_has_its_own() -> None:
    randomness = bytearray(FRESH)
    request = container.parse(begin(account(TWO), randomness))
    assert randomness == bytes(32)
    nonces = {value for one in request.inputs for _, value in one.records_of(NONCES)}
    assert len(nonces) == 2


def test_other_randomness_makes_other_nonces() -> None:
    one, same, other = (begin(account(TWO), bytearray(b)) for b in (FRESH, FRESH, FRESH[::-1]))
    assert one == same  # the same device, stuck at the same draw, in the same state
    assert one != other


def test_randomness_is_erased_though_it_is_not_needed() -> None:
    randomness = [bytearray(FRESH), bytearray(FRESH)]
    keys = keyring()
    reviewed = psbts.review(psbts.build(keys), keys)
    approval = reviewed.approve(reviewed.pages)
    kernel.check(CHAIN.sign(approval, keys, randomness[0]))
    with pytest.raises(Refused):
        CHAIN.sign(approval, keys, randomness[1])
    assert randomness == [bytes(32)] * 2


def test_a_payment_of_more_coins_than_nonces_is_refused() -> None:
    of = account(TWO)
    assert refused(draft(of, MAX_OPEN + 1).encode(), of) is CommonReason.TOO_LARGE


def test_where_there_is_no_room_for_the_nonces_nobody_is_asked() -> None:
    of = account(TWO)
    for _ in range(2):
        turn(draft(of, MAX_OPEN // 2).encode(), of)
    assert refused(draft(of).encode(), of) is CommonReason.TOO_MANY_NONCES


def test_a_payment_may_have_as_many_joint_keys_as_a_keyring_holds_nonces() -> None:
    assert payment_inputs.MAX_JOINT == MAX_OPEN


@pytest.mark.parametrize(
    ("module", "bound", "reason"),
    [
        (payment_inputs, "MAX_JOINT", CommonReason.TOO_LARGE),
        (nonces, "MAX_OPEN", CommonReason.TOO_MANY_NONCES),
    ],
)
def test_the_last_joint_key_within_a_bound_is_asked_for(
    module: ModuleType, bound: str, reason: Reason, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, bound, 3)
    of = account(TWO)
    assert "3 coins" in shown(draft(of, 3).encode(), of)
    assert refused(draft(of, 4).encode(), of) is reason


def test_what_leaves_is_verified_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    of = account(THREE)
    raw, right = first_round(of), musig2.make

    def faulty(*arguments: object) -> Record:
        name, part = right(*arguments)  # type: ignore[arg-type]  # as they came
        return name, part[:-1] + bytes((part[-1] ^ 1,))

    monkeypatch.setattr(musig2, "make", faulty)
    with pytest.raises(CrossCheckFailed, match="second opinion"):
        turn(raw, of)


def test_a_joint_signature_is_verified_by_other_code(monkeypatch: pytest.MonkeyPatch) -> None:
    of = account(TWO)
    raw = turn(first_round(of), of, 1)
    calls: list[bytes] = []

    def disagrees(_public: bytes, _digest: bytes, signature: bytes) -> bool:
        calls.append(signature)
        return False

    second = ("signer.chains.bitcoin.payment.signatures.SECOND", (disagrees, disagrees))
    monkeypatch.setattr(*second)
    with pytest.raises(CrossCheckFailed, match="second opinion"):
        turn(raw, of)
    assert [len(signature) for signature in calls] == [64]


def _signed_with(raw: bytes, of: Vault, bend: Callable[[SigningTask], SigningTask]) -> bytes:
    """One round of ours whose job is changed between the approval and the signature."""
    keys = of.signers[0]
    whole = psbts.review(raw, keys, "regtest", [of.record(keys)])
    [coin] = whole.subject.inputs
    [job] = coin.tasks
    subject = replace(whole.subject, inputs=(replace(coin, tasks=(bend(job),)),))
    approval = replace(whole, subject=subject).approve(whole.pages)
    return CHAIN.sign(approval, keys, bytearray(FRESH))


def test_a_nonce_for_a_digest_bent_in_memory_does_not_leave() -> None:
    of = account(TWO)
    with pytest.raises(CrossCheckFailed, match="second opinion"):
        _signed_with(draft(of).encode(), of, lambda job: replace(job, digest=bytes(32)))


def test_a_session_bent_in_memory_gets_no_part() -> None:
    of = account(TWO)

    def bend(job: SigningTask) -> SigningTask:
        assert job.partial_signer is not None
        assert job.partial_signer.session is not None
        session = replace(job.partial_signer.session, digest=bytes(32))
        return replace(job, partial_signer=replace(job.partial_signer, session=session))

    with pytest.raises(Refused) as refusal:
        _signed_with(first_round(of), of, bend)
    assert refusal.value.reason is CommonReason.NONCE_ELSEWHERE


def test_a_whole_signature_that_is_bent_does_not_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    of = account(TWO)
    raw = turn(first_round(of), of, 1)
    monkeypatch.setattr(musig2, "combined", lambda *_: bytes(64))
    with pytest.raises(CrossCheckFailed, match="A joint signature did not verify"):
        turn(raw, of)


# --- registration, and what a joint key cannot do


def test_a_joint_key_path_that_needs_us_is_no_warning() -> None:
    of = account(TREE)
    for keys in of.signers:
        pages = POLICY_ACCOUNTS.registration(
            "Vault",
            TREE,
            [key.render(of.policy.network) for key in of.policy.keys],
            keys,
            "regtest",
        ).pages
        assert "[Others can spend]" not in text(pages)


def test_a_joint_key_path_of_others_is_a_warning() -> None:
    of = account("tr(musig(@0,@1)/**,pk(@2/**))")
    keys = [key.render(of.policy.network) for key in of.policy.keys]
    third = of.signers[2]
    pages = POLICY_ACCOUNTS.registration("Vault", of.policy.template, keys, third, "regtest").pages
    assert text(pages).startswith("[Others can spend]\nThe key path belongs to [key 1 with key 2].")


def test_a_false_key_in_a_group_is_refused() -> None:
    texts = [psbts.key_text(keyring()), psbts.key_text(keyring(OTHER))]
    lie = texts[0][:10] + texts[1][10:]
    with pytest.raises(Refused) as refusal:
        POLICY_ACCOUNTS.registration(
            "Vault", TWO, [psbts.key_text(keyring(THIRD)), lie], keyring(), "regtest"
        )
    assert refusal.value.reason is BitcoinReason.FALSE_KEY


def test_a_group_without_us_is_no_account_of_ours() -> None:
    texts = [psbts.key_text(keyring(words)) for words in (OTHER, THIRD)]
    with pytest.raises(Refused) as refusal:
        POLICY_ACCOUNTS.registration("Vault", TWO, texts, keyring(), "regtest")
    assert refusal.value.reason is BitcoinReason.POLICY_WITHOUT_US


def test_a_part_at_a_path_that_no_coin_may_have_is_not_registered() -> None:
    texts = [psbts.key_text(keyring(), "m/48h"), psbts.key_text(keyring(OTHER))]
    with pytest.raises(Refused) as refusal:
        POLICY_ACCOUNTS.registration("Vault", TWO, texts, keyring(), "regtest")
    assert refusal.value.reason is BitcoinReason.PATH_UNUSUAL


def test_a_group_of_more_keys_than_a_descriptor_may_have_is_none() -> None:
    keys = [psbts.key_text(keyring(), f"m/48h/1h/{number}h/2h") for number in range(101)]
    for count in (100, 101):
        template = f"tr(musig({','.join(f'@{n}' for n in range(count))})/**)"
        if count == 100:
            policy.parse("Crowd", template, keys[:count], NETWORKS["regtest"])
            continue
        with pytest.raises(Malformed, match="at most 100 keys"):
            policy.parse("Crowd", template, keys, NETWORKS["regtest"])


def test_a_message_is_not_signed_jointly() -> None:
    of = account(TWO)
    keys = of.signers[0]
    with pytest.raises(Refused) as refusal:
        BITCOIN.policy_statement("Hello", of.record(keys), (0, 0), keys, "regtest")
    assert refusal.value.reason is BitcoinReason.POLICY_UNSUPPORTED


def test_joint_coins_make_no_silent_payment_alone() -> None:
    of = account(TWO)
    one = psbts.shared_coin(of, 0, 0, 100_000)
    one.put(psbt_fields.PREVIOUS_TXID, one.outpoint[:32])
    one.put(psbt_fields.OUTPUT_INDEX, one.outpoint[32:])
    made = silents.payment(of.signers[0], [psbts.path("tr")])
    made.ins = [one]
    assert refused(made.encode(), of) is BitcoinReason.SILENT_SHARE_MISSING


def test_a_payment_of_joint_coins_is_named_after_their_account() -> None:
    """And the path that a warning calls such a coin by is that of our part, then the steps on."""
    of = account(TWO)
    assert 'Account "Vault"' in shown(draft(of).encode(), of)
    record = of.record(of.signers[0])
    place = POLICY_ACCOUNTS.registered(record, of.signers[0]).location(
        Keyring(bytearray(range(64))), 1, 5
    )
    assert psbts.parse_path("m/48h/1h/0h/2h/1/5") == place.path


# --- BIP373's published PSBTs (their keys are not those of a seed, so the records alone)


@pytest.mark.parametrize("case", SPENDS, ids=range(len(SPENDS)))
def test_published_records_are_read_as_ours_are_written(case: str) -> None:
    spend, (path, root, leaf) = published(case), SPENDS[case]
    records = spend.request.inputs[0]
    [(aggregate, listed)] = records.records_of(NAMED)
    one = musig_key.musig_key([listed[at : at + 33] for at in range(0, len(listed), 33)], {}, ())
    musig2.check_participants([one], records, "")
    assert one.aggregate == aggregate
    for place, key in enumerate(one.participants):
        share = replace(partial_signer(one, key, path, root), session=spend.session)
        rule = SpendPath.LEAF if leaf else SpendPath.KEY_PATH
        job = SigningTask(
            rule, (), share.aggregate[1:], 0, spend.session.digest, leaf, partial_signer=share
        )
        assert musig2.holds(job, share, job.digest, records.fields)
        assert not musig2.holds(job, share, bytes(32), records.fields)
        # Whoever is done has nothing more to sign.
        assert not list(musig2.tasks_of_this_round([job], records, keyring(), ""))
        without_ours = {k: v for k, v in records.records if k[:34] != bytes((PARTS,)) + key}
        assert musig2.combined(job, records.fields) is not None
        assert musig2.combined(job, without_ours) is None
        assert spend.parts[place] in records.fields.values()


def test_a_place_below_a_joint_key_is_two_steps_of_its_branches_and_no_hardened_one() -> None:
    keys = [keyring(words).public_key((0,)) for words in (ABANDON, OTHER)]
    one = musig_key.musig_key(keys, {keys[0]: (0,)}, (2, 3))
    assert one.locate((2, HARDENED - 1)) == (0, HARDENED - 1)
    assert one.locate((3, 0)) == (1, 0)
    for nowhere in ((), (2,), (2, 0, 0), (0, 2), (4, 0), (2, HARDENED)):
        assert one.locate(nowhere) is None


def test_the_room_for_nonces_is_asked_for_by_first_rounds_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the second round they are there already: counted twice, large payments would get stuck."""
    monkeypatch.setattr(nonces, "MAX_OPEN", 4)
    of = account("tr(musig(@0,@1)/**)")
    raw = first_round(of, draft(of, 3))
    assert turn(raw, of) != raw


def test_a_joint_coin_beside_one_that_is_final_already_is_signed() -> None:
    """Chance is drawn for a payment with any joint coin, not only for one with nothing else."""
    of = account(TWO)
    made = draft(of, 2)
    made.ins[0].put(0x08, b"\x01\x40" + bytes(64))
    records = container.parse(turn(made.encode(), of)).inputs
    assert [coin.has_any(NONCES) for coin in records] == [False, True]
