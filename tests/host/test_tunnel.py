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
from host.errors import BadInput, NetworkError
from host.servers import location
from host.servers.tunnel import Route, connect
from tests.electrum import electrum
from tests.esplora import served
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
        route = Route("127.0.0.1", port, None, known)
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
            await said(Route("127.0.0.1", port, None, known))


async def test_damaged_memory_of_certificates_does_not_begin_trust_anew(tmp_path: Path) -> None:
    known = tmp_path / "certificates.json"
    known.write_text("{")
    async with listening(certificate(tmp_path, "any")) as port:
        with pytest.raises(NetworkError, match="cannot be read"):
            await said(Route("127.0.0.1", port, None, known))


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


@asynccontextmanager
async def socks(names: dict[str, int], *, refuse: bool = False) -> AsyncIterator[int]:
    """A SOCKS5 proxy that knows a few names and takes no password."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readexactly(3) == b"\x05\x01\x00"
        writer.write(b"\x05\x00")
        assert await reader.readexactly(4) == b"\x05\x01\x00\x03"
        name = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        await reader.readexactly(2)
        writer.write(b"\x05" + bytes([refuse]) + b"\x00\x01" + bytes(6))
        theirs, out = await asyncio.open_connection("127.0.0.1", names[name])

        async def copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while data := await source.read(1000):
                sink.write(data)
            sink.close()

        await asyncio.gather(copy(reader, out), copy(theirs, writer), return_exceptions=True)

    async with served(serve) as port:
        yield port


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
async def test_the_proxy_finds_the_name_and_this_machine_does_not(
    devnet: Devnet, tmp_path: Path, tls: bool
) -> None:
    wallet = paired(tmp_path / "wallet")
    await devnet.fund(wallet.next_address().address, 7_000)
    context = certificate(tmp_path, "hidden") if tls else None
    async with electrum(devnet, context) as url:
        scheme, _, port = url.split(":")
        async with socks({"hidden.onion": int(port)}) as proxy:
            around = Surroundings(
                "regtest", tmp_path / "cache", tmp_path / "known.json", f"127.0.0.1:{proxy}"
            )
            backend = backends.open_url(f"{scheme}:hidden.onion:50001", around)
            await backend.sync(wallet)
            await backend.close()
    assert wallet.balance().confirmed_sats == 7_000


async def test_a_proxy_that_does_not_reach_it_is_a_sentence() -> None:
    async with listening(None) as port, socks({"x": port}, refuse=True) as proxy:
        with pytest.raises(NetworkError, match="The proxy does not reach x:1"):
            await connect(Route("x", 1, ("127.0.0.1", proxy)))


async def test_what_is_no_proxy_is_a_sentence() -> None:
    async with listening(None) as port:
        with pytest.raises(NetworkError, match=r"does not (speak SOCKS5|answer)"):
            await connect(Route("x", 1, ("127.0.0.1", port)))


@pytest.mark.parametrize(
    "text",
    ["", "host", "host:", ":1", "host:0", "host:65536", "a b:1", "u@h:1", "::1:5", "h:\u0661"],
)
def test_what_is_no_host_and_port_is_an_error(text: str) -> None:
    with pytest.raises(BadInput, match="is not HOST:PORT"):
        location.parse(text, "a:1")


def test_hosts_and_ports_are_read() -> None:
    assert location.parse_all("a:1,[::1]:2,", "a:1") == (("a", 1), ("::1", 2))
