"""T140: the resolver, or who stands between, says that a name means another address.

It answers over TCP without encryption, chooses the records, and may leave out or add any. Nothing
is paid by what it says: only what the zone's keys signed counts, up to the root's (RFC 4035).
"""

from collections.abc import Callable
from dataclasses import replace

import pytest

from host.errors import HostError
from host.servers.dns import NameResolver, ProvenName
from tests.dns_server import NameServer, serving
from tests.signer import zones
from tests.signer.zones import CNAME, DS, RRSIG, START, TXT, Key, Proof

ALICE, RECORD = "alice@example.org", "alice.user._bitcoin-payment.example.org"
EVES_RECORD = "eve.user._bitcoin-payment.example.org"
LINK, EVE = b"bitcoin:bcrt1qalice", b"bitcoin:bcrt1qeve"
Lie = Callable[[Proof], None]


def honest() -> Proof:
    proof = zones.chain(("org", 8), ("example.org", 13))
    proof.add((RECORD, TXT, zones.text(LINK)))
    proof.add((EVES_RECORD, TXT, zones.text(EVE)))
    return proof


async def asked(proof: Proof) -> ProvenName:
    async with serving(NameServer(proof.records)) as server:
        resolver = NameResolver(server.dns, clock=lambda: START + 9, anchors=proof.anchors)
        return await resolver.resolve(ALICE)


def change(proof: Proof, owner: str, kind: int, data: bytes) -> None:
    place = next(i for i, r in enumerate(proof.records) if r[:2] == (owner, kind))
    proof.records[place] = (owner, kind, data)


def other_text(proof: Proof) -> None:
    change(proof, RECORD, TXT, zones.text(EVE))


def one_more_text(proof: Proof) -> None:
    proof.records.append((RECORD, TXT, zones.text(EVE)))


def signed_by_eve(proof: Proof) -> None:
    """With a key of her own that nobody above knows."""
    other_text(proof)
    key = Key(13, 99)
    by = zones.signature(key, "example.org", [(RECORD, TXT, zones.text(EVE))])
    change(proof, *by[:2], by[2])
    proof.records.append(("example.org", zones.DNSKEY, key.data))


def another_zone_signs(proof: Proof) -> None:
    """A zone that is Eve's, and is signed well."""
    key = Key(13, len("eve.org"))
    rival = zones.chain(("org", 8), ("eve.org", 13))
    proof.records += [record for record in rival.records if record not in proof.records]
    other_text(proof)
    by = zones.signature(key, "eve.org", [(RECORD, TXT, zones.text(EVE))])
    place = next(i for i, r in enumerate(proof.records) if r[0] == RECORD and r[1] == RRSIG)
    proof.records[place] = by


def answer_of_another_name(proof: Proof) -> None:
    """Eve's own record, and her signature over it, in the place of Alice's."""
    texts = {owner: data for owner, kind, data in proof.records if kind == TXT}
    signatures = {
        owner: data
        for owner, kind, data in proof.records
        if kind == RRSIG and data[:2] == zones.number(TXT)
    }
    proof.records = [r for r in proof.records if r[0] != RECORD]
    proof.records.append((RECORD, TXT, texts[EVES_RECORD]))
    proof.records.append((RECORD, RRSIG, signatures[EVES_RECORD]))


def unsigned_alias(proof: Proof) -> None:
    proof.records = [r for r in proof.records if r[0] != RECORD]
    proof.records.append((RECORD, CNAME, zones.wired(EVES_RECORD)))


def as_if_never_signed(proof: Proof) -> None:
    """A downgrade: everything of DNSSEC is left out."""
    other_text(proof)
    proof.records = [r for r in proof.records if r[1] not in {RRSIG, DS}]


def own_root(proof: Proof) -> None:
    """A whole tree of Eve's, with a root of hers."""
    tree = zones.chain(("org", 8), ("example.org", 13), root=Key(8, 77))
    tree.add((RECORD, TXT, zones.text(EVE)))
    proof.records = tree.records


@pytest.mark.parametrize(
    "lie",
    [
        other_text,
        one_more_text,
        signed_by_eve,
        another_zone_signs,
        answer_of_another_name,
        unsigned_alias,
        as_if_never_signed,
        own_root,
    ],
)
async def test_no_lie_is_paid(lie: Lie) -> None:
    proof = honest()
    assert (await asked(proof)).link == LINK.decode()
    lie(proof)
    with pytest.raises(HostError) as refused:
        await asked(proof)
    assert "bcrt1qeve" not in str(refused.value)


async def test_no_changed_record_is_paid() -> None:
    """A bit of each record on the way to the root, one after the other: data and signatures."""
    proof = honest()
    used = [i for i, r in enumerate(proof.records) if r[0] != EVES_RECORD]
    for place in used:
        owner, kind, data = proof.records[place]
        lie = replace(proof, records=list(proof.records))
        lie.records[place] = (owner, kind, data[:-1] + bytes([data[-1] ^ 1]))
        with pytest.raises(HostError):
            await asked(lie)
