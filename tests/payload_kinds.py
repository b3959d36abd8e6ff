"""`python -m tests.payload_kinds`: every kind of payload that people hold up to a signer.

Each is shown to a device in memory, by its camera. "served" is what it is for: a payment is
reviewed, an account is registered, an address or a key is compared, a seed is offered to be loaded,
what no signer can use is named with what to do. "named" is any other refusal that says what it is.
"""

import json
from base64 import b64encode, urlsafe_b64encode
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from embit import bip32, bip39
from embit.descriptor import checksum
from embit.networks import NETWORKS

from firmware_emu.events import BytesIn, Port
from signer.formats import cbor
from signer.formats.cbor import Tag, Value
from signer.formats.payload import radix
from signer.formats.qr import bbqr, numbered, parts, ur
from signer.formats.qr.bbqr import BbqrFile
from signer.formats.qr.ur import Ur
from tests import psbts

# ruff: noqa: E501  payloads are long
from tests.desk import ABANDON, Desk, unlocked_desk

REGTEST = NETWORKS["regtest"]
CAMERA = Port("air", "camera")
UNKNOWN = "does not know"
PAYMENT, REGISTER, COMPARE, LOAD, MESSAGE, ADVICE = (
    "a payment",
    "an account",
    "compared",
    "loaded",
    "a message",
    "named with what to do",
)


@dataclass(frozen=True, slots=True)
class Kind:
    """`codes` are held up one after the other; `meaning` is what has to come of it."""

    name: str
    codes: tuple[bytes, ...]
    meaning: str
    is_new: bool = False  # held up to a new device


def root(words: str) -> bip32.HDKey:
    return bip32.HDKey.from_seed(bip39.mnemonic_to_seed(words))


ROOTS = (root(" ".join(ABANDON)), root("zoo " * 11 + "wrong"))


def account_key(
    of: bip32.HDKey, way: str, version: bytes = REGTEST["xpub"], mark: str = "h"
) -> str:
    """`[fingerprint/path]tpub`, as another library writes it."""
    xpub = of.derive(way.replace("h", "'")).to_public().to_base58(version)
    return f"[{of.my_fingerprint.hex()}{way[1:].replace('h', mark)}]{xpub}"


KEYS = [account_key(of, "m/48h/1h/0h/2h") for of in ROOTS]


def multi(end: str, keys: list[str] = KEYS) -> str:
    return checksum.add_checksum(f"wsh(sortedmulti(2,{','.join(key + end for key in keys)}))")


def payments() -> Iterator[Kind]:
    psbt = psbts.build(psbts.keyring(), 1)
    base64 = b64encode(psbt).decode()
    old = ur.from_psbt(psbt)
    texts = {
        "PSBT base64": base64,
        "PSBT base64, wrapped lines": "\r\n".join(
            base64[at : at + 64] for at in range(0, len(base64), 64)
        ),
        "PSBT base64 of URLs, not padded": urlsafe_b64encode(psbt).decode().rstrip("="),
        "PSBT hex": psbt.hex(),
        "PSBT HEX": psbt.hex().upper(),
        "PSBT base43": radix.encode(psbt, radix.BASE43),
        "PSBT base58": radix.encode(psbt, radix.BASE58),
        "UR crypto-psbt": ur.render(old),
        "UR psbt": ur.render(Ur("psbt", old.cbor)),
        "UR bytes with a PSBT": ur.render(Ur("bytes", old.cbor)),
        "UR crypto-psbt in small letters": ur.render(old).lower(),
        "byte-order mark and base64": "\ufeff" + base64 + "\n",
    }
    for name, text in texts.items():
        yield Kind(name, (text.encode(),), PAYMENT)
    yield Kind("PSBT binary", (psbt,), PAYMENT)
    series = {
        "UR crypto-psbt in parts": parts.split(old, 120),
        "UR1": numbered.split_ur1(psbt, 5000),
        "UR1 in parts": numbered.split_ur1(psbt, 200),
        "pMofN base64": numbered.split_psbt(psbt, 200),
        "BBQr H": bbqr.split(BbqrFile("P", psbt), 10, "H"),
        "BBQr 2": bbqr.split(BbqrFile("P", psbt), 10, "2"),
        "BBQr Z": bbqr.split(BbqrFile("P", psbt), 10, "Z"),
    }
    for name, texts_of in series.items():
        yield Kind(name, tuple(text.encode() for text in texts_of), PAYMENT)
    raw = psbts.previous_tx([psbts.output(1000, bytes((0, 20)) + bytes(20))])
    yield Kind("raw transaction, hex", (raw.hex().encode(),), ADVICE)
    yield Kind("raw transaction, BBQr T", codes(bbqr.split(BbqrFile("T", raw), 20)), ADVICE)


