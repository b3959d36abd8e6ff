"""Where others listen, as nodes tell each other: addr, and addrv2 (BIP155). No I/O."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

from host.p2p.peer import Address
from signer.errors import Malformed
from signer.formats.cursor import Cursor, compact_size

MAX_ADDRESSES = 1_000
MAX_ADDRESS_BYTES = 512  # BIP155
IPV4, IPV6 = 1, 2  # BIP155: network ids
_MAPPED = bytes(10) + b"\xff\xff"


def encode_addresses(addresses: Sequence[Address], services: int, time: int, *, v2: bool) -> bytes:
    """The payload of addrv2, or of addr when `v2` is false. `time`: seconds since 1970."""
    entries = [_encode(address, services, v2=v2) for address in addresses]
    stamp = time.to_bytes(4, "little")
    return compact_size(len(entries)) + b"".join(stamp + entry for entry in entries)


def parse_addresses(payload: bytes, *, v2: bool, services: int = 0) -> tuple[Address, ...]:
    """The IPv4 and IPv6 addresses in a message that offer these services; others are skipped.

    Raises Malformed.
    """
    cursor = Cursor(payload)
    count = cursor.count(9 if v2 else 30)
    if count > MAX_ADDRESSES:
        raise Malformed(f"{count} addresses in one message are more than {MAX_ADDRESSES}.")
    entries = [_parse_v2(cursor) if v2 else _parse(cursor) for _ in range(count)]
    cursor.end()
    return tuple(
        address for address, offered in entries if address and offered & services == services
    )


def _encode(address: Address, services: int, *, v2: bool) -> bytes:
    raw, port = ip_address(address.host).packed, address.port.to_bytes(2, "big")
    if v2:
        kind = bytes([IPV4 if len(raw) == 4 else IPV6])
        return compact_size(services) + kind + compact_size(len(raw)) + raw + port
    return services.to_bytes(8, "little") + (_MAPPED + raw)[-16:] + port


def _parse(cursor: Cursor) -> tuple[Address, int]:
    """An address, and what it offers (services)."""
    cursor.take(4)  # when it was seen
    services = int.from_bytes(cursor.take(8), "little")
    raw = cursor.take(16)
    host = IPv4Address(raw[12:]) if raw.startswith(_MAPPED) else IPv6Address(raw)
    return Address(str(host), int.from_bytes(cursor.take(2), "big")), services


def _parse_v2(cursor: Cursor) -> tuple[Address | None, int]:
    cursor.take(4)
    services = cursor.compact()
    kind, raw = cursor.uint(1), cursor.blob()
    if len(raw) > MAX_ADDRESS_BYTES:
        raise Malformed(f"An address has {MAX_ADDRESS_BYTES} bytes at most.")
    port = int.from_bytes(cursor.take(2), "big")
    if len(raw) != {IPV4: 4, IPV6: 16}.get(kind, len(raw)):
        raise Malformed("An address has another length than its network's.")
    return Address(str(ip_address(raw)), port) if kind in (IPV4, IPV6) else None, services
