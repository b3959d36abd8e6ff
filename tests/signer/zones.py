"""Zones of the domain name system for tests: keys of our own, and proofs signed by them.

    proof = chain(("com", 8), ("example.com", 13), name="x.example.com", texts=[b"one"])
    prove(encode(proof.records), wire.name("x.example.com"), proof.anchors)

A proof is a list of records (owner, type, data), so that it can be wrong in exactly one place.
`read` makes one of the bytes that somebody else published. Made without the signer's own code.
"""

from base64 import b64decode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha1, sha256, sha384

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

CNAME, TXT, DNAME, DS, RRSIG, NSEC, DNSKEY, NSEC3 = 5, 16, 39, 43, 46, 47, 48, 50
START, END = 1_793_491_200, 1_794_700_800  # 2026-11-01 and 2026-11-15, midnight UTC
Record = tuple[str, int, bytes]
_CURVES = {13: (ec.SECP256R1(), hashes.SHA256(), 32), 14: (ec.SECP384R1(), hashes.SHA384(), 48)}
_RSA = {8: hashes.SHA256(), 10: hashes.SHA512()}
_BASE32HEX = "0123456789abcdefghijklmnopqrstuv"


def number(value: int, size: int = 2) -> bytes:
    return value.to_bytes(size, "big")


def wired(name: str) -> bytes:
    """A name as its labels, each behind its length; the root is the empty text."""
    labels = name.split(".") if name else []
    return b"".join(number(len(label), 1) + label.encode("latin-1") for label in labels) + b"\x00"


def encode(records: Sequence[Record], ttl: int = 7) -> bytes:
    return b"".join(
        wired(owner) + number(kind) + number(1) + number(ttl, 4) + number(len(data)) + data
        for owner, kind, data in records
    )


def b64(text: str) -> bytes:
    return b64decode(text, validate=True)


def read(proof: bytes) -> list[Record]:
    """The records of a proof that is well formed."""
    return list(_read(proof))


def _read(proof: bytes) -> Iterator[Record]:
    at = 0
    while at < len(proof):
        labels = []
        while size := proof[at]:
            labels.append(proof[at + 1 : at + 1 + size].decode("latin-1"))
            at += 1 + size
        kind, size = (int.from_bytes(proof[at + i : at + i + 2], "big") for i in (1, 9))
        yield ".".join(labels), kind, proof[at + 11 : at + 11 + size]
        at += 11 + size


@cache
def _secret(algorithm: int, salt: int) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    if algorithm in _RSA:
        return rsa.generate_private_key(65537, 1024 if salt else 2048)
    return ec.derive_private_key(7_777 + salt, _CURVES[algorithm][0])


@dataclass(frozen=True)
class Key:
    """A key of a zone; another one for each salt."""

    algorithm: int
    salt: int = 0
    flags: int = 257
    protocol: int = 3

    @property
    def public(self) -> bytes:
        secret = _secret(self.algorithm, self.salt)
        if isinstance(secret, rsa.RSAPrivateKey):
            modulus = secret.public_key().public_numbers().n
            return b"\x03\x01\x00\x01" + number(modulus, secret.key_size // 8)
        point, size = secret.public_key().public_numbers(), _CURVES[self.algorithm][2]
        return number(point.x, size) + number(point.y, size)

    @property
    def data(self) -> bytes:
        return number(self.flags) + bytes((self.protocol, self.algorithm)) + self.public

    @property
    def tag(self) -> int:
        total = sum(byte << 8 if at % 2 == 0 else byte for at, byte in enumerate(self.data))
        return (total + (total >> 16)) & 0xFFFF

    def sign(self, message: bytes) -> bytes:
        secret = _secret(self.algorithm, self.salt)
        if isinstance(secret, rsa.RSAPrivateKey):
            return secret.sign(message, padding.PKCS1v15(), _RSA[self.algorithm])
        _, hashed, size = _CURVES[self.algorithm]
        r, s = decode_dss_signature(secret.sign(message, ec.ECDSA(hashed)))
        return number(r, size) + number(s, size)

    def ds(self, zone: str, digest: int = 2) -> bytes:
        made = {2: sha256, 4: sha384}[digest](wired(zone) + self.data).digest()
        return number(self.tag) + bytes((self.algorithm, digest)) + made


@dataclass(frozen=True)
class Times:
    start: int = START
    end: int = END


def signature(
    key: Key,
    zone: str,
    records: Sequence[Record],
    *,
    labels: int | None = None,
    times: Times = Times(),
    signer: Key | None = None,
) -> Record:
    """The RRSIG of a set of records of one owner and type; by `signer` in the name of `key`."""
    owner, kind, _ = records[0]
    parts = owner.split(".") if owner else []
    labels = len(parts) if labels is None else labels
    head = number(kind) + bytes((key.algorithm, labels)) + number(3600, 4)
    head += number(times.end, 4) + number(times.start, 4) + number(key.tag) + wired(zone)
    source = owner if labels == len(parts) else ".".join(["*", *parts[len(parts) - labels :]])
    start = wired(source.lower()) + number(kind) + number(1) + number(3600, 4)
    body = b"".join(start + number(len(data)) + data for data in sorted(d for _, _, d in records))
    return owner, RRSIG, head + (signer or key).sign(head + body)


def text(*strings: bytes) -> bytes:
    """The data of a TXT record."""
    return b"".join(number(len(string), 1) + string for string in strings)


def absent(zone: str, name: str, *, wide: int = 1, flags: int = 0, rounds: int = 0) -> Record:
    """An NSEC3 record of this zone whose gap begins `wide` before the name's hash."""
    hashed = wired(name)
    for _ in range(rounds + 1):
        hashed = sha1(hashed + b"salt", usedforsecurity=False).digest()
    place = int.from_bytes(hashed, "big")
    first = (place - wide) % (1 << 160)
    letters = "".join(_BASE32HEX[first >> (5 * at) & 31] for at in reversed(range(32)))
    last = number((place + 1) % (1 << 160), 20)
    data = bytes((1, flags)) + number(rounds) + b"\x04salt" + b"\x14" + last
    return f"{letters}.{zone}", NSEC3, data


@dataclass
class Proof:
    """Records, the root's DS to trust, and the key of the last zone."""

    records: list[Record] = field(default_factory=list)
    anchors: list[bytes] = field(default_factory=list)
    zone: str = ""
    key: Key = Key(8)

    def add(self, *records: Record, labels: int | None = None) -> None:
        """Records of one owner and type, signed by the last zone."""
        self.records += [*records, signature(self.key, self.zone, records, labels=labels)]

    def encode(self) -> bytes:
        return encode(self.records)


def chain(*zones: tuple[str, int], digest: int = 2, root: Key = Key(8)) -> Proof:
    """From the root down: zones, each inside the one before, with the algorithm of its key."""
    proof = Proof(anchors=[root.ds("")], key=root)
    proof.add(("", DNSKEY, root.data))
    for zone, algorithm in zones:
        key = Key(algorithm, len(zone))
        proof.add((zone, DS, key.ds(zone, digest)))
        proof.zone, proof.key = zone, key
        proof.add((zone, DNSKEY, key.data))
    return proof
