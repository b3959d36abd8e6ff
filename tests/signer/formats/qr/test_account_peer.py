"""@keystonehq/bc-ur-registry, by which BlueWallet and others read an account.

BlueWallet then makes a serialized key (BIP32) of each output: version 04b24746, the depth that the
origin names (so ours always do), the parent fingerprint, the last step of the path, chain code and
key. Its own import code made of 300 random codes of ours the same 300 keys and first addresses.
"""

import pytest

from signer import chains
from signer.formats import account, base58, cbor
from signer.formats.account import HARDENED, Account, AccountKey
from signer.formats.cbor import Tag, Value
from signer.formats.qr import peers, ur
from signer.formats.qr.parts import PartCollector
from signer.formats.qr.shower import Shower
from signer.formats.qr.ur import Ur
from signer.keys import path
from signer.keys.keyring import Keyring
from signer.keys.seeds import mnemonic
from tests.signer.formats.qr import node

ZPUB = bytes.fromhex("04b24746")  # SLIP132
WORDS = ["abandon"] * 11 + ["about"]
PACKAGE = "@keystonehq/bc-ur-registry"
PEER = f"""
{node.required(PACKAGE)}
const hex = (bytes) => bytes && bytes.toString('hex');
function answer(job) {{
  if (job.psbt) {{
    const encoder = new peer.CryptoPSBT(Buffer.from(job.psbt, 'hex')).toUREncoder(job.max);
    return Array.from({{length: job.count}}, () => encoder.nextPart());
  }}
  if (job.keys) return write(job);
  const decoder = new peer.URRegistryDecoder();
  for (const text of job.read) decoder.receivePart(text);
  const whole = decoder.resultRegistryType();
  if (whole.getPSBT) return hex(whole.getPSBT());
  return {{
    fingerprint: hex(whole.getMasterFingerprint()),
    keys: whole.getOutputDescriptors().map((output) => {{
      const key = output.getCryptoKey(), origin = key.getOrigin();
      const last = origin.getComponents().at(-1);
      return {{
        path: origin.getPath(),
        depth: origin.getDepth(),
        parent: hex(key.getParentFingerprint()),
        child: last.getIndex() + (last.isHardened() ? 0x80000000 : 0),
        chain: hex(key.getChainCode()),
        key: hex(key.getKey()),
      }};
    }}),
  }};
}}
function write(job) {{
  const fingerprint = Buffer.from(job.fingerprint, 'hex');
  const outputs = job.keys.map((key) => new peer.CryptoOutput(
    [peer.ScriptExpressions.WITNESS_PUBLIC_KEY_HASH],
    new peer.CryptoHDKey({{
      isMaster: false,
      key: Buffer.from(key.key, 'hex'),
      chainCode: Buffer.from(key.chain, 'hex'),
      origin: new peer.CryptoKeypath(
        key.steps.map(([index, hardened]) => new peer.PathComponent({{index, hardened}})),
        fingerprint, key.steps.length),
      parentFingerprint: Buffer.from(key.parent, 'hex'),
    }})));
  return new peer.CryptoAccount(fingerprint, outputs).toUREncoder(2000).nextPart();
}}
"""


def codes(ours: Ur) -> list[str]:
    """The codes as BlueWallet is shown them."""
    shower = Shower(ours, peers.peer("bluewallet"), 20)
    return [shower.series.text(n) for n in range(shower.series.count)]


def random_account(seed: str) -> Account:
    """Of most, the number of a parent fingerprint is short: its first bytes are zeros."""
    keys = []
    for script, purpose in (("wpkh", 84), ("sh(wpkh)", 49), ("pkh", 44)):
        raw = node.random_bytes(f"{seed} {script}", 64)
        parent = bytes(raw[0] % 4) + bytes([raw[1] | 1]) + raw[2:5]
        steps = (purpose + HARDENED, HARDENED, raw[5] % 20 + HARDENED)
        public = bytes([2 + raw[6] % 2]) + raw[:32]
        keys.append(AccountKey(script, steps, public, raw[32:], parent[:4], mainnet=True))
    return Account(node.random_bytes(f"{seed} master", 4), tuple(keys))


def serialized(version: bytes, depth: int, child: int, fields: tuple[bytes, bytes, bytes]) -> str:
    """What BlueWallet makes of an output's `fields`: parent fingerprint, chain code, key."""
    head = version + bytes([depth]) + fields[0] + child.to_bytes(4, "big")
    return base58.encode_check(head + fields[1] + fields[2])


def wanted(key: AccountKey) -> str:
    """The same of the key as it is."""
    return base58.encode_check(ZPUB + base58.decode_check(key.xpub)[4:])


