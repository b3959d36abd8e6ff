"""Names (BIP353) looked up at a resolver on loopback, from zones of our own and published ones."""

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.errors import BadInput, HostError, NetworkError
from host.payees.errors import PayeeError
from host.payees.payee import read_payee
from host.servers.dns import NameResolver, ProvenName, client
from host.servers.dns.messages import question, read_answer
from host.servers.dns.names import record_name
from signer.dnssec import chain
from signer.errors import Malformed
from tests.dns_server import SERVER_FAILURE, NameServer, serving
from tests.proxies import Socks
from tests.signer import zones
from tests.signer.published import cases
from tests.signer.zones import CNAME, DNAME, DS, END, START, TXT, Proof, Times

ALICE = "alice@example.org"
RECORD = "alice.user._bitcoin-payment.example.org"
LINK = "bitcoin:bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
NOW = START + 1000


def zone(*texts: bytes, name: str = RECORD) -> Proof:
    """A chain of keys of our own from a root down to example.org, and what it says of a name."""
    proof = zones.chain(("org", 8), ("example.org", 13))
    proof.add(*((name, TXT, zones.text(text)) for text in texts or (LINK.encode(),)))
    return proof


ZONE, NAME = zone(), record_name(ALICE)


async def look_up(
    proof: Proof, name: str = ALICE, server: NameServer | None = None, now: int = NOW
) -> ProvenName:
    async with serving(replace(server or NameServer(), records=proof.records)) as running:
        resolver = NameResolver(running.dns, "", lambda: now, proof.anchors)
        return await resolver.resolve(name)


async def failure(
    proof: Proof, server: NameServer | None = None, now: int = NOW, name: str = ALICE
) -> str:
    with pytest.raises(HostError) as error:
        await look_up(proof, name, server, now)
    assert "No payment was created." in str(error.value) or "Nothing was paid." in str(error.value)
    return str(error.value)


# ---- found, and proven


async def test_a_name_is_the_link_that_its_zone_signed() -> None:
    proven = await look_up(zone())
    assert (proven.name, proven.link, proven.expires) == (ALICE, LINK, END)


async def test_the_proof_is_one_that_others_can_check() -> None:
    proof = zone()
    proven = await look_up(proof)
    assert chain.prove(proven.proof, record_name(ALICE), proof.anchors) == chain.ProvenTexts(
        (LINK.encode(),), START, END
    )
    assert sorted(zones.read(proven.proof)) == sorted(proof.records)


@pytest.mark.parametrize("hangs_up", [False, True])
async def test_one_connection_or_one_for_each_question(hangs_up: bool) -> None:
    assert (await look_up(zone(), server=NameServer(hangs_up=hangs_up))).link == LINK


async def test_a_long_link_in_several_strings_and_other_texts_beside_it() -> None:
    long = f"{LINK}?message={'x' * 300}".encode()
    proof = zones.chain(("org", 8), ("example.org", 13))
    proof.add(
        (RECORD, TXT, zones.text(long[:255], long[255:])),
        (RECORD, TXT, zones.text(b"v=spf1 -all")),
    )
    assert (await look_up(proof)).link == long.decode()


async def test_an_alias_into_another_zone_is_followed() -> None:
    proof = zones.chain(("org", 8), ("example.org", 13))
    proof.add((RECORD, CNAME, zones.wired("pay.example.net")))
    other = zones.chain(("net", 13), ("example.net", 14))
    other.add(("pay.example.net", TXT, zones.text(LINK.encode())))
    proof.records += [record for record in other.records if record not in proof.records]
    proof.anchors += other.anchors
    assert (await look_up(proof)).link == LINK


async def test_aliases_that_never_end_are_left() -> None:
    proof = zones.chain(("org", 8), ("example.org", 13))
    proof.add((RECORD, CNAME, zones.wired("b.example.org")))
    proof.add(("b.example.org", CNAME, zones.wired(RECORD)))
    assert "on and on" in await failure(proof)


@pytest.mark.parametrize("case", cases("bip353"))
async def test_published_zones_are_proven_by_the_root_that_everybody_knows(
    case: dict[str, str],
) -> None:
    value = zones.b64(case["base64"])
    name, records = value[1 : 1 + value[0]].decode(), zones.read(value[1 + value[0] :])
    async with serving(NameServer(records)) as server:
        resolver = NameResolver(server.dns, clock=lambda: 1_754_640_000)  # 2025-08-08
        if case["verdict"] == "invalid":
            with pytest.raises(PayeeError):
                await resolver.resolve(name)
            return
        proven = await resolver.resolve(name)
    assert read_payee(proven.link, "mainnet").address == case["address"]


# ---- nothing there, or nothing proven


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        ((b"hello",), "says nothing about payments"),
        ((LINK.encode(), b"BITCOIN:?lno=x"), "two ways to be paid"),
        ((b"bitcoin:\xff",), "cannot be read"),
    ],
)
async def test_exactly_one_text_is_a_link(texts: tuple[bytes, ...], says: str) -> None:
    assert says in await failure(zone(*texts))


def without(proof: Proof, *, owner: str, kind: int) -> Proof:
    covered = zones.number(kind)
    return replace(
        proof,
        records=[
            record
            for record in proof.records
            if not (record[0] == owner and (record[1] == kind or record[2][:2] == covered))
        ],
    )


