"""The English word list of BIP39, checked: it encodes seeds and the words two screens compare."""

from mnemonic import Mnemonic

from signer.hashes import sha256

# english.txt of BIP39. Another list, by accident or on purpose, would make backups that restore
# nowhere else, so nothing starts with one.
_SHA256 = "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda"


def _checked(words: list[str]) -> tuple[str, ...]:
    if sha256("".join(f"{word}\n" for word in words).encode()).hex() != _SHA256:
        raise RuntimeError("The installed word list is not the English list of BIP39.")
    return tuple(words)


ENGLISH = _checked(Mnemonic("english").wordlist)
"2048 words in alphabetical order; a word's place is its 11-bit value."
