"""How many codes, and how long, until a payment is across: ours to ours at version 20."""

import itertools
import statistics
from collections.abc import Iterator

from signer.formats.qr import peers, ur
from signer.formats.qr.parts import PartCollector
from signer.formats.qr.shower import LEAD_S, Shower
from signer.formats.qr.ur import PSBT_TYPES, Ur
from signer.hashes import sha256
from tests.optics.figures import Figure

BARS = {20_000: (57, 6.0), 100_000: (254, 26.0)}  # bytes -> codes, seconds
VERSION, LOSS = 20, 0.3


def noise(seed: str, length: int) -> bytes:
    """Bytes that no two seeds share, and no deflate makes less of."""
    blocks = (sha256(f"{seed} {n}".encode()) for n in range(-(-length // 32)))
    return b"".join(blocks)[:length]


def until_whole(size: int, seed: int, first: int = 0) -> tuple[int, float]:
    """Codes shown, and seconds, from code `first` on until a reader has it all.

    The seconds are those of the shower, with the time that the very first code stands.
    """
    payload = ur.from_psbt(noise(f"payment {seed}", size))
    shower = Shower(payload, peers.peer("quietkey"), VERSION)
    collector = PartCollector(PSBT_TYPES)
    seconds = 0.0 if first else LEAD_S
    for shown in itertools.count(1):
        is_lost = sha256(b"%d %d" % (seed, shown))[0] < LOSS * 256
        text = shower.series.text((first + shown - 1) % shower.length)
        if not is_lost and isinstance(collector.add(text), Ur):
            return shown, seconds
        seconds += shower.period_of(first + shown - 1)
    raise AssertionError


def medians(size: int, seeds: int, step: int = 0) -> tuple[float, float]:
    """The median codes and seconds of so many transfers; each begins `step` codes later."""
    seen = [until_whole(size, seed, seed * step) for seed in range(seeds)]
    codes, seconds = zip(*seen, strict=True)
    return statistics.median(codes), statistics.median(seconds)


def figures(seeds: int = 30) -> Iterator[Figure]:
    for size, (most_codes, most_seconds) in BARS.items():
        for step, moment in ((0, "from the start"), (1009, "from any moment on")):
            name = f"{size // 1000} KB at version {VERSION}, {LOSS:.0%} lost, {moment}"
            codes, seconds = medians(size, seeds, step)
            yield Figure(name, codes, "codes", most_codes)
            yield Figure(name, seconds, "s", most_seconds)
