"""Everything of the signer that reads what a stranger wrote, each as a function of some bytes.

A target gives back what its reader promised, to be checked when the reading was measured: what was
read and is written again is the same.
Its seeds are made here, by the project itself; the fuzzer makes the rest of them.
"""

from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from signer.chains.bitcoin import CHAIN
from signer.chains.bitcoin.descriptors import descriptor, policy
from signer.chains.bitcoin.descriptors.miniscript import Context
from signer.chains.bitcoin.descriptors.miniscript import parse as parse_miniscript
from signer.chains.bitcoin.network import NETWORKS
from signer.chains.bitcoin.payment import history
from signer.chains.bitcoin.payment.payment import CheckedPayment
from signer.chains.bitcoin.psbt import container
from signer.chains.bitcoin.transactions import address
from signer.dnssec import chain, wire
from signer.dnssec.chain import Verdict
from signer.errors import Malformed, Refused
from signer.formats import account, base58, bech32, cbor
from signer.formats.descriptor_checksum import checksum_of
from signer.formats.payload import radix, reader
from signer.formats.qr import bbqr, numbered, parts, seedqr, ur
from signer.formats.qr.bbqr import BbqrFile
from signer.formats.qr.numbered import split_ur1
from signer.formats.qr.ur import Ur
from signer.keys import path
from signer.keys.backups import codex32, slip39, slip39_share
from signer.keys.extended import ExtendedPublicKey
from signer.keys.seeds import mnemonic
from signer.review import Review
from tests import psbts
from tests.fuzz.budget import Budget, Feed, Promise
from tests.signer import zones

Seeds = Callable[[], Iterator[bytes]]

REGTEST: Final = NETWORKS["regtest"]
COSIGNER: Final = " ".join(("zoo",) * 11 + ("wrong",))
TEMPLATES: Final = (
    "wsh(sortedmulti(2,@0/**,@1/**))",
    "sh(wsh(multi(1,@0/<2;3>/*,@1/**)))",
    "wsh(andor(pk(@0/**),older(144),and_v(v:pkh(@1/**),after(500000000))))",
    "tr(@0/**,{pk(@1/**),multi_a(2,@0/<2;3>/*,@1/<2;3>/*)})",
    "tr(musig(@0,@1)/**,and_v(v:pk(@1/**),older(144)))",
)


class BrokenPromise(Exception):
    """What a reader promised about an input does not hold."""


def promise(holds: Callable[[], bool], what: str) -> Promise:
    def check() -> None:
        if not holds():
            raise BrokenPromise(what)

    return check


def text_of(data: bytes) -> str:
    """Any bytes as a text, halves of characters included: a text need not be one of ours."""
    return data.decode("utf-8", errors="surrogateescape")


# --- payments


@cache
def keyring() -> psbts.Keyring:
    return psbts.keyring()


@cache
def vault(template: str) -> psbts.Vault:
    return psbts.vault(template, keyring(), psbts.keyring(COSIGNER))


@cache
def records() -> tuple[bytes, ...]:
    shared = (TEMPLATES[0], TEMPLATES[-1])
    return tuple(vault(template).record(keyring()) for template in shared)


def read_psbt(data: bytes) -> Promise:
    read = container.parse(data)
    return promise(lambda: read.encode() == data, "A PSBT not changed is written as it came.")


def review_payment(data: bytes) -> Promise:
    review = CHAIN.review(data, keyring(), "regtest", records())
    return promise(lambda: len(review.pages) > 1, "A payment is shown.")


def payments() -> Iterator[bytes]:
    for script in ("wpkh", "tr"):
        made = psbts.draft(keyring(), 2, script)
        yield made.encode()
        made.psbt_version = 2
        yield made.encode()
    yield psbts.draft(vault(TEMPLATES[0])).encode()
    joint = vault(TEMPLATES[-1])
    begun = psbts.draft(joint).encode()
    yield begun
    for keys in joint.signers:
        begun = psbts.sign_part(begun, keys, "regtest", [joint.record(keys)])
    yield begun
    yield psbts.sign_part(psbts.build(keyring()), keyring())


