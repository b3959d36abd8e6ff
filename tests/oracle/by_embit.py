"""What embit says."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from ecdsa import SECP256k1
from ecdsa.util import sigdecode_der
from embit import bip32, bip39, bip85
from embit.descriptor import Descriptor
from embit.networks import NETWORKS
from embit.psbt import PSBT
from embit.script import Script
from embit.transaction import Transaction

from signer.chains.bitcoin.payment import signatures
from signer.chains.bitcoin.payment.signing import SigningTask, SpendPath
from signer.chains.bitcoin.psbt import container, fields
from signer.chains.bitcoin.psbt.container import Psbt
from signer.chains.bitcoin.transactions import sighash
from signer.formats.cursor import Cursor
from signer.keys.path import Path, render
from tests.oracle.digests import TAPROOT_KINDS, Spent
from tests.policies import Made

NO_LOCKS = (
    (r"musig\(", "reads no musig()"),
    # Not the 1 of multi(1,...) or thresh(1,...).
    (r"(?:[:,]|_[a-z]\(|or\()1[,)]", "reads no fragment 1"),
)
_NETWORKS = {"mainnet": "main", "testnet": "test", "regtest": "regtest"}


@dataclass(frozen=True)
class Account:
    descriptor: Descriptor
    network: str

    def script(self, branch: int, index: int) -> bytes:
        return bytes(self.descriptor.derive(index, branch_index=branch).script_pubkey().data)

    def address(self, branch: int, index: int) -> str:
        at = self.descriptor.derive(index, branch_index=branch)
        return str(at.address(NETWORKS[_NETWORKS[self.network]]))


def account(made: Made) -> Account:
    return Account(Descriptor.from_string(made.descriptor), made.network)


# --- digests


def no_digest(one: Spent) -> str:
    if one.coin.kind == "p2sh" and one.coin.behind:
        return "leaves it to the caller to take out OP_CODESEPARATOR"
    return "" if one.is_defined else "knows the hash types that have names"


def other_digest(one: Spent) -> str:
    is_single = one.flag & 0x1F == sighash.SINGLE
    if one.coin.kind in TAPROOT_KINDS:
        if one.flag & sighash.ANYONECANPAY:
            return "ANYONECANPAY: BIP341 has the outpoint, amount, script and sequence, once each"
        return "SINGLE: BIP341 has the SHA256 of the output" if is_single else ""
    if one.coin.kind.startswith("p2w") or not is_single or not one.index:
        return ""
    # Bitcoin Core, interpreter.cpp, SignatureHash.
    if one.index >= len(one.tx.outputs):
        return "SINGLE without its output: the number 1, least byte first"
    return "SINGLE: the amounts of the outputs before are -1, in 64 bits"


def digest(one: Spent) -> bytes:
    tx = Transaction.read_from(BytesIO(one.tx.encode()))
    code = Script(one.coin.code)
    match one.coin.kind:
        case "p2pkh" | "p2sh":
            return bytes(tx.sighash_legacy(one.index, code, one.flag))
        case "p2wpkh" | "p2wsh":
            return bytes(tx.sighash_segwit(one.index, code, one.output.sats, one.flag))
        case _:
            return _taproot(one, tx)


def _taproot(one: Spent, tx: Transaction) -> bytes:
    scripts = [Script(output.script_pubkey) for output in one.outputs]
    amounts = [output.sats for output in one.outputs]
    leaf = {"ext_flag": 1, "script": Script(one.coin.inner)} if one.coin.root else {}
    if one.coin.root and one.separator != sighash.NO_CODE_SEPARATOR:
        leaf["codeseparator_pos"] = one.separator
    return bytes(
        tx.sighash_taproot(one.index, scripts, amounts, one.flag, annex=one.annex or None, **leaf)
    )


# --- signatures

SAME_FILES = SAME_NONCES = False


def sign(raw: bytes, seed: bytes, _paths: Sequence[Path]) -> bytes:
    request = PSBT.parse(raw)
    request.sign_with(bip32.HDKey.from_seed(seed), sighash=None)
    return bytes(request.serialize())


def no_signature(form: str, job: SigningTask, request: Psbt, index: int) -> str:
    scripts = [script for _, script in request.inputs[index].records_of(fields.TAP_LEAF_SCRIPT)]
    if job.spend_path is SpendPath.LEAF and not any(job.public_key in script for script in scripts):
        return "finds no key in a leaf that has its hash alone"
    if not all(one.sequence for one in request.tx.inputs):
        return "takes a sequence of 0 for the final one"
    # What differs is the digest: see there.
    is_single = job.hash_type & 0x1F == sighash.SINGLE
    alone = job.hash_type & sighash.ANYONECANPAY and job.spend_path is not SpendPath.ECDSA
    differs = alone or (is_single and (job.spend_path is not SpendPath.ECDSA or form == "pkh"))
    return "hash types whose digests differ" if differs else ""


def signature(signed: bytes, index: int, job: SigningTask) -> bytes | None:
    records = container.parse(signed).inputs[index]
    witness = records.get(fields.FINAL_SCRIPTWITNESS)
    if job.spend_path is SpendPath.KEY_PATH and witness:  # finished at once
        cursor = Cursor(witness)
        cursor.uint(1)
        return cursor.blob()
    return signatures.find(job, records)


def other_signature(found: bytes | None) -> str:
    # Bitcoin Core and Jade look at r itself, and so do we.
    is_high = found and sigdecode_der(found[:-1], SECP256k1.order)[0] >= 1 << 255
    return "takes a high r with a short s, once in some 500 times" if is_high else ""


# --- seeds

NO_SEEDS: dict[str, str] = {}


def words(entropy: bytes) -> str:
    return str(bip39.mnemonic_from_bytes(entropy))


def seed(sentence: str, passphrase: str) -> bytes:
    return bytes(bip39.mnemonic_to_seed(sentence, passphrase))


def master(sentence: str, passphrase: str, network: str) -> bip32.HDKey:
    version = NETWORKS[_NETWORKS[network]]["xprv"]
    return bip32.HDKey.from_seed(seed(sentence, passphrase), version)


def xpub(key: bip32.HDKey, path: Path) -> str:
    return str(key.derive(render(path)).to_public().to_base58())


def child_words(key: bip32.HDKey, count: int, index: int) -> str:
    return str(bip85.derive_mnemonic(key, count, index))


def child_bytes(key: bip32.HDKey, size: int, index: int) -> bytes:
    return bytes(bip85.derive_hex(key, size, index))


def child_wif(key: bip32.HDKey, index: int) -> str:
    return str(bip85.derive_wif(key, index).wif())


def child_xprv(key: bip32.HDKey, index: int) -> str:
    return str(bip85.derive_xprv(key, index).to_base58())
