"""From what is stored to keys."""

from signer.keys.backups.master_seed import MasterSeed
from signer.keys.curve import Buffer, erase
from signer.keys.keyring import Keyring
from signer.keys.seeds.mnemonic import seed_from_entropy


def keyring(entropy: bytearray, passphrase: Buffer = b"") -> Keyring:
    """The keys of BIP39 entropy and a passphrase (UTF-8), empty for none. The entropy is wiped.

    Those of a `MasterSeed` are its own: no passphrase goes with it.
    """
    try:
        if isinstance(entropy, MasterSeed):
            return Keyring(entropy)
        return Keyring(seed_from_entropy(entropy, passphrase))
    finally:
        erase(entropy)
