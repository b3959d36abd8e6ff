"""HOST:PORT as people write it, and the way there."""

from collections.abc import Iterable

from host.dialer import TOR, Dialer, Proxy
from host.errors import BadInput

PROXY = "socks5://127.0.0.1:9050"


def parse(text: str, example: str) -> tuple[str, int]:
    """Host and port of "HOST:PORT" or "[IPV6]:PORT". Raises BadInput, with an example."""
    host, _, port = text.strip().rpartition(":")
    plain = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    is_port = port.isascii() and port.isdecimal() and len(port) <= 5 and 0 < int(port) < 1 << 16
    is_host = plain and not set(plain) & set(" /@[],?#") and (plain == host) == (":" not in host)
    if not is_port or not is_host:
        raise BadInput(f"{text[:80]!r} is not HOST:PORT, like {example}.")
    return plain, int(port)


def parse_all(text: str, example: str) -> tuple[tuple[str, int], ...]:
    """Hosts and ports, set apart by commas. Raises BadInput."""
    return tuple(parse(part, example) for part in text.split(",") if part.strip())


def dialer(proxy: str, hosts: Iterable[str]) -> Dialer:
    """What calls these hosts, through a proxy if one is named: "tor", or where SOCKS5 is spoken.

    Raises BadInput for a text that names no proxy, and for .onion names without one.
    """
    text = proxy.strip()
    if not text:
        if any(host.lower().rstrip(".").endswith(".onion") for host in hosts):
            raise BadInput(
                "A name that ends in .onion is reached through Tor only. Nobody was asked. Start"
                " Tor and add --proxy tor."
            )
        return Dialer()
    if text.lower() == "tor":
        return Dialer(TOR)
    scheme, _, place = text.rpartition("://")
    if scheme.lower() not in {"", "socks5", "socks5h"}:
        raise BadInput(f"{scheme[:20]}:// is no kind of proxy here. Use {PROXY}.")
    if "@" in place:
        raise BadInput(
            "A password does not belong in an address, where other programs can read it, and names"
            f" that tell circuits apart are made up here. Nothing was sent. Use {PROXY}."
        )
    host, port = parse(place.rstrip("/"), PROXY)
    return Dialer(Proxy(f"{host}:{port}", ((host, port),)))
