"""Account keys for pairing by QR: crypto-account (BCR-2020-015), crypto-hdkey (BCR-2020-007).

And what they are in version 2: account-descriptor (BCR-2023-019), output-descriptor (BCR-2023-010).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from signer.errors import Malformed
from signer.formats import base58, cbor
from signer.formats.cbor import Tag, Value
from signer.formats.qr.ur import Ur

ACCOUNT_TYPES: Final = ("crypto-account", "crypto-hdkey", "hdkey")
HARDENED: Final = 1 << 31  # BIP32

_OUTPUT, _DESCRIPTOR = 308, 40308
_SCRIPTS: Final = {400: "sh", 401: "wsh", 403: "pkh", 404: "wpkh", 409: "tr"}
_SCRIPT_TAGS: Final = {name: tag for tag, name in _SCRIPTS.items()}
_HDKEY, _KEYPATH, _COIN_INFO = (303, 40303), (304, 40304), (305, 40305)
_TEST_COINS: Final = 1
_OLD, _NEW = 0, 1  # version 1 and 2, in the pairs of tags above
_MAX_PATH: Final = 16
_XPUB_MAINNET, _XPUB_TEST = bytes.fromhex("0488b21e"), bytes.fromhex("043587cf")  # BIP32

Fields: TypeAlias = Mapping[str | int, Value]


@dataclass(frozen=True, slots=True)
class AccountKey:
    """An extended public key and what it is for.

    `script` is the descriptor function around the key: "wpkh", "tr", "sh(wpkh)"; empty when only
    the key was given. `path` leads from the master key here; `mainnet` is False for every test
    network, which share their keys.
    """

    script: str
    path: tuple[int, ...]
    public_key: bytes
    chain_code: bytes = field(repr=False)
    parent_fingerprint: bytes
    mainnet: bool

    @property
    def xpub(self) -> str:
        """The key in BIP32's serialized form (xpub or tpub)."""
        child = self.path[-1] if self.path else 0
        return base58.encode_check(
            (_XPUB_MAINNET if self.mainnet else _XPUB_TEST)
            + bytes([len(self.path)])
            + self.parent_fingerprint
            + child.to_bytes(4, "big")
            + self.chain_code
            + self.public_key
        )


@dataclass(frozen=True, slots=True)
class Account:
    """`fingerprint` is the master key's (4 bytes)."""

    fingerprint: bytes
    keys: tuple[AccountKey, ...]

    def at(self, path: tuple[int, ...]) -> AccountKey | None:
        """The key at `path`, if it is among them."""
        return next((key for key in self.keys if key.path == path), None)


def key(script: str, path: tuple[int, ...], xpub: str) -> AccountKey:
    """An account key from its serialized form (BIP32). Raises Malformed."""
    raw = base58.decode_check(xpub)
    if len(raw) != 78 or raw[:4] not in (_XPUB_MAINNET, _XPUB_TEST):
        raise Malformed("This is no extended public key.")
    if (raw[4], raw[9:13]) != (len(path), (path[-1] if path else 0).to_bytes(4, "big")):
        raise Malformed("The extended public key is not the one at that path.")
    return AccountKey(script, path, raw[45:], raw[13:45], raw[5:9], raw[:4] == _XPUB_MAINNET)


def render(account: Account) -> Ur:
    """The account as every reader takes it: version 1 tags, and no tag 308 around an output.

    The paper's own vector has that tag and widespread readers throw at it.
    """
    outputs: list[Value] = [_output(account.fingerprint, key) for key in account.keys]
    fingerprint = int.from_bytes(account.fingerprint, "big")
    return Ur("crypto-account", cbor.encode({1: fingerprint, 2: outputs}))


def render_output(fingerprint: bytes, key: AccountKey) -> Ur:
    """The key in its script alone, version 1 (BCR-2020-010)."""
    return Ur("crypto-output", cbor.encode(_output(fingerprint, key)))


def render_descriptors(account: Account) -> Ur:
    """The account in version 2: a text for each script, and the key that goes into it."""
    outputs: list[Value] = [
        Tag(_DESCRIPTOR, _descriptor(account.fingerprint, key, "")) for key in account.keys
    ]
    fingerprint = int.from_bytes(account.fingerprint, "big")
    return Ur("account-descriptor", cbor.encode({1: fingerprint, 2: outputs}))


def render_descriptor(fingerprint: bytes, key: AccountKey) -> Ur:
    """The key in its script alone, version 2, with both branches behind it (BIP389)."""
    return Ur("output-descriptor", cbor.encode(_descriptor(fingerprint, key, "/<0;1>/*")))


