"""How long a peer has for its answer to the light client: as long as it took before, and more."""

import asyncio

import pytest

from host.light_client.follower import stands_still
from host.p2p.messages import MAGIC, PeerMessage
from host.p2p.peer import Address
from host.p2p.relay import Relay

LONGEST_S = 1.5


class Talk:
    """A relay between two who only say names of messages, and a clock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: self.now)
        self.relay = Relay(Address("127.0.0.1", 1), "regtest", {})

    def asks(self, command: str) -> None:
        self.relay._heed(PeerMessage(command, b"").encode(MAGIC["regtest"]))

    def hears(self, command: str, after_s: float) -> None:
        self.now += after_s
        self.relay._hear(PeerMessage(command, b"").encode(MAGIC["regtest"]))

    def stands_still_after(self, seconds: float) -> bool:
        self.now += seconds
        return stands_still(self.relay, 99.0, LONGEST_S)


@pytest.mark.parametrize(
    ("delay_s", "silent_s", "is_still"),
    [(0.01, 0.3, False), (0.01, 0.4, True), (0.1, 0.7, False), (0.1, 0.9, True), (0.5, 1.4, False)],
)
async def test_who_was_quick_is_waited_for_less(
    monkeypatch: pytest.MonkeyPatch, delay_s: float, silent_s: float, is_still: bool
) -> None:
    talk = Talk(monkeypatch)
    for _ in range(3):
        talk.asks("getheaders")
        talk.hears("headers", delay_s)
    talk.asks("getdata")
    assert talk.stands_still_after(silent_s) is is_still


async def test_what_the_light_client_does_meanwhile_is_not_the_peers_delay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    talk = Talk(monkeypatch)
    for _ in range(4):
        talk.asks("getcfilters")
        talk.hears("cfilter", 0.01)
    assert not talk.stands_still_after(1.4)
    assert talk.stands_still_after(0.2)


async def test_one_of_whom_nothing_is_known_has_the_whole_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    talk = Talk(monkeypatch)
    talk.asks("getheaders")
    assert not talk.stands_still_after(1.4)
    assert talk.stands_still_after(0.2)
