"""HOST:PORT as people write it."""

from host.errors import BadInput


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
