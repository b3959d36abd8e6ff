"""With a script tree, a key path coin is another coin; nothing half-understood is signed."""

import pytest

from signer.chains.bitcoin.reasons import BitcoinReason
from signer.errors import Reason
from signer.keys import curve
from tests import psbts
from tests.psbts import draft, keyring, refusal

LEAF = bytes(32)


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        (0x18, b"", bytes(32)),
        (0x18, b"", b"\x11" * 32),
        (0x15, b"\xc0" + bytes(32), b"\x51\xc0"),
        (0x14, bytes(64), bytes(64)),
    ],
    ids=["merkle root of zeros", "merkle root", "leaf script", "script signature"],
)
def test_a_script_tree_on_a_key_path_coin_is_refused(kind: int, key: bytes, value: bytes) -> None:
    made = draft(keyring(), 2, "tr")
    made.ins[1].put(kind, value, key)
    assert refusal(made, keyring()) is BitcoinReason.SCRIPT_NOT_COMMITTED


def test_a_key_that_is_said_to_be_in_a_leaf_is_refused() -> None:
    keys = keyring()
    made = draft(keys, 1, "tr")
    where = psbts.path("tr")
    key = keys.public_key(where)[1:]
    made.ins[0].put(0x16, b"\x01" + LEAF + psbts.origin(keys, where), key)
    assert refusal(made, keys) is BitcoinReason.SCRIPT_NOT_COMMITTED


def test_a_coin_whose_key_is_tweaked_with_a_tree_is_not_ours() -> None:
    keys = keyring()
    where = psbts.path("tr")
    tweaked = curve.taproot_output_key(keys.public_key(where)[1:], b"\x11" * 32)
    made = draft(keys, 1, "tr")
    made.ins[0].drop(0x00)
    made.ins[0].put(0x01, psbts.output(100_000, b"\x51\x20" + tweaked))
    assert refusal(made, keys) is BitcoinReason.KEY_MISMATCH


# An account with a tree: @0 is another's key path, our key is in two leaves.

TREE = "tr(@0/**,{pk(@1/**),{and_v(v:pk(@1/<2;3>/*),after(9)),pk(@0/<2;3>/*)}})"


def account(template: str = TREE) -> psbts.Vault:
    return psbts.vault(template, keyring(psbts.OTHER), keyring())


def found(made: psbts.Draft, template: str = TREE) -> Reason:
    return refusal(made, keyring(), "regtest", [account(template).record(keyring())])


def leaf_jobs(made: psbts.Draft) -> list[bytes]:
    records = [account().record(keyring())]
    spend = psbts.review(made.encode(), keyring(), "regtest", records).subject
    return [job.tree for job in spend.inputs[0].tasks]


def naming(*leaves: bytes, at: int = 0) -> psbts.Draft:
    """A payment whose hint for our first or second key names these leaves."""
    made = draft(account())
    key, value = [r for r in made.ins[0].records if r[0][0] == 0x16 and _is_ours(r)][at]
    named = bytes((len(leaves),)) + b"".join(leaves)
    origin = value[-4 * 7 :]
    made.ins[0].records = [r for r in made.ins[0].records if r[0] != key]
    made.ins[0].records.append((key, named + origin))
    return made


def _is_ours(record: tuple[bytes, bytes]) -> bool:
    return keyring().fingerprint in record[1]


LOCK = account().policy.spend_data(0, 0)
HASHES = [leaf.hash for leaf in LOCK.leaves]


def test_every_leaf_that_is_named_and_holds_our_key_is_signed() -> None:
    assert sorted(leaf_jobs(draft(account()))) == sorted(HASHES[:2])
    psbts.complete(draft(account()), account(), keyring())


def test_a_leaf_that_is_not_named_is_not_signed() -> None:
    assert leaf_jobs(naming(at=0)) == [HASHES[1]]
    assert leaf_jobs(naming(at=1)) == [HASHES[0]]


def test_if_no_leaf_is_named_nothing_is_signed() -> None:
    made = draft(account("tr(@0/**,pk(@1/**))"))
    made.ins[0].records = [
        (key, b"\x00" + value[-4 * 7 :]) if key[0] == 0x16 else (key, value)
        for key, value in made.ins[0].records
    ]
    assert found(made, "tr(@0/**,pk(@1/**))") is BitcoinReason.NO_LEAF_NAMED


@pytest.mark.parametrize(
    "leaves",
    [(LEAF,), (HASHES[0], LEAF), (HASHES[2],), (HASHES[1],)],
    ids=["no leaf", "one that is none", "another's leaf", "the leaf of our other key"],
)
def test_a_leaf_that_does_not_hold_the_key_is_refused(leaves: tuple[bytes, ...]) -> None:
    assert found(naming(*leaves)) is BitcoinReason.SCRIPT_NOT_COMMITTED


@pytest.mark.parametrize("kind", [0x15, 0x17, 0x18])
def test_whatever_else_is_said_of_the_tree_must_be_so(kind: int) -> None:
    made = draft(account())
    name, value = next(r for r in made.ins[0].records if r[0][0] == kind)
    bent = bytes((value[0] ^ 1, *value[1:]))
    made.ins[0].records = [(k, bent if k == name else v) for k, v in made.ins[0].records]
    expected = BitcoinReason.KEY_MISMATCH if kind == 0x17 else BitcoinReason.SCRIPT_NOT_COMMITTED
    assert found(made) is expected


def test_a_control_block_of_another_place_is_refused() -> None:
    made = draft(account())
    name, _ = next(r for r in made.ins[0].records if r[0][0] == 0x15)
    bent = (*name[:-1], name[-1] ^ 1)
    made.ins[0].records = [
        (bytes(bent), v) if k == name else (k, v) for k, v in made.ins[0].records
    ]
    assert found(made) is BitcoinReason.SCRIPT_NOT_COMMITTED


def test_a_tree_is_ours_whether_or_not_the_request_describes_it() -> None:
    made = draft(account())
    made.ins[0].drop(0x15, 0x17, 0x18)
    assert sorted(leaf_jobs(made)) == sorted(HASHES[:2])


def test_the_key_path_is_signed_where_it_is_ours() -> None:
    ours = psbts.vault("tr(@0/**,pk(@1/**))", keyring(), keyring(psbts.OTHER))
    psbts.complete(draft(ours), ours, keyring())


def test_a_signature_of_a_leaf_that_is_not_there_is_refused() -> None:
    made = draft(account())
    made.ins[0].put(0x14, bytes(64), LOCK.keys[0][1:] + bytes(32))
    assert found(made) is BitcoinReason.SCRIPT_NOT_COMMITTED
