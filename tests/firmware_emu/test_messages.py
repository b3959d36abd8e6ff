"""Signing a message on the device: what is read, what is answered, and the host's part in it."""

from base64 import b64decode
from typing import Any

import pytest
from mnemonic import Mnemonic

from firmware_emu.commands import Fault, FaultCode, RevealEntropy, Signature, SignMessage
from firmware_emu.core.refusals import guarded
from firmware_emu.flows import (
    Flow,
    Locked,
    PendingSignature,
    RequestOutcome,
    SignaturePending,
    Step,
    StepDone,
)
from firmware_emu.flows.requests.message import reveal, sign_message
from firmware_emu.screens import Screen
from firmware_emu.screens.confirm import Confirm, Yes
from signer.errors import CrossCheckFailed
from signer.hashes import double_sha256
from signer.keys import exfil
from signer.keys.keyring import Keyring
from tests import psbts
from tests.desk import ABANDON, Cable, Desk, unlocked_desk, unwrapped

H = 1 << 31
PATH = [84 + H, 1 + H, H, 0, 0]
ENTROPY = bytes(range(32))
COMMITMENT = exfil.host_commitment(ENTROPY)
TEXT = {"path": PATH, "message": "I was here."}
TOGETHER = TEXT | {"ae_host_commitment": COMMITMENT}
SHOWN = {"ae_host_entropy": ENTROPY}


def asked(desk: Desk, cable: Cable, params: dict[str, Any]) -> dict[str, Any]:
    cable.request("sign_message", params)
    desk.approve()
    [reply] = cable.replies()
    return dict(reply)


def test_the_whole_message_and_its_key_are_read_before_it_is_signed() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    long = "All work and no play. " * 40
    cable.request("sign_message", TEXT | {"message": f"{long}\nThe end."})
    read = desk.approve()
    pages = [page.split("\n")[1:-1] for page in read]
    words = unwrapped(line for page in pages for line in page)
    assert long in words
    assert '"The end."' in words
    assert "m/84h/1h/0h/0/0" in words
    assert cable.replies()[0]["result"]


@pytest.mark.parametrize(
    ("message", "drawn"),
    [
        ("caf\u00e9", "caf\\xe9"),
        ("a\tb", "a<U+0009>b"),
        ("\u202eevil", "<U+202E>evil"),
        ("a\x1b[2J", "a<U+001B>[2J"),
    ],
)
def test_what_cannot_be_drawn_is_written_by_number_and_the_rest_is_signed(
    message: str, drawn: str
) -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    cable.request("sign_message", TEXT | {"message": message})
    read = "\n".join(desk.approve())
    assert f'"{drawn}"' in read
    assert all(" " <= letter <= "~" or letter in "\n\u2717\u2713\u25c2\u25b8" for letter in read)
    assert cable.replies()[0]["result"]


def test_a_hash_is_warned_about_as_something_nobody_can_read() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    cable.request("sign_message", TEXT | {"message": "ab" * 32})
    assert "Look twice" in desk.text


def test_declining_is_told_as_jade_tells_it() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    cable.request("sign_message", TEXT)
    desk.press("stop")
    error = {"code": -32000, "message": "User declined to sign message"}
    assert cable.replies()[0]["error"] == error


# Together with the host (T51)


def test_the_host_can_check_that_its_bytes_are_in_the_nonce() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    point = asked(desk, cable, TOGETHER)["result"]
    assert len(point) == 33
    compact = b64decode(cable.call("get_signature", SHOWN)["result"])
    assert len(compact) == 64
    keys = psbts.keyring()
    digest = message_digest("I was here.")
    assert exfil.verify(keys.public_key(tuple(PATH)), digest, der(compact), ENTROPY, point)


def message_digest(text: str) -> bytes:
    return double_sha256(b"\x18Bitcoin Signed Message:\n" + bytes((len(text),)) + text.encode())


def der(compact: bytes) -> bytes:
    numbers = b""
    for number in (compact[:32], compact[32:]):
        plain = number.lstrip(b"\0")
        plain = b"\0" + plain if plain[0] & 0x80 else plain
        numbers += bytes((2, len(plain))) + plain
    return bytes((0x30, len(numbers))) + numbers


