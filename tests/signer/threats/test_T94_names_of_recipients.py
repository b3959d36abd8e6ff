"""A name above an address is read instead of it: it must be proven, or it is not there.

The host writes the name and chooses the proof's records. The proofs here are those that BIP353
publishes, of real zones: the root (RSA), ninja (RSA), com (P-256), bitcoin.ninja and
mattcorallo.com (P-256).
"""

from collections.abc import Callable

import pytest

from signer.chains.bitcoin.network import NETWORKS
from signer.chains.bitcoin.payment.payee_names import MAX_NAMES
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.chains.bitcoin.transactions import address
from signer.errors import CommonReason, Malformed, Refused
from signer.review import Kind, Page
from tests.psbts import PAYEE, Draft, bit_flips, draft, keyring, refusal, review, sign, text
from tests.signer import zones
from tests.signer.published import cases, own
from tests.signer.zones import Record

PROOF = 0x35  # PSBT_OUT_DNSSEC_PROOF
KEYS = keyring()
MAINNET = NETWORKS["mainnet"]
CASES = own("bip353")["cases"]
SIMPLE = zones.b64(CASES[0]["base64"])
ALIAS = zones.b64(CASES[2]["base64"])
BOB = CASES[0]["address"]
DOMAIN = b"dnssec_proof_tests.bitcoin.ninja"
NAME = "name simple@dnssec_proof_tests.bitcoin.ninja, verified"
NOTE = "Its name cannot be checked here and is not shown."


def payment(*values: bytes, to: str = BOB) -> Draft:
    """A payment to this address, an output for each value of the field."""
    locked = address.parse(to, MAINNET)
    made = draft(KEYS, outputs=((1_000, locked),) * len(values), network="mainnet")
    for out, value in zip(made.outs, values, strict=False):
        out.put(PROOF, value)
    return made


def recipient(value: bytes, to: str = BOB) -> Page:
    pages = review(payment(value, to=to).encode(), KEYS, "mainnet").pages
    return next(page for page in pages if page.kind is Kind.RECIPIENT)


def named(name: bytes, proof: bytes) -> bytes:
    return bytes((len(name),)) + name + proof


def records(value: bytes = SIMPLE) -> list[Record]:
    return zones.read(value[1 + value[0] :])


def rebuilt(changed: list[Record], value: bytes = SIMPLE) -> bytes:
    return value[: 1 + value[0]] + zones.encode(changed)


@pytest.mark.parametrize("case", cases("bip353"))
def test_published_proofs_are_judged_as_published(case: dict[str, str]) -> None:
    value = zones.b64(case["base64"])
    if case["verdict"] == "invalid":
        made = payment(value, to=case["address"])
        assert refusal(made, KEYS, "mainnet") is BitcoinReason.DNSSEC_PROOF_INVALID
        return
    shown = text([recipient(value, case["address"])])
    name = value[1 : 1 + value[0]].decode()
    assert f"name {name}, verified\nvalid 2025-08-" in shown


def test_the_name_and_its_days_stand_above_the_address() -> None:
    assert text([recipient(SIMPLE)]) == (
        "[Recipient 1 of 1]\n"
        "Pay 1 000 sats\n"
        f"{NAME}\n"
        "valid 2025-08-07 to 2025-08-10 UTC, by the internet's name system\n"
        f"to {BOB}"
    )


def test_a_name_whose_zones_use_other_curves_and_keys_is_proven() -> None:
    """The proof of an alias holds the whole proof of the name it stands for."""
    proof = ALIAS[1 + ALIAS[0] :]
    shown = text([recipient(named(b"matt@mattcorallo.com", proof))])
    assert "name matt@mattcorallo.com, verified\nvalid 2025-08-06 to 2025-08-12 UTC" in shown


def test_a_payment_with_a_name_is_signed_and_keeps_its_proof() -> None:
    signed = sign(payment(SIMPLE).encode(), KEYS, "mainnet")
    assert SIMPLE in signed


# --- tampered


def _flipped(at: int) -> Callable[[], bytes]:
    def make() -> bytes:
        changed = records()
        owner, kind, data = changed[at]
        changed[at] = (owner, kind, data[:-1] + bytes((data[-1] ^ 1,)))
        return rebuilt(changed)

    return make


def _dropped(at: int) -> Callable[[], bytes]:
    return lambda: rebuilt(records()[:at] + records()[at + 1 :])


def _edited(kind: int, start: int, new: bytes, owner: str = "") -> Callable[[], bytes]:
    """The first record of a type (of an owner that ends so) with other bytes at `start`."""

    def make() -> bytes:
        changed = records()
        at = next(i for i, r in enumerate(changed) if r[1] == kind and r[0].endswith(owner))
        of, _, data = changed[at]
        changed[at] = (of, kind, data[:start] + new + data[start + len(new) :])
        return rebuilt(changed)

    return make


def _uri(address_text: str) -> Record:
    owner = records()[0][0]
    return owner, zones.TXT, zones.text(f"bitcoin:{address_text}".encode())


