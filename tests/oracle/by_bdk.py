"""What BDK says (bdkpython)."""

from base64 import b64encode
from dataclasses import dataclass

import bdkpython as bdk

from signer.keys.path import Path, render
from tests.policies import Made

NO_LOCKS = ((r"musig\(", "reads no musig()"), ("sortedmulti_a", "reads no sortedmulti_a()"))
_NETWORKS = {
    "mainnet": bdk.Network.BITCOIN,
    "testnet": bdk.Network.TESTNET,
    "regtest": bdk.Network.REGTEST,
}


@dataclass(frozen=True)
class Account:
    branches: list[bdk.Descriptor]
    network: bdk.Network

    def _at(self, branch: int, index: int) -> bdk.Address:
        return self.branches[branch].derive_address(index, self.network)

    def script(self, branch: int, index: int) -> bytes:
        return bytes(self._at(branch, index).script_pubkey().to_bytes())

    def address(self, branch: int, index: int) -> str:
        return str(self._at(branch, index))


def account(made: Made) -> Account:
    descriptor = bdk.Descriptor(made.descriptor, _kind(made.network))
    return Account(descriptor.to_single_descriptors(), _NETWORKS[made.network])


def _kind(network: str) -> bdk.NetworkKind:
    return bdk.NetworkKind.MAIN if network == "mainnet" else bdk.NetworkKind.TEST


def finalized(raw: bytes) -> bytes:
    """The transaction of a signed PSBT of version 0."""
    done = bdk.Psbt(b64encode(raw).decode()).finalize()
    assert done.could_finalize, done.errors
    return bytes(done.psbt.extract_tx().serialize())


# --- seeds

NO_SEEDS = {
    "seed": "shows no seed",
    **dict.fromkeys(("child words", "child bytes", "child WIF", "child xprv"), "knows no BIP85"),
}


def words(entropy: bytes) -> str:
    return str(bdk.Mnemonic.from_entropy(entropy))


def master(sentence: str, passphrase: str, network: str) -> bdk.DescriptorSecretKey:
    read = bdk.Mnemonic.from_string(sentence)
    return bdk.DescriptorSecretKey(_kind(network), read, passphrase)


def xpub(key: bdk.DescriptorSecretKey, path: Path) -> str:
    at = key.derive(bdk.DerivationPath(render(path))) if path else key
    return str(at.as_public()).rpartition("]")[2]