def codes(texts: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(text.encode() for text in texts)


def hdkey(
    of: bip32.HDKey,
    way: str,
    numbers: tuple[int, int, int] = (303, 304, 305),
    children: Value = None,
) -> Value:
    """An hdkey (BCR-2020-007), made of another library's key."""
    child = of.derive(way.replace("h", "'")).to_public()
    path: list[Value] = []
    for step in way.split("/")[1:]:
        path += [int(step.rstrip("h")), step.endswith("h")]
    fields: dict[str | int, Value] = {
        3: child.key.sec(),
        4: child.chain_code,
        5: Tag(numbers[2], {2: 1}),
        6: Tag(numbers[1], {1: path, 2: int.from_bytes(of.my_fingerprint, "big")}),
        8: int.from_bytes(child.fingerprint, "big"),
    }
    if children is not None:
        fields[7] = Tag(numbers[1], {1: children})
    return fields if numbers[0] == 0 else Tag(numbers[0], fields)


def accounts() -> Iterator[Kind]:
    whole = multi("/<0;1>/*")
    first, second = multi("/0/*"), multi("/1/*")
    plain = whole.split("#")[0]
    setup = (
        "# made elsewhere\r\nName: Vault\r\nPolicy: 2 of 2\r\nFormat: P2WSH\r\nDerivation: m/48'/1'/0'/2'\r\n\r\n"
        + "".join(
            f"{of.my_fingerprint.hex().upper()}: {of.derive(chr(109) + '/48h/1h/0h/2h'.replace('h', chr(39))).to_public().to_base58(REGTEST['Zpub'])}\r\n"
            for of in ROOTS
        )
    )
    way = "m/48h/1h/0h/2h"
    outer = Tag(401, Tag(407, {1: 2, 2: [hdkey(of, way) for of in ROOTS]}))
    second_version: Value = {
        1: "wsh(sortedmulti(2,@0/<0;1>/*,@1/<0;1>/*))",
        2: [hdkey(of, way, (40303, 40304, 40305)) for of in ROOTS],
        3: "Vault",
    }
    caravan = {
        "name": "Vault",
        "addressType": "P2WSH",
        "network": "regtest",
        "quorum": {"requiredSigners": 2, "totalSigners": 2},
        "extendedPublicKeys": [
            {
                "xfp": of.my_fingerprint.hex(),
                "bip32Path": way.replace("h", "'"),
                "xpub": of.derive(way.replace("h", "'")).to_public().to_base58(REGTEST["xpub"]),
            }
            for of in ROOTS
        ],
    }
    texts = {
        "descriptor <0;1>/*": whole,
        "descriptor /**": checksum.add_checksum(plain.replace("/<0;1>/*", "/**")),
        "descriptor /0/*": first,
        "descriptor /0/* and /1/*": f"{first}\n{second}",
        "descriptor without steps": multi(""),
        "descriptor without checksum": plain,
        "descriptor with apostrophes": checksum.add_checksum(
            plain.replace("h/", "'/").replace("h]", "']")
        ),
        "descriptor, line ends and mark": "\ufeff" + whole + "\r\n",
        "descriptor, miniscript": checksum.add_checksum(
            f"wsh(or_d(pk({KEYS[0]}/<0;1>/*),and_v(v:pkh({KEYS[1]}/<0;1>/*),older(1000))))"
        ),
        "descriptor, taproot": checksum.add_checksum(
            f"tr({KEYS[0]}/<0;1>/*,pk({KEYS[1]}/<0;1>/*))"
        ),
        "UR crypto-output": ur.render(Ur("crypto-output", cbor.encode(outer))),
        "UR output-descriptor": ur.render(Ur("output-descriptor", cbor.encode(second_version))),
        "UR bytes, descriptor": ur.render(Ur("bytes", cbor.encode(whole.encode()))),
        "UR bytes, setup file": ur.render(Ur("bytes", cbor.encode(setup.encode()))),
        "setup file": setup,
        "JSON, Specter": json.dumps(
            {"label": "Vault", "blockheight": 1, "descriptor": first, "devices": []}
        ),
        "JSON, Caravan": json.dumps(caravan),
        "JSON, Core": json.dumps(
            {
                "wallet_name": "v",
                "descriptors": [
                    {"desc": first, "internal": False},
                    {"desc": second, "internal": True},
                ],
            }
        ),
        "BSMS": f"BSMS 1.0\n{plain.replace('/<0;1>/*', '/**')}\n/0/*,/1/*\n",
        "External: and Internal:": f"External: {first}\nInternal: {second}",
        "Sparrow's export": f"# Receive and change descriptor (BIP389):\n{whole}\n\n# Receive descriptor (Bitcoin Core):\n{first}\n\n# Change descriptor (Bitcoin Core):\n{second}\n",
    }
    for name, text in texts.items():
        yield Kind(name, (text.encode(),), REGISTER)
    for letter, text in (("U", whole), ("J", texts["JSON, Specter"]), ("B", setup)):
        yield Kind(
            f"BBQr {letter}, account",
            codes(bbqr.split(BbqrFile(letter, text.encode()), 15)),
            REGISTER,
        )


def keys() -> Iterator[Kind]:
    own = ROOTS[0]
    fingerprint = int.from_bytes(own.my_fingerprint, "big")
    way = "m/84h/1h/0h"
    old: Value = {1: fingerprint, 2: [Tag(404, hdkey(own, way))]}
    wrapped: Value = {1: fingerprint, 2: [Tag(308, Tag(404, hdkey(own, way)))]}
    new: Value = {
        1: fingerprint,
        2: [Tag(40308, {1: "wpkh(@0)", 2: [hdkey(own, way, (40303, 40304, 40305))]})],
    }
    bare = own.derive(way.replace("h", "'")).to_public()
    coldcard = {
        "chain": "XRT",
        "xfp": own.my_fingerprint.hex().upper(),
        "account": 0,
        "bip84": {
            "deriv": way,
            "xpub": bare.to_base58(REGTEST["xpub"]),
            "_pub": bare.to_base58(REGTEST["zpub"]),
            "name": "p2wpkh",
        },
    }
    texts = {
        "UR crypto-account": ur.render(Ur("crypto-account", cbor.encode(old))),
        "UR crypto-account with tag 308": ur.render(Ur("crypto-account", cbor.encode(wrapped))),
        "UR account-descriptor": ur.render(Ur("account-descriptor", cbor.encode(new))),
        "UR crypto-hdkey": ur.render(
            Ur("crypto-hdkey", cbor.encode(hdkey(own, way, (0, 304, 305))))
        ),
        "[fp/path]tpub": account_key(own, way),
        "[fp/path]vpub": account_key(own, way, REGTEST["zpub"], "'"),
        "[fp/path]upub": account_key(own, "m/49h/1h/0h", REGTEST["ypub"]),
        "[fp/path]Vpub": account_key(own, "m/48h/1h/0h/2h", REGTEST["Zpub"]),
        "tpub alone": bare.to_base58(REGTEST["xpub"]),
        "JSON, Coldcard": json.dumps(coldcard),
    }
    for name, text in texts.items():
        yield Kind(name, (text.encode(),), COMPARE)


def addresses() -> Iterator[Kind]:
    own = "bcrt1q6rz28mcfaxtmd6v789l9rrlrusdprr9pz3cppk"
    grouped = " ".join(own[at : at + 4] for at in range(0, len(own), 4))
    texts = {
        "address": own,
        "ADDRESS": own.upper(),
        "address in groups": grouped,
        "BIP21": f"bitcoin:{own}?amount=0.1&label=x",
        "BIP21 IN CAPITALS": f"BITCOIN:{own.upper()}?AMOUNT=0.1",
    }
    for name, text in texts.items():
        yield Kind(name, (text.encode(),), COMPARE)


def seeds() -> Iterator[Kind]:
    words = " ".join(ABANDON)
    texts = {
        "SeedQR": "0000" * 11 + "0003",
        "words": words,
        "words, numbered lines": "\n".join(f"{at}. {word}" for at, word in enumerate(ABANDON, 1)),
        "first four letters": " ".join(word[:4] for word in ABANDON).upper(),
        "UR crypto-seed": ur.render(Ur("crypto-seed", cbor.encode({1: bytes(16)}))),
        "UR crypto-bip39": ur.render(Ur("crypto-bip39", cbor.encode({1: [*ABANDON], 2: "en"}))),
    }
    for name, text in texts.items():
        yield Kind(name, (text.encode(),), LOAD, is_new=True)
    yield Kind("CompactSeedQR", (bytes(bytearray(16)),), LOAD, is_new=True)
    envelope = bytes.fromhex("07746573742049440500000a2ae19dc582c1199bb726f23f03c76ff6523e23")
    yield Kind("encrypted envelope (KEF)", (envelope,), LOAD, is_new=True)


def others() -> Iterator[Kind]:
    way = "m/84h/1h/0h/0/0"
    yield Kind("signmessage", (f"signmessage {way} ascii:hello".encode(),), MESSAGE)
    form = {"msg": "hello", "subpath": way, "addr_fmt": "p2wpkh"}
    yield Kind("message request, JSON", (json.dumps(form).encode(),), MESSAGE)
    label = json.dumps({"type": "addr", "ref": "bcrt1q", "label": "rent"})
    yield Kind("labels (BIP329)", (f"{label}\n{label}\n".encode(),), ADVICE)


def kinds() -> tuple[Kind, ...]:
    return (*payments(), *accounts(), *keys(), *addresses(), *seeds(), *others())


_TITLES = {
    PAYMENT: ("Recipient", "Pay ", "Look twice", "Total"),
    REGISTER: ("Spending", "Account", "No checksum", "Look twice", "Register", "Who can", "Look "),
    COMPARE: ("Yes: your",),
    LOAD: ("Load this seed?", "Encrypted seed"),
    MESSAGE: ("Sign a message",),
    ADVICE: ("Not scanned",),
}


def outcome(kind: Kind) -> str:
    """Served, unknown, or the sentence that it was refused with."""
    desk = Desk() if kind.is_new else unlocked_desk(network="regtest")
    for code in kind.codes:
        desk.happen(BytesIn(CAMERA, bytes(bytearray(code))))
    text = " ".join(desk.text.split())
    if UNKNOWN in text:
        return "unknown"
    return "served" if _is_served(desk, kind, text) else text


def _is_served(desk: Desk, kind: Kind, text: str) -> bool:
    if kind.meaning == REGISTER:
        desk.approve()
        return "Registered" in desk.text
    if kind.meaning == PAYMENT:
        desk.approve()
        return desk.screen.kind == "qr"
    return text.startswith(_TITLES[kind.meaning])


def counts(outcomes: dict[str, str]) -> Counter[str]:
    """How many were served, unknown, or named."""
    return Counter(what if what in {"served", "unknown"} else "named" for what in outcomes.values())


if __name__ == "__main__":
    seen = {kind.name: outcome(kind) for kind in kinds()}
    for name, what in seen.items():
        print(f"{what[:60]:60}  {name}")  # noqa: T201
    print(dict(counts(seen)), "of", len(seen))  # noqa: T201