def _swapped_address() -> bytes:
    eve = address.render(PAYEE, MAINNET) or ""
    return rebuilt([_uri(eve), records()[0], *records()[2:]])


def _signed_by_parent() -> bytes:
    """The signature over the text says that the zone above made it."""
    changed = records()
    at = next(i for i, r in enumerate(changed) if r[1] == zones.RRSIG)
    owner, kind, data = changed[at]
    signer = zones.wired("bitcoin.ninja")
    changed[at] = (owner, kind, data.replace(signer, zones.wired("ninja")))
    return rebuilt(changed)


def _other_owner() -> bytes:
    changed = [(owner.replace("simple", "sample"), *rest) for owner, *rest in records()]
    return named(b"sample@" + DOMAIN, zones.encode(changed))  # type: ignore[arg-type]


def _own_root() -> bytes:
    """All of it right, and signed, from a root that is not the root."""
    proof = zones.chain(("ninja", 13))
    uri = zones.text(f"bitcoin:{BOB}".encode())
    proof.add((f"simple.user._bitcoin-payment.{DOMAIN.decode()}", zones.TXT, uri))
    return named(b"simple@" + DOMAIN, proof.encode())


COUNT = len(records())
TAMPERED: dict[str, Callable[[], bytes]] = {
    **{f"record {at} with a bit turned": _flipped(at) for at in range(COUNT)},
    **{f"record {at} left out": _dropped(at) for at in range(COUNT)},
    "another address in the text": _swapped_address,
    "a second text, unsigned": lambda: rebuilt([*records(), _uri(BOB)]),
    "a text twice": lambda: rebuilt([*records(), records()[1]]),
    "a signature twice": lambda: rebuilt([*records(), records()[2]]),
    "a text that ends within a string": _edited(zones.TXT, 0, b"\xff"),
    "signed by the zone above": _signed_by_parent,
    "for a type of its own": _edited(zones.RRSIG, 0, b"\x00\x11"),
    "an algorithm of another zone": _edited(zones.RRSIG, 2, b"\x08"),
    "more labels": _edited(zones.RRSIG, 3, b"\x07"),
    "fewer labels, as from a wildcard": _edited(zones.RRSIG, 3, b"\x05"),
    "another time to live": _edited(zones.RRSIG, 4, b"\x7f"),
    "valid for longer": _edited(zones.RRSIG, 8, b"\xff"),
    "valid from earlier": _edited(zones.RRSIG, 12, b"\x00"),
    "another key tag": _edited(zones.RRSIG, 16, b"\x00\x00"),
    "a key that signs no zone": _edited(zones.DNSKEY, 0, b"\x00\x01"),
    "a revoked key": _edited(zones.DNSKEY, 1, b"\x80"),
    "a key of another protocol": _edited(zones.DNSKEY, 2, b"\x02"),
    "a key of another algorithm": _edited(zones.DNSKEY, 3, b"\x0e"),
    "a delegation to another key": _edited(zones.DS, 0, b"\x00\x00"),
    "a delegation of another algorithm": _edited(zones.DS, 2, b"\x08"),
    "a delegation by another digest": _edited(zones.DS, 3, b"\x04", "ninja"),
    "another name": lambda: named(b"sample@" + DOMAIN, SIMPLE[1 + SIMPLE[0] :]),
    "another domain": lambda: named(b"simple@bitcoin.ninja", SIMPLE[1 + SIMPLE[0] :]),
    "another name all through": _other_owner,
    "the records of another name": lambda: named(SIMPLE[1 : 1 + SIMPLE[0]], ALIAS[55:]),
    "a root of its own": _own_root,
    "cut by a byte": lambda: SIMPLE[:-1],
    "cut in the middle": lambda: SIMPLE[: len(SIMPLE) // 2],
    "a byte more": lambda: SIMPLE + b"\x00",
    "no proof": lambda: SIMPLE[: 1 + SIMPLE[0]],
    "no name": lambda: b"\x00" + SIMPLE[1 + SIMPLE[0] :],
    "a name longer than all": lambda: b"\xff" + SIMPLE[1:200],
    "nothing": lambda: b"",
    "a compressed name": lambda: SIMPLE + b"\xc0\x0c" + bytes(10),
    "another class": lambda: SIMPLE.replace(b"\x00\x10\x00\x01", b"\x00\x10\x00\x03", 1),
    "a record of another type": lambda: SIMPLE.replace(b"\x00\x10\x00\x01", b"\x00\x0d\x00\x01", 1),
}


@pytest.mark.parametrize("tampered", TAMPERED)
def test_tampered_proofs_are_refused(tampered: str) -> None:
    value = TAMPERED[tampered]()
    assert value != SIMPLE
    with pytest.raises((Malformed, Refused)) as refused:
        recipient(value)
    if isinstance(refused.value, Refused):
        assert refused.value.reason is BitcoinReason.DNSSEC_PROOF_INVALID
        assert refused.value.detail == "Output 1."


@pytest.mark.parametrize("tampered", ["no proof", "no name", "a name longer than all", "nothing"])
def test_a_field_without_its_parts_is_malformed(tampered: str) -> None:
    with pytest.raises(Malformed, match="PSBT field 0x35 has the wrong form"):
        recipient(TAMPERED[tampered]())


def test_that_is_more_than_thirty() -> None:
    assert len(TAMPERED) >= 70


@pytest.mark.parametrize("value", [SIMPLE, ALIAS], ids=["simple", "alias"])
def test_a_turned_bit_is_refused_or_means_the_same(value: bytes) -> None:
    as_published = recipient(value)
    for flipped in bit_flips(value, 200):
        try:
            shown = recipient(flipped)
        except (Malformed, Refused):
            continue
        assert shown == as_published or NOTE in text([shown])


# --- another address, another name


def test_the_proof_is_of_the_address_that_is_paid() -> None:
    eve = address.render(PAYEE, MAINNET) or ""
    assert refusal(payment(SIMPLE, to=eve), KEYS, "mainnet") is BitcoinReason.DNSSEC_PROOF_INVALID


def test_an_address_of_another_network_is_another_address() -> None:
    made = draft(KEYS, outputs=((1_000, address.parse(BOB, MAINNET)),))
    made.outs[0].put(PROOF, SIMPLE)
    assert refusal(made, KEYS) is BitcoinReason.DNSSEC_PROOF_INVALID


def test_each_output_has_the_proof_of_its_own() -> None:
    made = payment(SIMPLE, SIMPLE)
    made.outs[1].script = PAYEE
    assert refusal(made, KEYS, "mainnet") is BitcoinReason.DNSSEC_PROOF_INVALID
    made.outs[1].drop(PROOF)
    shown = [
        page for page in review(made.encode(), KEYS, "mainnet").pages if "Recipient " in page.title
    ]
    assert [NAME in text([page]) for page in shown] == [True, False]


@pytest.mark.parametrize(
    "name",
    [
        "simple@dnssec_proof_tests.bitcoin.ninja.",
        "simple",
        "@dnssec_proof_tests.bitcoin.ninja",
        "simple@",
        "simple@simple@dnssec_proof_tests.bitcoin.ninja",
        "*@dnssec_proof_tests.bitcoin.ninja",
        "simple @dnssec_proof_tests.bitcoin.ninja",
        "simple, verified@dnssec_proof_tests.bitcoin.ninja",
        "s\u0456mple@dnssec_proof_tests.bitcoin.ninja",
        "simple@dnssec_proof_tests.bitc\u043ein.ninja",
        "simple@dnssec_proof_tests.bitcoin.ninja\u202e",
        "simple@dnssec_proof_tests.bitcoin.ninja\x00",
        "simple\x7f@dnssec_proof_tests.bitcoin.ninja",
        "\u20bfsimple@dnssec_proof_tests.bitcoin.ninja",
        "simple..a@dnssec_proof_tests.bitcoin.ninja",
        "a" * 64 + "@dnssec_proof_tests.bitcoin.ninja",
        ".".join("a" * 60 for _ in range(3)) + "@dnssec_proof_tests.bitcoin.ninja",
    ],
)
def test_a_name_that_looks_like_another_is_none(name: str) -> None:
    value = named(name.encode(), SIMPLE[1 + SIMPLE[0] :])
    assert refusal(payment(value), KEYS, "mainnet") is BitcoinReason.DNSSEC_PROOF_INVALID


def test_capitals_are_shown_small_for_one_of_them_looks_like_a_small_l() -> None:
    value = named(b"SIMPLE@DNSSEC_proof_tests.BITCOIN.ninja", SIMPLE[1 + SIMPLE[0] :])
    assert recipient(value) == recipient(SIMPLE)


# --- what cannot be checked


UNKNOWN: dict[str, Callable[[], bytes]] = {
    "Ed25519": _edited(zones.RRSIG, 2, b"\x0f"),
    "SHA-1": _edited(zones.RRSIG, 2, b"\x07"),
    "a branch that stands for another": lambda: rebuilt(
        [*records()[2:], (DOMAIN.decode(), zones.DNAME, zones.wired("evil.example"))]
    ),
}


@pytest.mark.parametrize("kind", UNKNOWN)
def test_a_proof_of_an_unknown_kind_shows_no_name(kind: str) -> None:
    assert (
        text([recipient(UNKNOWN[kind]())])
        == f"[Recipient 1 of 1]\nPay 1 000 sats\n{NOTE}\nto {BOB}"
    )


def test_names_are_counted() -> None:
    made = payment(*[SIMPLE] * MAX_NAMES)
    assert NAME in text(review(made.encode(), KEYS, "mainnet").pages)
    made = payment(*[SIMPLE] * (MAX_NAMES + 1))
    assert refusal(made, KEYS, "mainnet") is CommonReason.TOO_LARGE