def parse(ur: Ur) -> Account:
    """The account in a UR of one of ACCOUNT_TYPES, with or without tag 308. Raises Malformed.

    Outputs of several keys are left out.
    """
    if ur.type not in ACCOUNT_TYPES:
        raise Malformed(f"A UR of the type {ur.type} holds no account key.")
    value = cbor.decode(ur.cbor, cbor.LENIENT)
    if ur.type != "crypto-account":
        fingerprint, only = parse_key("", value)
        return Account(fingerprint, (only,))
    match value:
        case {1: int(number), 2: [*outputs]}:
            keys = [_parse_output(output) for output in outputs]
            return Account(_fingerprint(number), tuple(key for key in keys if key is not None))
        case _:
            raise Malformed("An account is a fingerprint and a list of outputs.")


def _output(fingerprint: bytes, key: AccountKey) -> Value:
    value: Value = _hdkey(fingerprint, key, _OLD)
    for name in reversed(key.script.rstrip(")").split("(")):
        value = Tag(_SCRIPT_TAGS[name], value)
    return value


def _descriptor(fingerprint: bytes, key: AccountKey, steps: str) -> dict[str | int, Value]:
    functions = key.script.rstrip(")").split("(")
    if functions[-1] == "wsh":
        functions.append("cosigner")  # what the paper calls a key that is one of several
    source = "(".join((*functions, f"@0{steps}")) + len(functions) * ")"
    return {1: source, 2: [_hdkey(fingerprint, key, _NEW)]}


def _hdkey(fingerprint: bytes, key: AccountKey, version: int) -> Tag:
    components: list[Value] = []
    for step in key.path:
        components += (step % HARDENED, step >= HARDENED)
    origin: dict[str | int, Value] = {1: components, 2: int.from_bytes(fingerprint, "big")}
    origin[3] = len(key.path)  # readers that take the depth from here make an invalid key without
    hdkey: dict[str | int, Value] = {
        3: key.public_key,
        4: key.chain_code,
        6: Tag(_KEYPATH[version], origin),
        8: int.from_bytes(key.parent_fingerprint, "big"),
    }
    if not key.mainnet:
        hdkey[5] = Tag(_COIN_INFO[version], {2: _TEST_COINS})
    return Tag(_HDKEY[version], hdkey)


def _parse_output(value: Value) -> AccountKey | None:
    names: list[str] = []
    while isinstance(value, Tag) and value.number in (_OUTPUT, *_SCRIPTS):
        if value.number != _OUTPUT:
            names.append(_SCRIPTS[value.number])
        value = value.value
    if not names or not (isinstance(value, Tag) and value.number in _HDKEY):
        return None
    script = "(".join(names) + ")" * (len(names) - 1)
    return parse_key(script, value)[1]


def parse_key(script: str, value: Value) -> tuple[bytes, AccountKey]:
    """The master fingerprint that an hdkey names (zeros when it names none), and the key.

    Raises Malformed, also for a private key.
    """
    fields = _fields(value, _HDKEY)
    match fields:
        case {3: bytes(public_key), 4: bytes(chain_code)} if (
            len(public_key) == 33 and public_key[0] in (2, 3) and len(chain_code) == 32
        ):
            pass
        case _:
            # Also the answer to a private key: nobody may be led to show one to a camera.
            raise Malformed("An account key is a public key of 33 bytes and a chain code of 32.")
    origin = _fields(fields.get(6), _KEYPATH)
    coin = _fields(fields[5], _COIN_INFO) if 5 in fields else {}
    key = AccountKey(
        script,
        _path(origin.get(1)),
        public_key,
        chain_code,
        _fingerprint(fields.get(8, 0)),
        mainnet=coin.get(2, 0) == 0,
    )
    return _fingerprint(origin.get(2, 0)), key


def _fields(value: Value, tags: tuple[int, ...]) -> Fields:
    match value:
        case Tag(number, dict(fields)) if number in tags:
            return fields
        case dict(fields):
            return fields
        case _:
            raise Malformed("A part of an account key is missing or is no CBOR map.")


def _path(components: Value) -> tuple[int, ...]:
    """Index and hardened-or-not in turn (BCR-2020-007, keypath); ranges are refused."""
    if not isinstance(components, list) or len(components) % 2 or len(components) > 2 * _MAX_PATH:
        raise Malformed("The path of an account key is not a list of pairs.")
    return tuple(_step(components[i], components[i + 1]) for i in range(0, len(components), 2))


def _step(index: Value, hardened: Value) -> int:
    if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < HARDENED:
        raise Malformed("A step in the path of an account key is no index.")
    if not isinstance(hardened, bool):
        raise Malformed("A step in the path of an account key is neither hardened nor not.")
    return index + HARDENED if hardened else index


def _fingerprint(number: Value) -> bytes:
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < 1 << 32:
        raise Malformed("A key fingerprint is a number of 32 bits.")
    return number.to_bytes(4, "big")