def of_output(value: Value) -> str:
    """BlueWallet's rule, of an output's CBOR: it takes nothing from anywhere else."""
    while isinstance(value, Tag) and value.number != 303:
        value = value.value
    match value:
        case Tag(
            303,
            {
                3: bytes(key),
                4: bytes(chain),
                6: Tag(304, {1: [*_, int(index), True], 3: int(depth)}),
                8: int(parent),
            },
        ):
            fields = (parent.to_bytes(4, "big"), chain, key)
            return serialized(ZPUB, depth, index + HARDENED, fields)
        case _:
            raise AssertionError(value)


def test_the_key_that_bluewallet_makes_of_our_code_is_the_published_one() -> None:
    """BIP84 has the zpub of these words."""
    keyring = Keyring(mnemonic.seed_from_words(WORDS))
    steps = path.parse("m/84h/0h/0h")
    xpub = chains.load("bitcoin").xpub(keyring, steps, "mainnet")
    key = account.key("wpkh", steps, xpub)
    value = cbor.decode(account.render(Account(keyring.fingerprint, (key,))).cbor, cbor.LENIENT)
    assert isinstance(value, dict)
    outputs = value[2]
    assert isinstance(outputs, list)
    assert of_output(outputs[0]) == (
        "zpub6rFR7y4Q2AijBEqTUquhVz398htDFrtymD9xYYfG1m4wAcvPhXNfE3EfH1r1ADqtfSdVCToUG868RvUUkgDKf31m"
        "GDtKsAYz2oz2AGutZYs"
    )


@pytest.mark.parametrize("count", node.TRIPS)
def test_every_output_of_ours_makes_a_valid_key(count: int) -> None:
    for n in range(count):
        ours = random_account(f"rule {n}")
        value = cbor.decode(account.render(ours).cbor, cbor.LENIENT)
        assert isinstance(value, dict)
        outputs = value[2]
        assert isinstance(outputs, list)
        assert [of_output(output) for output in outputs] == list(map(wanted, ours.keys))


@node.needs(PACKAGE)
@pytest.mark.parametrize("count", node.TRIPS)
def test_the_peer_reads_our_accounts_to_the_same_keys(count: int) -> None:
    accounts = [random_account(f"ours {n}") for n in range(count)]
    jobs = [{"read": codes(account.render(ours))} for ours in accounts]
    for theirs, ours in zip(node.answers(PEER, jobs), accounts, strict=True):
        assert isinstance(theirs, dict)
        assert theirs["fingerprint"] == ours.fingerprint.hex()
        for read, key in zip(theirs["keys"], ours.keys, strict=True):
            fields = tuple(bytes.fromhex(read[name]) for name in ("parent", "chain", "key"))
            made = serialized(ZPUB, read["depth"], read["child"], fields)
            assert made == wanted(key)
            assert read["path"] == "/".join(f"{step - HARDENED}'" for step in key.path)


@node.needs(PACKAGE)
@pytest.mark.parametrize("count", node.TRIPS)
def test_we_read_the_accounts_of_the_peer(count: int) -> None:
    accounts = [random_account(f"theirs {n}") for n in range(count)]
    jobs = [
        {
            "fingerprint": whole.fingerprint.hex(),
            "keys": [
                {
                    "key": key.public_key.hex(),
                    "chain": key.chain_code.hex(),
                    "parent": key.parent_fingerprint.hex(),
                    "steps": [[step - HARDENED, True] for step in key.path],
                }
                for key in whole.keys
            ],
        }
        for whole in accounts
    ]
    for text, whole in zip(node.answers(PEER, jobs), accounts, strict=True):
        assert isinstance(text, str)
        read = ur.parse(text)
        assert isinstance(read, Ur)
        ours = account.parse(read)
        assert ours.fingerprint == whole.fingerprint
        assert [key.xpub for key in ours.keys] == [key.xpub for key in whole.keys]


@node.needs(PACKAGE)
@pytest.mark.parametrize("count", node.TRIPS)
def test_payments_cross_each_way(count: int) -> None:
    payments = [
        b"psbt\xff" + node.random_bytes(f"psbt {n}", node.random_number(f"psbt {n}", 3000))
        for n in range(count)
    ]
    jobs = [{"read": codes(ur.from_psbt(payment))} for payment in payments]
    assert node.answers(PEER, jobs) == [payment.hex() for payment in payments]
    jobs = [{"psbt": payment.hex(), "max": 175, "count": 60} for payment in payments]
    for n, texts in enumerate(node.answers(PEER, jobs)):
        assert isinstance(texts, list)
        collector = PartCollector(ur.PSBT_TYPES)
        seen = [collector.add(text) for k, text in enumerate(texts) if (n + k) % 4]
        assert next(ur.to_psbt(whole) for whole in seen if isinstance(whole, Ur)) == payments[n]
