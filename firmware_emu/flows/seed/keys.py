"""From stored entropy to keys."""

from signer.keys.curve import erase
from signer.keys.keyring import Keyring
from signer.keys.seeds.mnemonic import seed_from_entropy


def keyring(entropy: bytearray) -> Keyring:
    """The keys of BIP39 entropy, without a passphrase. The entropy is wiped."""
    try:
        return Keyring(seed_from_entropy(entropy))
    finally:
        erase(entropy)
