"""Seeds and what is derived from them: BIP39, BIP32, BIP85."""

from collections.abc import Callable, Iterator
from functools import partial
from types import ModuleType

from signer.chains.bitcoin.network import NETWORKS
from signer.keys.keyring import Keyring
from signer.keys.path import HARDENED, Path
from signer.keys.seeds import bip85, mnemonic
from tests.oracle.drawn import Drawn
from tests.oracle.tally import Question, Unasked

SEEDS = 15  # a turn
_PRINTABLE = "".join(map(chr, range(32, 127)))
# What is asked, what we say, and what the peer says: (form, ours, theirs).
Answers = Iterator[tuple[str, object, Callable[[], object]]]


def questions(seed: str, turn: int, peer: ModuleType) -> Iterator[Question | Unasked]:
    """The questions about some seeds, others at each turn."""
    for number in range(SEEDS):
        name = f"{seed}/seeds/{turn}/{number}"
        for form, ours, ask in _answers(Drawn(name), peer):
            why = peer.NO_SEEDS.get(form)
            yield Unasked(form, why) if why else Question(form, ours, ask, name)


def _answers(drawn: Drawn, peer: ModuleType) -> Answers:
    entropy = drawn.bytes(drawn.choice((16, 20, 24, 28, 32)))
    words = mnemonic.words_from_entropy(entropy)
    said = " ".join(words)
    passphrase = "".join(drawn.choice(_PRINTABLE) for _ in range(drawn.below(20)))
    seed = bytes(mnemonic.seed_from_words(words, passphrase))
    yield "words", said, lambda: peer.words(entropy)
    yield "seed", seed, lambda: peer.seed(said, passphrase)
    network = drawn.choice(("mainnet", "testnet"))
    keys, master = Keyring(bytearray(seed)), peer.master(said, passphrase, network)
    for _ in range(4):
        path = _path(drawn)
        ours = keys.extended(path).encode(NETWORKS[network].xpub)
        yield "xpub", ours, partial(peer.xpub, master, path)
    yield from _children(drawn, keys, master, peer)


def _path(drawn: Drawn) -> Path:
    steps = (drawn.below(1 << drawn.choice((1, 8, 31))) for _ in range(drawn.between(0, 6)))
    return tuple(step + HARDENED * drawn.below(2) for step in steps)


def _children(drawn: Drawn, keys: Keyring, master: object, peer: ModuleType) -> Answers:
    index = drawn.below(1 << drawn.choice((2, 8, 31)))
    count, size = drawn.choice((12, 18, 24)), drawn.between(16, 64)
    child = " ".join(bip85.words(keys, count, index))
    yield "child words", child, lambda: peer.child_words(master, count, index)
    some = bytes(bip85.hex_bytes(keys, size, index))
    yield "child bytes", some, lambda: peer.child_bytes(master, size, index)
    yield "child WIF", bip85.wif(keys, index), lambda: peer.child_wif(master, index)
    yield "child xprv", bip85.xprv(keys, index), lambda: peer.child_xprv(master, index)
