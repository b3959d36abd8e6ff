"""What a QR code may hold, and what it means."""

from firmware_emu.commands import Register, Unlock
from firmware_emu.personalities import WireExample

_KEYS = (
    (
        "[73c5da0a/48h/1h/0h/2h]tpubDFH9dgzveyD8zTbPUFuLrGmCydNvxehyNdUXKJAQN8x4aZ4j6UZqGfnq"
        "FrD4NqyaTVGKbvEW54tsvPTK2UoSbCC1PJY8iCNiwTL3RWZEheQ"
    ),
    (
        "[3f635a63/48h/1h/0h/2h]tpubDFPtPArj4GzBEFHohegg1Xatrc1Fi9oSox5LzuSRX91miwQxuUrEpBxp"
        "vDRsmZYJKYFhgdK3UStsjC8JKXfUbMinjFqiEM4uNwzVaCaHpys"
    ),
)
_DESCRIPTOR = f"wsh(sortedmulti(2,{_KEYS[0]}/<0;1>/*,{_KEYS[1]}/<0;1>/*))#yaphwlf8"
_TEMPLATE = "wsh(sortedmulti(2,@0/<0;1>/*,@1/<0;1>/*))"

EXAMPLES = (
    WireExample(
        _DESCRIPTOR.encode(),
        (
            Unlock(is_for_code=True),
            Register("bitcoin", "regtest", "Scanned yaphwlf8", _TEMPLATE, _KEYS),
        ),
        is_stream=False,
    ),
)
