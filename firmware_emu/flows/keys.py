"""From stored entropy to keys."""

from signer.keys.curve import erase
from signer.keys.keyring import Keyring
from signer.keys.mnemonic import seed_from_words, words_from_entropy


def keyring(entropy: bytearray) -> Keyring:
    """The keys of BIP39 entropy, without a passphrase. The entropy is wiped."""
    words = words_from_entropy(entropy)
    erase(entropy)
    return Keyring(seed_from_words(words))