@cache
def signed_payment() -> Review[CheckedPayment]:
    return psbts.review(psbts.build(keyring(), 2), keyring())


def read_history(data: bytes) -> Promise:
    """What was signed before, as the device kept it; flash may have been put back or bent."""
    read = history.read(data)

    def holds() -> bool:
        grown = read.with_payment(signed_payment().subject)
        return read.encode() == (data or b"\x01") and history.read(grown.encode()) == grown

    return promise(holds, "A history is written as it was read, and one that grew can be read.")


def histories() -> Iterator[bytes]:
    past = b""
    for kind in ("wpkh", "tr", "pkh"):
        for count in (1, 3):
            outputs = ((20_000 + count, psbts.PAYEE), (9_000, b"\x6a\x01x"))
            made = psbts.review(psbts.build(keyring(), count, kind, outputs), keyring())
            past = CHAIN.remember(made, past)
            yield past
    many = psbts.draft(keyring(), 200, outputs=((1_000, psbts.PAYEE),) * 300)
    yield CHAIN.remember(psbts.review(many.encode(), keyring()), past)


# --- names


def read_proof(data: bytes) -> Promise:
    """A proof of a name as a PSBT has it (BIP353), from roots of our own."""
    size = data[0] if data else 0
    name = data[1 : 1 + size].decode("latin-1")
    asked = wire.name(name if name.isascii() else "x")
    found = chain.prove(data[1 + size :], asked, roots())
    return promise(
        lambda: isinstance(found, Verdict) or set(found.texts) == {b"bitcoin:"},
        "Only what the zone signed is proven.",
    )


@cache
def proofs_made() -> dict[str, zones.Proof]:
    uri = zones.text(b"bitcoin:")
    direct = zones.chain(("com", 13), ("example.com", 14))
    direct.add(("pay.example.com", zones.TXT, uri))
    wild = zones.chain(("org", 8), ("example.org", 13))
    wild.add(("b.example.org", zones.TXT, uri))
    wild.add(("a.example.org", zones.CNAME, zones.wired("b.example.org")), labels=2)
    wild.add(zones.absent("example.org", "a.example.org"))
    return {"pay.example.com": direct, "a.example.org": wild}


def roots() -> list[bytes]:
    return next(iter(proofs_made().values())).anchors


def proofs() -> Iterator[bytes]:
    for name, proof in proofs_made().items():
        yield bytes((len(name),)) + name.encode() + proof.encode()


# --- accounts


def read_descriptor(data: bytes) -> Promise:
    read = descriptor.parse(text_of(data), REGTEST, checksum="optional")
    branch, index = read.branches - 1, 7 if read.is_ranged else 0
    return promise(lambda: bool(read.scripts(branch, index)), "What was read can be derived.")


def descriptors() -> Iterator[bytes]:
    for template in TEMPLATES:
        body = vault(template).policy.descriptor.text
        yield f"{body}#{checksum_of(body)}".encode()
    key = "02" + "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
    for form in ("pkh({})", "sh(wpkh({}))", "combo({})", "rawtr({})", "wsh(pk({}))"):
        yield form.format(key).encode()
    yield b"raw(deadbeef)"
    yield b"addr(bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080)"


def read_policy(data: bytes) -> Promise:
    """Lines: the name, the template, and a key each."""
    name, template, *keys = text_of(data).split("\n") + [""] * 2
    read = policy.parse(name, template, [key for key in keys if key], REGTEST)

    def holds() -> bool:
        return policy.read(read.encode()) == read and read.spend_data(0, 7) != read.spend_data(1, 7)

    return promise(holds, "A policy is read as it was written, and its branches differ.")


def policies() -> Iterator[bytes]:
    for template in TEMPLATES:
        kept = vault(template).policy
        keys = [key.render(REGTEST) for key in kept.keys]
        yield "\n".join((kept.name, kept.template, *keys)).encode()


