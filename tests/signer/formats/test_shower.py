"""Codes one after the other: their size, their speed, and what keys change of them."""

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.formats.qr import peers, ur
from signer.formats.qr.bbqr import CAPACITY, BbqrCollector, BbqrFile
from signer.formats.qr.parts import PartCollector
from signer.formats.qr.series import LARGEST, SMALLEST, cut
from signer.formats.qr.shower import JITTER, LEAD_S, Shower
from signer.formats.qr.ur import Ur
from signer.hashes import sha256

LONG = ur.from_psbt(bytes(range(256)) * 100)


@given(length=st.integers(1, 20_000), version=st.integers(SMALLEST, LARGEST))
def test_every_part_fits_its_version_and_a_smaller_one_would_not_do(
    length: int, version: int
) -> None:
    series = cut(Ur("crypto-psbt", bytes(length)), version)
    assert series.version is not None
    assert series.version <= version
    for index in {0, series.length - 1, series.length // 2}:
        assert len(series.text(index)) <= CAPACITY[series.version - 1]


def test_room_is_used_well() -> None:
    """The fragments that the paper of our measurements has for these versions, or larger ones."""
    for version, count in ((6, 25_600 // 58), (10, 25_600 // 158), (20, 25_600 // 585)):
        assert cut(LONG, version).count <= count + 1


@pytest.mark.parametrize("version", [4, 6, 12, 20])
def test_what_is_shown_is_read_back_whatever_the_room(version: int) -> None:
    payload = ur.from_psbt(bytes(range(256)) * 3)
    shower = Shower(payload, room=version)
    collector = PartCollector(ur.PSBT_TYPES)
    seen = [collector.add(shower.series.text(n)) for n in range(shower.series.count)]
    assert seen[-1] == payload
    file = BbqrFile("P", bytes(range(256)) * 3)
    by_bbqr = Shower(file, room=version)
    files = BbqrCollector("P")
    assert [files.add(by_bbqr.series.text(n)) for n in range(by_bbqr.length)][-1] == file


def test_a_bbqr_file_of_too_many_codes_gets_a_larger_version() -> None:
    file = BbqrFile("J", b"".join(sha256(bytes([n % 256, n // 256])) for n in range(4_000)))
    series = cut(file, SMALLEST)
    assert series.version is not None
    assert series.version > SMALLEST
    assert series.count <= 1295


def test_the_first_code_of_five_hundred_is_there_within_twenty_milliseconds() -> None:
    spent = []
    for turn in range(5):
        payload = ur.from_psbt(turn.to_bytes(1, "big") + bytes(31_000))
        began = time.perf_counter()
        shower = Shower(payload, room=6)
        assert shower.series.count > 480
        assert shower.text
        assert shower.summary().startswith(f"1/{shower.series.count}, ")
        spent.append(time.perf_counter() - began)
    assert min(spent) < 0.02


def test_the_first_code_stands_and_then_they_come_with_jitter_at_the_rate_that_was_said() -> None:
    shower = Shower(LONG)
    assert shower.tick(LEAD_S).index == 0
    changes, time_s = [], 0.0
    while len(changes) < 200:
        after = shower.tick(0.001)
        time_s += 0.001
        if after.shown != shower.shown:
            changes.append(time_s)
        shower = after
    gaps = [later - earlier for earlier, later in itertools.pairwise(changes)]
    assert sum(gaps) / len(gaps) == pytest.approx(0.2, rel=0.02)
    assert min(gaps) < 0.2 * (1 - JITTER * 0.8)
    assert max(gaps) > 0.2 * (1 + JITTER * 0.8)


def test_late_ticks_do_not_slow_it_down() -> None:
    shower = Shower(LONG)
    for _ in range(1000):
        shower = shower.tick(0.05)
    assert shower.shown == pytest.approx((50 - LEAD_S) / 0.2, rel=0.05)


def test_keys() -> None:
    shower = Shower(LONG, room=20)
    assert shower.version == 12
    assert shower.press("+").version == 13
    assert shower.press("-").version == 11
    for _ in range(40):
        shower = shower.press("+")
    assert shower.version == 20
    assert shower.press("-").version == 19
    fast = Shower(LONG).press(">")
    assert fast.code_s == pytest.approx(0.16)
    assert fast.press("<").code_s == pytest.approx(0.2)
    paused = Shower(LONG).press(" ")
    assert paused.tick(100) is paused
    assert paused.press(" ").tick(100).index == 1
    assert paused.press("right").index == 1
    assert paused.press("left").index == paused.length - 1
    assert Shower(LONG).press("q") == Shower(LONG)


def test_a_single_code_stands() -> None:
    shower = Shower(("bc1",))
    assert shower.tick(100) is shower
    assert shower.press("right") is shower
    assert shower.summary() == "1 code"


def test_turns_of_the_peers() -> None:
    count = cut(LONG, 12).count
    lengths = {name: Shower(LONG, peers.peer(name), 12).length for name in peers.NAMES}
    assert lengths["sparrow"] == 2 * count
    assert lengths["quietkey"] > 50 * count
    with pytest.raises(LookupError):
        peers.peer("nobody")
