"""What libwally says (wallycore)."""

from collections.abc import Sequence
from dataclasses import dataclass

import wallycore as wally

from signer.chains.bitcoin.payment import signatures
from signer.chains.bitcoin.payment.signing import SigningTask, SpendPath
from signer.chains.bitcoin.psbt import container
from signer.chains.bitcoin.psbt.container import Psbt
from signer.keys.path import Path
from tests.oracle.digests import ECDSA_KINDS, Spent
from tests.policies import Made

NO_LOCKS = (
    (r"musig\(", "reads no musig()"),
    ("tr with scripts", "reads no script trees"),
    (r"[(,{][as]?n[a-z]*:", "does not know that n: keeps the property d (BIP379)"),
)
_NETWORKS = {
    "mainnet": wally.WALLY_NETWORK_BITCOIN_MAINNET,
    "testnet": wally.WALLY_NETWORK_BITCOIN_TESTNET,
    "regtest": wally.WALLY_NETWORK_BITCOIN_REGTEST,
}
_TAPROOT_SCRIPT = 0  # the version of a leaf's key that BIP342 defines


@dataclass(frozen=True)
class Account:
    descriptor: object

    def script(self, branch: int, index: int) -> bytes:
        return bytes(wally.descriptor_to_script(self.descriptor, 0, 0, 0, branch, index, 0))

    def address(self, branch: int, index: int) -> str:
        return str(wally.descriptor_to_address(self.descriptor, 0, branch, index, 0))


def account(made: Made) -> Account:
    return Account(wally.descriptor_parse(made.descriptor, None, _NETWORKS[made.network], 0))


# --- digests


def no_digest(one: Spent) -> str:
    if one.coin.kind == "p2sh" and one.coin.behind:
        return "leaves it to the caller to take out OP_CODESEPARATOR"
    if one.coin.root and one.coin.before:
        return "signs no leaf behind an OP_CODESEPARATOR"
    return "" if one.is_defined else "knows the hash types that have names"


def other_digest(_: Spent) -> str:
    return ""


def digest(one: Spent) -> bytes:
    tx = wally.tx_from_bytes(one.tx.encode(), 0)
    if one.coin.kind in ECDSA_KINDS:
        flags = wally.WALLY_TX_FLAG_USE_WITNESS if one.coin.kind.startswith("p2w") else 0
        code, sats = one.coin.code, one.output.sats
        return bytes(wally.tx_get_btc_signature_hash(tx, one.index, code, sats, one.flag, flags))
    return _taproot(one, tx)


def _taproot(one: Spent, tx: object) -> bytes:
    scripts = wally.map_init(len(one.outputs), None)
    for index, output in enumerate(one.outputs):
        wally.map_add_integer(scripts, index, output.script_pubkey)
    amounts = [output.sats for output in one.outputs]
    leaf = one.coin.inner if one.coin.root else None
    said = (leaf, _TAPROOT_SCRIPT, wally.WALLY_NO_CODESEPARATOR, one.annex or None, one.flag, 0)
    return bytes(wally.tx_get_btc_taproot_signature_hash(tx, one.index, scripts, amounts, *said))


# --- signatures

SAME_FILES = SAME_NONCES = True


def sign(raw: bytes, seed: bytes, paths: Sequence[Path]) -> bytes:
    """Key by key: asked to find the keys of a seed, it finds the first of each input."""
    request = wally.psbt_from_bytes(raw, 0)
    for path in paths:
        secret = wally.bip32_key_get_priv_key(_at(_root(seed), path))
        wally.psbt_sign(request, secret, wally.EC_FLAG_GRIND_R)
    return bytes(wally.psbt_to_bytes(request, 0))


def no_signature(_form: str, job: SigningTask, _request: Psbt, _index: int) -> str:
    return "signs no leaves" if job.spend_path is SpendPath.LEAF else ""


def signature(signed: bytes, index: int, job: SigningTask) -> bytes | None:
    return signatures.find(job, container.parse(signed).inputs[index])


def other_signature(_: bytes | None) -> str:
    return ""


# --- seeds

NO_SEEDS = dict.fromkeys(("child bytes", "child WIF", "child xprv"), "makes words only")


def words(entropy: bytes) -> str:
    return str(wally.bip39_mnemonic_from_bytes(None, entropy))


def seed(sentence: str, passphrase: str) -> bytes:
    return bytes(wally.bip39_mnemonic_to_seed512(sentence, passphrase))


def master(sentence: str, passphrase: str, network: str) -> object:
    return _root(seed(sentence, passphrase), network)


def _root(raw: bytes, network: str = "testnet") -> object:
    is_main = network == "mainnet"
    version = wally.BIP32_VER_MAIN_PRIVATE if is_main else wally.BIP32_VER_TEST_PRIVATE
    return wally.bip32_key_from_seed(raw, version, 0)


def xpub(key: object, path: Path) -> str:
    return str(wally.bip32_key_to_base58(_at(key, path), wally.BIP32_FLAG_KEY_PUBLIC))


def _at(key: object, path: Path) -> object:
    flags = wally.BIP32_FLAG_KEY_PRIVATE
    return wally.bip32_key_from_parent_path(key, list(path), flags) if path else key


def child_words(key: object, count: int, index: int) -> str:
    return words(bytes(wally.bip85_get_bip39_entropy(key, None, count, index)))