def read_miniscript(data: bytes) -> Promise:
    """The first letter says where it shall stand."""
    text = text_of(data)
    context = Context.TAPSCRIPT if text[:1] == "t" else Context.WSH
    read = parse_miniscript(text[1:], context, key=str)
    read.check_sane()
    return promise(lambda: read.render() == text[1:], "A miniscript is written as it was read.")


def miniscripts() -> Iterator[bytes]:
    for text in (
        "wpk(A)",
        "wandor(pk(A),older(144),and_v(v:pkh(B),after(500000000)))",
        "wor_i(and_v(v:pk(A),older(1000)),thresh(2,pk(B),s:pk(C),sln:older(9)))",
        "wt:or_c(pk(A),v:hash160(" + "1f" * 20 + "))",
        "wmulti(2,A,B,C)",
        "tmulti_a(2,A,B,C)",
        "tand_v(v:pk(A),sha256(" + "2e" * 32 + "))",
        "wor_d(multi(1,A),or_b(pk(B),a:and_n(pk(C),pk(D))))",
    ):
        yield text.encode()


# --- QR codes


def read_cbor(data: bytes) -> Promise:
    cbor.decode_prefix(data, cbor.LENIENT)
    value = cbor.decode(data)
    return promise(lambda: cbor.encode(value) == data, "What is canonical has one encoding.")


def values() -> Iterator[bytes]:
    yield cbor.encode({"id": "1", "method": "sign_psbt", "params": {"psbt": bytes(60)}})
    yield cbor.encode([1, -1, 1 << 63, "text", b"bytes", True, None, cbor.Tag(310, {1: [2]})])
    yield bytes.fromhex("bf6162016161f6ff")
    yield bytes.fromhex("5f41014102ff")


def read_ur(data: bytes) -> Promise:
    """A code a line, all of them shown to one collector."""
    types = (*ur.PSBT_TYPES, *account.ACCOUNT_TYPES)
    collector = parts.PartCollector(types, parts.Limits(message_bytes=4 * len(data) + 1024))
    whole: list[Ur] = []
    for line in text_of(data).split("\n"):
        seen = collector.add(line)
        if isinstance(seen, Ur):
            read = ur.to_psbt if seen.type in ur.PSBT_TYPES else account.parse
            read(seen)
            whole.append(seen)

    def holds() -> bool:
        shown = [(one, ur.render(one)) for one in whole]
        return all(ur.parse(text) == one for one, text in shown if len(text) <= ur.MAX_TEXT)

    return promise(holds, "A UR is read as it was written.")


def urs() -> Iterator[bytes]:
    payment = ur.from_psbt(psbts.build(keyring()))
    yield "\n".join(parts.split(payment, 120)).encode()
    yield "\n".join(parts.split(payment, 1000)).encode()
    yield ur.render(account.render(an_account())).encode()


def an_account() -> account.Account:
    where = path.parse("m/84h/1h/0h")
    key = account.key("wpkh", where, CHAIN.xpub(keyring(), where, "regtest"))
    return account.Account(keyring().fingerprint, (key,))


def read_account(data: bytes) -> Promise:
    """The CBOR inside of a UR."""
    read = account.parse(Ur(account.ACCOUNT_TYPES[0], data))
    return promise(lambda: account.parse(account.render(read)) == read, "So is an account.")


def accounts() -> Iterator[bytes]:
    yield account.render(an_account()).cbor


def read_bbqr(data: bytes) -> Promise:
    """A code a line, all of them shown to one collector."""
    collector = bbqr.BbqrCollector("PTU", parts.Limits(message_bytes=8 * len(data) + 1024))
    seen = [collector.add(line) for line in text_of(data).split("\n")]

    def shown(file: BbqrFile) -> BbqrFile | parts.Progress:
        again = bbqr.BbqrCollector(file.kind)
        return [again.add(code) for code in bbqr.split(file, 40)][-1]

    return promise(
        lambda: all(
            shown(file) == file for file in seen if isinstance(file, BbqrFile) and file.data
        ),
        "A file is read as it was written.",
    )


def bbqrs() -> Iterator[bytes]:
    payment = psbts.build(keyring(), 2)
    for encoding in "H2Z":
        for version in (8, 30):
            yield "\n".join(bbqr.split(BbqrFile("P", payment), version, encoding)).encode()


