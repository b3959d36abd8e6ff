"""The way to an Electrum server: a certificate that is kept to, and a proxy that finds the name."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from host import backends
from host.backends import Surroundings
from host.devnet.network import Devnet
from host.dialer import DIRECT
from host.errors import BadInput, NetworkError
from host.servers import location
from host.servers.tunnel import Route, connect
from tests.electrum import electrum
from tests.proxies import Socks
from tests.wallets import paired


def certificate(folder: Path, name: str) -> ssl.SSLContext:
    """A server's side of TLS, signed by nobody but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    built = x509.CertificateBuilder(
        subject, subject, key.public_key(), 1, datetime(2020, 1, 1, tzinfo=UTC),
        datetime(2120, 1, 1, tzinfo=UTC),
    ).sign(key, hashes.SHA256())  # fmt: skip
    file = folder / f"{name}.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + built.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@asynccontextmanager
async def listening(tls: ssl.SSLContext | None, port: int = 0) -> AsyncIterator[int]:
    """Something that answers whatever it is told with the same."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.read(100))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", port, ssl=tls)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def said(route: Route) -> bytes:
    reader, writer = await connect(route)
    writer.write(b"hello")
    await writer.drain()
    answer = await reader.read(100)
    writer.close()
    return answer


async def test_the_certificate_of_the_first_time_is_kept_to(tmp_path: Path) -> None:
    known = tmp_path / "home" / "certificates.json"
    honest, other = (certificate(tmp_path, name) for name in ("honest", "other"))
    async with listening(honest) as port:
        route = Route("127.0.0.1", port, DIRECT, known)
        assert await said(route) == b"hello"
        assert await said(route) == b"hello"
    async with listening(other, port):
        with pytest.raises(NetworkError, match="another certificate than the first time"):
            await said(route)
    assert list(json.loads(known.read_text())) == [f"127.0.0.1:{port}"]
    known.unlink()
    async with listening(other, port):
        assert await said(route) == b"hello", "who deletes the line trusts anew"


async def test_a_server_vouched_for_by_an_authority_is_not_believed_without_one(
    tmp_path: Path,
) -> None:
    known = tmp_path / "certificates.json"
    async with listening(certificate(tmp_path, "self-signed")) as port:
        known.write_text(json.dumps({f"127.0.0.1:{port}": "authority"}))
        with pytest.raises(NetworkError, match="another certificate"):
            await said(Route("127.0.0.1", port, DIRECT, known))


async def test_damaged_memory_of_certificates_does_not_begin_trust_anew(tmp_path: Path) -> None:
    known = tmp_path / "certificates.json"
    known.write_text("{")
    async with listening(certificate(tmp_path, "any")) as port:
        with pytest.raises(NetworkError, match="cannot be read"):
            await said(Route("127.0.0.1", port, DIRECT, known))


async def test_a_wallet_is_synced_over_tls_and_not_by_an_impostor(
    devnet: Devnet, tmp_path: Path
) -> None:
    wallet = paired(tmp_path / "wallet")
    await devnet.fund(wallet.next_address().address, 7_000)
    around = Surroundings("regtest", tmp_path / "cache", tmp_path / "certificates.json")
    async with electrum(devnet, certificate(tmp_path, "honest")) as url:
        backend = backends.open_url(url, around)
        await backend.sync(wallet)
        await backend.close()
    assert wallet.balance().confirmed_sats == 7_000
    async with electrum(devnet, certificate(tmp_path, "honest")) as url:
        known = {url.partition(":")[2]: "00" * 32}
        (tmp_path / "certificates.json").write_text(json.dumps(known))
        backend = backends.open_url(url, around)
        with pytest.raises(NetworkError, match="another certificate"):
            await backend.sync(wallet)
        await backend.close()


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
async def test_the_proxy_finds_the_name_and_this_machine_does_not(
    devnet: Devnet, tmp_path: Path, tls: bool
) -> None:
    wallet = paired(tmp_path / "wallet")
    await devnet.fund(wallet.next_address().address, 7_000)
    context = certificate(tmp_path, "hidden") if tls else None
    async with electrum(devnet, context) as url:
        scheme, _, port = url.split(":")
        async with Socks({"hidden.onion": int(port)}) as proxy:
            known = tmp_path / "known.json"
            around = Surroundings("regtest", tmp_path / "cache", known, proxy.url)
            backend = backends.open_url(f"{scheme}:hidden.onion:50001", around)
            await backend.sync(wallet)
            await backend.close()
    assert wallet.balance().confirmed_sats == 7_000


async def test_a_proxy_that_does_not_reach_it_is_a_sentence() -> None:
    async with Socks({}) as proxy:
        with pytest.raises(NetworkError, match="x:1 does not answer through the proxy"):
            await connect(Route("x", 1, location.dialer(proxy.url, ["x"])))


async def test_what_is_no_proxy_is_a_sentence() -> None:
    async with listening(None) as port:
        with pytest.raises(NetworkError, match=f"No SOCKS5 proxy answers at 127.0.0.1:{port}"):
            await connect(Route("x", 1, location.dialer(f"127.0.0.1:{port}", ["x"])))


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("10.0.0.1:9", (("10.0.0.1", 9),)),
        (" socks5://localhost:1080/ ", (("localhost", 1080),)),
        ("SOCKS5H://[::1]:9050", (("::1", 9050),)),
        ("tor", (("127.0.0.1", 9050), ("127.0.0.1", 9150))),
        ("Tor", (("127.0.0.1", 9050), ("127.0.0.1", 9150))),
    ],
)
def test_where_a_proxy_is_can_be_said_in_a_few_ways(
    text: str, places: tuple[tuple[str, int], ...]
) -> None:
    proxy = location.dialer(text, ["x.onion"]).proxy
    assert proxy is not None
    assert proxy.places == places


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("http://a:1", "no kind of proxy here. Use socks5://127"),
        ("socks5://me:secret@a:1", "A password does not belong in an address"),
        ("torr", "is not HOST:PORT, like socks5://"),
        ("socks5://a", "is not HOST:PORT"),
    ],
)
def test_what_cannot_be_a_proxy_is_refused_and_no_password_repeated(text: str, says: str) -> None:
    with pytest.raises(BadInput) as refused:
        location.dialer(text, [])
    assert says in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    ["", "host", "host:", ":1", "host:0", "host:65536", "a b:1", "u@h:1", "::1:5", "h:\u0661"],
)
def test_what_is_no_host_and_port_is_an_error(text: str) -> None:
    with pytest.raises(BadInput, match="is not HOST:PORT"):
        location.parse(text, "a:1")


def test_hosts_and_ports_are_read() -> None:
    assert location.parse_all("a:1,[::1]:2,", "a:1") == (("a", 1), ("::1", 2))
