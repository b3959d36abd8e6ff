"""What a client of Jade's sends, and what it means."""

from firmware_emu.commands import GetInfo, GetXpub
from firmware_emu.personalities import WireExample
from signer.formats import cbor
from signer.keys.path import parse

_ACCOUNT = parse("m/84h/1h/0h")
_GET_XPUB: cbor.Value = {
    "id": "7",
    "method": "get_xpub",
    "params": {"network": "localtest", "path": list(_ACCOUNT)},
}

EXAMPLES = (
    WireExample(cbor.encode({"id": "1", "method": "get_version_info"}), (GetInfo(),)),
    WireExample(cbor.encode(_GET_XPUB), (GetXpub("bitcoin", "regtest", _ACCOUNT),)),
)