def test_other_bytes_than_were_promised_are_refused() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    asked(desk, cable, TOGETHER)
    error = cable.call("get_signature", {"ae_host_entropy": bytes(32)})["error"]
    assert "not the ones it promised" in error["message"]
    assert cable.call("get_signature", SHOWN)["error"]["code"] == -32001


@pytest.mark.parametrize("entropy", [b"", b"short", bytes(33), "text", None])
def test_no_bytes_are_an_error_and_not_a_crash(entropy: object) -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    asked(desk, cable, TOGETHER)
    assert cable.call("get_signature", {"ae_host_entropy": entropy})["error"]["code"] == -32602


def test_the_signature_is_given_once() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    asked(desk, cable, TOGETHER)
    assert "result" in cable.call("get_signature", SHOWN)
    assert cable.call("get_signature", SHOWN)["error"]["code"] == -32001


@pytest.mark.parametrize("between", ["get_xpub", "logout", "add_entropy"])
def test_the_signature_is_owed_to_the_next_request_alone(between: str) -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    asked(desk, cable, TOGETHER)
    cable.call(between, {"network": "localtest", "path": PATH, "entropy": b"x"})
    assert "error" in cable.call("get_signature", SHOWN)


def test_another_host_does_not_get_it() -> None:
    desk = unlocked_desk()
    asked(desk, desk.plug(), TOGETHER)
    assert desk.fresh_port().call("get_signature", SHOWN)["error"]["code"] == -32001


def test_nor_who_comes_after_a_hang_up() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    asked(desk, cable, TOGETHER)
    cable.pull()
    assert desk.plug().call("get_signature", SHOWN)["error"]["code"] == -32001


def test_a_ping_between_takes_nothing_away() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    asked(desk, cable, TOGETHER)
    assert cable.call("ping")["result"] == 0
    assert "result" in cable.call("get_signature", SHOWN)


def test_nothing_is_promised_to_who_was_declined() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    cable.request("sign_message", TOGETHER)
    desk.press("stop")
    cable.replies()
    assert cable.call("get_signature", SHOWN)["error"]["code"] == -32001


def test_locking_forgets_what_was_promised() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    asked(desk, cable, TOGETHER)
    desk.dismiss()
    desk.lock()
    desk.unlock()
    assert cable.call("get_signature", SHOWN)["error"]["code"] == -32001


def test_without_the_hosts_part_it_is_the_signature_that_every_wallet_makes() -> None:
    desk = unlocked_desk()
    assert len(asked(desk, desk.plug(), TEXT)["result"]) == 88  # 65 bytes as base64


# Faults


class Faulty(Keyring):
    """Keys that fail, as no honest device's do."""

    __slots__ = ()

    def sign_recoverable(self, *_asked: object) -> bytes:
        raise CrossCheckFailed

    def opened(self, *_asked: object) -> Any:  # noqa: ANN401  never returns
        raise CrossCheckFailed


def ends(flow: Flow[RequestOutcome]) -> tuple[list[Screen | Step], RequestOutcome]:
    """What a flow asks for on its way, and what it comes to."""
    seen: list[Screen | Step] = []
    answer: Any = None
    while True:
        try:
            step = next(flow) if answer is None else flow.send(answer)
        except StopIteration as end:
            return seen, end.value
        seen.append(step)
        answer = Yes() if isinstance(step, Confirm) else StepDone()


@pytest.mark.parametrize("commitment", [None, COMMITMENT])
def test_a_wrong_signature_locks_the_device(commitment: bytes | None) -> None:
    keys = Faulty(bytearray(Mnemonic.to_seed(" ".join(ABANDON))))
    command = SignMessage("bitcoin", tuple(PATH), "I was here.", commitment)
    seen, outcome = ends(guarded(sign_message(command, keys)))
    assert isinstance(seen[-1], Locked)
    assert outcome.reply == Fault(FaultCode.INTERNAL, "Failed to generate signature")


def test_a_wrong_signature_with_the_hosts_part_locks_the_device() -> None:
    keys = Faulty(bytearray(Mnemonic.to_seed(" ".join(ABANDON))))
    promise = PendingSignature(tuple(PATH), bytes(32), COMMITMENT)
    seen, outcome = ends(guarded(reveal(RevealEntropy(ENTROPY), promise, keys)))
    assert seen[0] == SignaturePending(None)
    assert isinstance(seen[-1], Locked)
    assert not isinstance(outcome.reply, Signature)
