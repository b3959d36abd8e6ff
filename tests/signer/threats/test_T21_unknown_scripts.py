"""A script without an address is shown as what it is, with a warning, and never as an address."""

import pytest

from signer.chains.bitcoin.transactions import script
from tests.psbts import Out, draft, keyring, review, text

ODD = {
    "witness version 16": b"\x60\x20" + bytes(range(32)),
    "witness version 2": b"\x52\x20" + bytes(range(32)),
    "two other bytes than an anchor's": b"\x51\x02\x4e\x74",
    "an anchor and a byte": b"\x51\x02\x4e\x73\x51",
    "version 1 of 20 bytes": b"\x51\x14" + bytes(20),
    "anyone can spend": b"\x51",
    "empty": b"",
    "bare key": b"\x21\x02" + bytes(32) + b"\xac",
    "P2WPKH and a byte": b"\x00\x14" + bytes(20) + b"\x51",
}


@pytest.mark.parametrize("odd", ODD.values(), ids=list(ODD))
def test_an_unknown_script_is_shown_in_hex_behind_a_warning(odd: bytes) -> None:
    made = draft(keyring())
    made.outs[0].script = odd
    shown = text(review(made.encode(), keyring()).pages)
    assert shown.startswith("[Unknown script]\nOutput 1 pays 25 000 sats to a script without")
    assert f"to an unknown script {odd.hex() or '(empty)'}" in shown
    assert shown.count("bcrt1") == 1  # the change


def test_a_taproot_key_that_is_no_key_is_warned_of() -> None:
    """No x-only key has the coordinate 5 (BIP340): coins sent there are lost."""
    made = draft(keyring())
    made.outs[0].script = script.p2tr((5).to_bytes(32, "big"))
    shown = text(review(made.encode(), keyring()).pages)
    assert shown.startswith(
        "[Nobody can spend it]\nOutput 1 is locked by a key that does not exist."
    )


def test_known_scripts_carry_no_warning() -> None:
    known = [script.p2pkh(bytes(20)), script.p2sh(bytes(20)), script.p2wpkh(bytes(20))]
    known += [script.p2wsh(bytes(32)), script.p2tr((1).to_bytes(32, "big"))]
    made = draft(keyring(), coin_sats=1_000_000)
    made.outs += [Out([], 1_000, locked) for locked in known]
    made.outs[1].sats -= 5_000
    shown = text(review(made.encode(), keyring()).pages)
    assert shown.startswith("[Recipient 1 of 6]")
    assert "Recipient 6 of 6" in shown