def read_seed_qr(data: bytes) -> Promise:
    indexes = seedqr.read(data)
    write = seedqr.compact if len(data) <= 32 else seedqr.digits
    return promise(lambda: bytes(write(indexes)) == data, "A SeedQR is written as it came.")


def seed_qrs() -> Iterator[bytes]:
    for count in (12, 15, 18, 21, 24):
        yield bytes(range(count // 3 * 4))
        yield b"".join(b"%04d" % (index * 85) for index in range(count))


# --- texts


def read_address(data: bytes) -> Promise:
    """The first letter says of which network."""
    text = text_of(data)
    network = NETWORKS[{"m": "mainnet", "t": "testnet"}.get(text[:1], "regtest")]
    found = address.parse(text[1:], network)
    return promise(
        lambda: str(address.render(found, network)).lower() == text[1:].lower(),
        "An address comes back.",
    )


def addresses() -> Iterator[bytes]:
    yield b"rbcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
    yield b"mBC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4"
    yield b"mbc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"
    yield b"m1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
    yield b"r2N3oefVeg6stiTb5Kh3ozCSkaqmx91FDbsm"


def read_base58(data: bytes) -> Promise:
    text = text_of(data)
    payload = base58.decode_check(text)
    with suppress(Malformed):
        ExtendedPublicKey.parse(text, (payload[:4],)).child(7)
    return promise(lambda: base58.encode_check(payload) == text, "Base58 comes back.")


def base58s() -> Iterator[bytes]:
    for where in ("m", "m/84h/1h/0h"):
        yield CHAIN.xpub(keyring(), path.parse(where), "regtest").encode()


def read_bech32(data: bytes) -> Promise:
    text = text_of(data)
    read = bech32.split(text)
    return promise(lambda: bech32.join(*read) == text.lower(), "Bech32 comes back.")


def bech32s() -> Iterator[bytes]:
    yield bech32.encode("bcrt", 0, bytes(20)).encode()
    yield bech32.encode("bc", 1, bytes(range(32))).upper().encode()


def read_path(data: bytes) -> Promise:
    read = path.parse(text_of(data))
    return promise(lambda: path.parse(path.render(read)) == read, "A path is read as written.")


def paths() -> Iterator[bytes]:
    for text in ("m", "m/84h/1h/0h/0/5", "m/48'/0'/0'/2'/1/2147483647", "m/0/1H"):
        yield text.encode()


def read_words(data: bytes) -> Promise:
    entropy = mnemonic.entropy_from_words(text_of(data).split(" "))

    def holds() -> bool:
        return mnemonic.entropy_from_words(mnemonic.words_from_entropy(entropy)) == entropy

    return promise(holds, "Words come back.")


def sentences() -> Iterator[bytes]:
    for size in (16, 20, 24, 28, 32):
        yield " ".join(mnemonic.words_from_entropy(bytes(range(size)))).encode()


def read_slip39(data: bytes) -> Promise:
    """A share a line."""
    shares = [slip39_share.parse(line.split(" ")) for line in text_of(data).split("\n")]
    slip39.combine(shares)
    written = [share.words() for share in shares]

    def holds() -> bool:
        return [slip39_share.parse(words).words() for words in written] == written

    return promise(holds, "Shares come back.")


def slip39_shares() -> Iterator[bytes]:
    plan = slip39.SharePlan(1, ((2, 3),), exponent=0)
    [shares] = slip39.split(bytes(range(16)), plan, bytes(range(32)))
    yield "\n".join(" ".join(share.words()) for share in shares[:2]).encode()


def read_codex32(data: bytes) -> Promise:
    """A share a line."""
    lines = text_of(data).split("\n")
    shares = [codex32.parse(line) for line in lines]
    codex32.recover(shares)
    written = [share.encode() for share in shares]
    return promise(lambda: written == [line.lower() for line in lines], "Shares come back.")


def codex32_shares() -> Iterator[bytes]:
    secret = codex32.from_seed(bytes(range(16)), "test", 2)
    shares = codex32.split(secret, 3, bytes(range(32)))
    yield secret.encode().encode()
    yield "\n".join(share.encode() for share in shares[:2]).encode()


@dataclass(frozen=True, slots=True)
class Target:
    """One reader: what to feed, what to begin with, what an input may cost."""

    feed: Feed
    seeds: Seeds
    budget: Budget = field(default_factory=Budget)

    def hold(self, data: bytes) -> bool:
        """Whether it read the data to its end, and then kept what it promised."""
        try:
            promised = self.feed(data)
        except (Malformed, Refused):
            return False
        if promised is not None:
            promised()
        return True


def read_payload(data: bytes) -> Promise:
    payload = reader.read(data)
    return promise(lambda: reader.read(data) == payload, "A payload is read in one way.")


def payload_texts() -> Iterator[bytes]:
    template = vault(TEMPLATES[0]).policy.descriptor.render()
    yield template.encode()
    yield f"BSMS 1.0\n{template.split('#')[0].replace('<0;1>/*', '**')}\n/0/*,/1/*".encode()
    yield f'{{"label": "v", "descriptor": "{template}"}}'.encode()
    yield b64encode(psbts.build(keyring(), 1))
    yield psbts.build(keyring(), 1).hex().encode()
    yield radix.encode(psbts.build(keyring(), 1), radix.BASE43).encode()
    yield b"signmessage m/84h/0h/0h/0/0 ascii:hello"
    yield b"bitcoin:bcrt1q6rz28mcfaxtmd6v789l9rrlrusdprr9pz3cppk?amount=1"
    yield from (text.encode() for text in split_ur1(psbts.build(keyring(), 1), 4000))


def read_numbered(data: bytes) -> Promise:
    collector = numbered.NumberedCollector()
    for text in text_of(data).split("\n"):
        if part := numbered.parse(text):
            collector.add(part)
    return None


def numbered_codes() -> Iterator[bytes]:
    psbt = psbts.build(keyring(), 1)
    yield "\n".join(numbered.split_psbt(psbt, 300)).encode()
    yield "\n".join(split_ur1(psbt, 300)).encode()


# A script has a thousand fragments at most, each of some microseconds and 350 bytes whatever its
# text, so the most that one may cost is a floor and no proportion.
CAPPED = Budget(floor_us=10_000, floor_bytes=512 << 10)

TARGETS: Final = {
    "psbt": Target(read_psbt, payments),
    # Two point multiplications a coin, some 250 bytes, and one for each of the first outputs.
    "review": Target(review_payment, payments, Budget(1_000, 20_000, times=12)),
    "history": Target(read_history, histories),
    # Sixteen signatures at the most, each of some milliseconds.
    "names": Target(read_proof, proofs, Budget(floor_us=200_000)),
    "descriptor": Target(read_descriptor, descriptors, CAPPED),
    "policy": Target(read_policy, policies, CAPPED),
    "miniscript": Target(read_miniscript, miniscripts, CAPPED),
    # A message has a thousand items at most, and an item is a byte at the least.
    "cbor": Target(read_cbor, values, Budget(floor_us=5_000)),
    "account": Target(read_account, accounts, Budget(floor_us=5_000)),
    "ur": Target(read_ur, urs),
    "bbqr": Target(read_bbqr, bbqrs),
    "payload": Target(read_payload, payload_texts, CAPPED),
    "numbered": Target(read_numbered, numbered_codes, Budget(1_000, 200)),
    "address": Target(read_address, addresses),
    "base58": Target(read_base58, base58s),
    "bech32": Target(read_bech32, bech32s),
    "path": Target(read_path, paths),
    "seedqr": Target(read_seed_qr, seed_qrs),
    # Every word is compared with the whole list, so that the time does not tell which it is.
    "words": Target(read_words, sentences, CAPPED),
    "codex32": Target(read_codex32, codex32_shares),
    # Shares are stretched on purpose, some 20 ms at the least.
    "slip39": Target(read_slip39, slip39_shares, Budget(floor_us=200_000)),
}