async def test_a_name_that_is_not_there_may_be_an_address_of_something_else() -> None:
    said = await failure(zone(), name="bob@example.org")
    assert "there is nothing at bob.user._bitcoin-payment.example.org" in said
    assert "Lightning address" in said


async def test_a_domain_that_is_not_signed_is_named() -> None:
    proof = zone()
    proof.records = [record for record in proof.records if record[0] != RECORD or record[1] == TXT]
    assert f"{RECORD} is not signed (DNSSEC)" in await failure(proof)
    island = without(zone(), owner="example.org", kind=DS)
    assert "example.org is not signed (DNSSEC)" in await failure(island)


async def test_a_zone_above_that_a_name_is_replaced_by_is_named() -> None:
    proof = zones.chain(("org", 8), ("example.org", 13))
    proof.add(("user._bitcoin-payment.example.org", DNAME, zones.wired("example.net")))
    assert "through a DNAME record" in await failure(proof)


@pytest.mark.parametrize("now", [START - 1, END + 1])
async def test_signatures_of_another_time_count_for_nothing(now: int) -> None:
    assert "have run out, or begin later" in await failure(zone(), now=now)


async def test_of_two_signatures_the_one_of_today_counts() -> None:
    proof = zone()
    old = zones.signature(
        proof.key, proof.zone, [(RECORD, TXT, zones.text(LINK.encode()))], times=Times(1, NOW - 1)
    )
    proof.records.insert(0, old)
    assert (await look_up(proof)).expires == END


# ---- resolvers that fail


@pytest.mark.parametrize(
    ("server", "says"),
    [
        (NameServer(code=SERVER_FAILURE), "found signatures that are not right"),
        (NameServer(code=5), "does not want to answer"),
        (NameServer(change=lambda message: message[:2] + b"\x83" + message[3:]), "cut short"),
        (NameServer(change=lambda message: b"\x00\x00" + message[2:]), "another question"),
        (NameServer(change=lambda message: message[:-3]), "no answer that can be read"),
        (NameServer(change=lambda _: b""), "no answer that can be read"),
        (NameServer(change=lambda message: message[:12] + b"\xc0\x0c" + message[14:]), "leads to"),
    ],
)
async def test_a_resolver_that_fails_is_said(server: NameServer, says: str) -> None:
    assert says in await failure(zone(), server)


async def test_a_mute_resolver_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.PATIENCE_S <= 10
    monkeypatch.setattr("host.servers.dns.names.PATIENCE_S", 0.2)
    assert "does not answer over TCP" in await failure(zone(), NameServer(mute=True))


async def test_the_proxy_is_asked_for_the_resolver() -> None:
    proof = zone()
    async with serving(NameServer(proof.records)) as server:
        names = {"dns.example": server.port}
        async with Socks(names) as proxy:
            resolver = NameResolver("dns.example", proxy.url, lambda: NOW, proof.anchors)
            assert (await resolver.resolve(ALICE)).link == LINK
            assert {host for host, _ in proxy.asked} == {"dns.example"}
        async with Socks({}) as proxy:
            with pytest.raises(NetworkError, match="does not answer through the proxy"):
                await replace(resolver, proxy=proxy.url).resolve(ALICE)
        with pytest.raises(NetworkError, match="No SOCKS5 proxy answers"):
            await replace(resolver, proxy=proxy.url).resolve(ALICE)


async def test_nobody_there_is_said(unused_tcp_port: int) -> None:
    resolver = NameResolver(f"127.0.0.1:{unused_tcp_port}")
    with pytest.raises(NetworkError, match="does not answer over TCP"):
        await resolver.resolve(ALICE)


@given(st.data())
def test_no_message_breaks_the_reader(data: st.DataObject) -> None:
    message = bytearray(NameServer(ZONE.records).answer(question(7, NAME, TXT)))
    for _ in range(data.draw(st.integers(1, 4))):
        message[data.draw(st.integers(0, len(message) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(message)))
    for changed in (bytes(message), bytes(message[:cut])):
        with suppress(Malformed):
            assert read_answer(changed, 7, NAME, TXT).code in range(16)


def test_which_resolver_is_asked() -> None:
    routes = [client.route(text, "") for text in ("9.9.9.9", "[2620:fe::fe]:53", "2620:fe::fe")]
    assert [(r.host, r.port) for r in routes] == [
        ("9.9.9.9", 53),
        ("2620:fe::fe", 53),
        ("2620:fe::fe", 53),
    ]
    through = client.route("dns.example:5353", "127.0.0.1:9050").dialer.proxy
    assert through is not None
    assert through.places == (("127.0.0.1", 9050),)
    with pytest.raises(BadInput, match="through the proxy: --dns"):
        client.route("", "127.0.0.1:9050")
    for wrong in ("", ":53", "a b"):
        with pytest.raises(BadInput):
            client._location(wrong)


async def test_names_that_no_zone_can_have() -> None:
    for name in (f"{'a' * 64}@example.org", f"a@{'b.' * 130}org"):
        with pytest.raises(PayeeError, match="longer than a name can be"):
            record_name(name)
