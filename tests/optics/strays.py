"""A good message among strays and other animations: how many of its codes until it is whole."""

import itertools
from collections.abc import Callable, Iterable, Iterator

from signer.errors import Malformed
from signer.formats.payload.reader import Collector
from signer.formats.qr import bbqr, fountain, ur
from signer.formats.qr.bbqr import BbqrFile
from signer.formats.qr.ur import Ur, UrPart
from tests.optics.figures import Figure
from tests.optics.transfers import noise


def endless(payload: Ur, fragment: int) -> Iterator[str]:
    """Every part of a payload, in order."""
    parts = fountain.parts(payload.cbor, fragment)
    return (ur.render(UrPart(payload.type, part)) for part in parts)


def fresh_strays() -> Iterator[str]:
    """Parts of messages that never come again."""
    for number in itertools.count():
        yield next(endless(ur.from_psbt(noise(f"stray {number}", 500)), 100))


def amid_animations(strays: int = 5, others: int = 3) -> tuple[int, int]:
    """Codes shown of a UR until it is whole, and its fragments n.

    Before each of its codes there are `strays` fresh ones and one of each other animation.
    """
    good = ur.from_psbt(noise("good", 4000))
    count = len(fountain.fragments(good.cbor, 200))
    animations = [
        endless(ur.from_psbt(noise(f"other {k}", 1500 + 900 * k)), 150) for k in range(others)
    ]
    between = [*animations, *[fresh_strays()] * strays]
    return _codes(endless(good, 200), good, lambda: map(next, between)), count


def amid_bbqr_strays(encoding: str) -> tuple[int, int]:
    """The same of a BBQr file of which every fourth code is followed by one of another file."""
    good = BbqrFile("P", noise("good", 5000))
    texts = bbqr.split(good, 10, encoding)
    other = itertools.cycle(bbqr.split(BbqrFile("P", noise("other", 4000)), 10, encoding))
    turn = itertools.count()

    def between() -> Iterable[str]:
        return [next(other)] if next(turn) % 4 == 3 else []

    return _codes(itertools.cycle(texts), good, between), len(texts)


def _codes(texts: Iterator[str], good: object, between: Callable[[], Iterable[str]]) -> int:
    collector = Collector()
    for shown, text in enumerate(itertools.islice(texts, 2000), start=1):
        for stray in between():
            _add(collector, stray)
        if _add(collector, text) == good:
            return shown
    return 2000


def _add(collector: Collector, text: str) -> object:
    try:
        return collector.add(text.encode())
    except Malformed:
        return None


def figures() -> Iterator[Figure]:
    shown, count = amid_animations()
    yield Figure("good UR amid 5 strays a code and 3 animations", shown / count, "n", 3)
    for encoding in "H2Z":
        shown, count = amid_bbqr_strays(encoding)
        name = f"good BBQr-{encoding}, a stray of another file every 4th code"
        yield Figure(name, shown / count, "n", 3)
