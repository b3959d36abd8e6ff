"""The device as its peers and its owner see it: who is answered when, what a hang-up does."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mnemonic import Mnemonic

from firmware_emu.commands import Fault, FaultCode, Sign
from firmware_emu.core.refusals import guarded, refusal
from firmware_emu.effects import BytesOut, Save, Show, State
from firmware_emu.entropy_pool import EntropyPool
from firmware_emu.events import PortClosed
from firmware_emu.flows import Locked, StepDone
from firmware_emu.flows.requests.sign import sign
from firmware_emu.flows.review import NOTHING
from firmware_emu.screens.confirm import Confirm, Yes
from firmware_emu.screens.home import Home
from firmware_emu.screens.letters import Letters
from firmware_emu.screens.notice import Notice
from firmware_emu.screens.pin_pad import PinPad
from firmware_emu.screens.words import Words
from firmware_emu.storage.settings import Settings
from firmware_emu.storage.vault import Vault
from signer.chains.bitcoin.psbt import container as psbts_own
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.errors import CommonReason, CrossCheckFailed, Reason, Refused
from signer.formats import cbor
from signer.formats.words.digest_words import digest_words
from signer.keys import exfil
from signer.keys.keyring import Keyring
from tests import psbts
from tests.desk import ABANDON, PIN, Cable, Desk, unlocked_desk

REGTEST = "localtest"
ACCOUNT = [84 + (1 << 31), 1 + (1 << 31), 1 << 31]
ADDRESS = {"network": REGTEST, "path": [*ACCOUNT, 0, 0], "variant": "wpkh(k)"}


def payment(inputs: int = 2, script: str = "wpkh") -> bytes:
    return psbts.build(psbts.keyring(), inputs, script)


def ask_to_sign(cable: Cable, raw: bytes | None = None) -> str:
    return cable.request("sign_psbt", {"network": REGTEST, "psbt": raw or payment()})


def locked_desk() -> Desk:
    return Desk(unlocked_desk().record)


# Signing


@pytest.mark.parametrize("script", ["wpkh", "tr"])
def test_an_approved_payment_is_signed_and_the_engine_agrees(script: str) -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    raw = payment(2, script)
    ask_to_sign(cable, raw)
    desk.approve()
    [reply] = cable.replies()
    assert reply["result"] == psbts.sign(raw, psbts.keyring())
    assert (reply["seqnum"], reply["seqlen"]) == (1, 1)


def test_the_words_that_the_host_shows_are_on_the_page_of_the_last_yes() -> None:
    desk = unlocked_desk()
    raw = payment()
    ask_to_sign(desk.plug(), raw)
    words = digest_words(psbts_own.parse(raw).unsigned_tx)
    assert " ".join(words) in " ".join(desk.approve()[-1].split())
    assert desk.screen.lines()[0] == "Signed"
    desk.press("ok")
    assert isinstance(desk.screen, Home)


def test_every_page_is_shown_before_anything_is_signed() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    ask_to_sign(cable)
    pages = []
    while isinstance(desk.screen, Confirm):
        assert cable.replies() == []
        pages.append(desk.screen.page)
        desk.press("hold")
    [shown] = [desk.shown]
    assert len(pages) == max(s.screen.total for s in shown if isinstance(s.screen, Confirm))
    assert {page.kind.value for page in pages} >= {"overview", "recipient", "detail"}


@pytest.mark.parametrize("pages", range(3))
def test_stopping_on_any_page_signs_nothing(pages: int) -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    name = ask_to_sign(cable)
    desk.press(*["hold"] * pages, "stop")
    error = {"code": -32000, "message": "User declined to sign psbt"}
    assert cable.replies() == [{"id": name, "error": error}]
    assert "Nothing was signed." in desk.text


def test_going_back_and_forth_still_needs_every_page() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    ask_to_sign(cable)
    desk.press("ok", "ok", "left", "left", "left", "left")
    assert "1 of" in desk.text
    desk.approve()
    assert "result" in cable.replies()[0]


@pytest.mark.parametrize("reason", [*CommonReason, *BitcoinReason])
def test_a_refusal_fits_the_panel_to_its_last_word(reason: Reason) -> None:
    notice = refusal(Refused(reason, "Input 12.")).notice
    assert notice is not None
    lines = notice.lines()
    assert lines[0] == "Refused. Input 12."
    shown = " ".join(line for line in lines[1:-1] if line)
    assert shown == f"{reason.sentence} {NOTHING} {reason.advice} Code {reason.name}."


def test_a_refusal_of_the_whole_payment_names_no_place() -> None:
    for detail in ("", "12000000 sats for 200 vbytes."):
        notice = refusal(Refused(BitcoinReason.FEE_ABSURD, detail)).notice
        assert notice is not None
        assert notice.lines()[0] == "Refused"


def test_a_refusal_says_why_and_that_nothing_was_signed() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    mixed = psbts.draft(psbts.keyring(), 2)
    mixed.ins[1] = psbts.coin(psbts.keyring(psbts.OTHER), psbts.path(), 100_000, 77)
    ask_to_sign(cable, mixed.encode())
    [reply] = cable.replies()
    assert reply["error"]["code"] == -32602
    assert desk.screen.lines()[0] == "Refused. Input 2."
    assert "Nothing was signed." in desk.text
    assert "Code " in desk.text
    assert cable.call("ping")["result"] == 0


@pytest.mark.parametrize("raw", [b"\0", b"psbt\xff", b"psbt\xff\x00" * 9, bytes(400_000)])
def test_bytes_that_are_no_payment_are_told_as_jade_tells_it(raw: bytes) -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    ask_to_sign(cable, raw)
    [reply] = cable.replies()
    assert reply["error"]["code"] == -32602
    assert reply["error"]["message"].startswith("Failed to extract psbt from passed bytes")
    assert "Nothing was signed." in desk.text


def test_a_payment_for_another_network_is_refused() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    cable.request("sign_psbt", {"network": "mainnet", "psbt": payment()})
    [reply] = cable.replies()
    assert reply["error"]["code"] == -32602
    assert "network" in reply["error"]["message"]


def test_a_signature_that_comes_out_wrong_is_not_sent_and_locks_the_device() -> None:
    """The flow alone, with keys that fail: no honest device can be made to."""

    class Faulty(Keyring):
        __slots__ = ()

        def sign_ecdsa(self, *_asked: object) -> bytes:  # type: ignore[override]  # any call fails
            raise CrossCheckFailed

    keys = Faulty(bytearray(Mnemonic.to_seed(" ".join(ABANDON))))
    asked = Sign("bitcoin", "regtest", payment(1))
    flow = guarded(sign(asked, Vault(Settings(bytes(6))), keys, EntropyPool(bytes(32))))
    step = next(flow)
    while not isinstance(step, Locked):
        step = flow.send(Yes() if isinstance(step, Confirm) else StepDone())
    with pytest.raises(StopIteration) as ended:
        flow.send(StepDone())
    outcome = ended.value.value
    assert outcome.reply == Fault(FaultCode.INTERNAL, "Failed to generate signature")
    assert "Nothing was signed." in " ".join("".join(outcome.notice.sentences).split())


# Addresses and keys


def test_an_address_is_answered_once_the_person_has_compared_it() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    name = cable.request("get_receive_address", ADDRESS)
    assert cable.replies() == []
    assert "Your address" in desk.text
    shown = "".join(desk.approve()[-1].split())
    [reply] = cable.replies()
    assert reply["id"] == name
    assert reply["result"] in shown


def test_an_address_that_looks_wrong_can_be_declined() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    cable.request("get_receive_address", ADDRESS)
    desk.press("stop")
    [reply] = cable.replies()
    assert reply["error"] == {"code": -32000, "message": "User declined to confirm address"}


def test_an_odd_path_is_a_warning_before_the_address() -> None:
    desk = unlocked_desk()
    desk.plug().request("get_receive_address", ADDRESS | {"path": [1, 2, 3]})
    assert desk.screen.lines()[0].startswith("Look twice")
    desk.press("ok")
    assert desk.screen.lines()[0].startswith("Look twice")
    desk.press("hold")
    assert not desk.screen.lines()[0].startswith("Look twice 1")


# Locking and unlocking


def test_a_locked_device_answers_who_it_is_and_nothing_about_its_keys() -> None:
    cable = locked_desk().plug()
    assert cable.call("get_version_info")["result"]["JADE_STATE"] == "LOCKED"
    closed = ["get_xpub", "get_receive_address", "sign_psbt", "sign_message", "get_signature"]
    closed += ["register_multisig", "register_descriptor", "get_registered_descriptors"]
    closed += ["get_registered_multisigs", "get_registered_multisig", "no_such_method", "pin"]
    for method in closed:
        assert cable.call(method, {"network": "nonsense"})["error"]["code"] == -32002


def test_auth_user_waits_until_the_person_has_entered_the_pin() -> None:
    desk = locked_desk()
    cable = desk.plug()
    name = cable.request("auth_user", {"network": "testnet"})
    assert cable.replies() == []
    desk.enter_pin("9999")
    desk.press("ok")
    assert cable.replies() == []
    desk.enter_pin()
    assert cable.replies() == [{"id": name, "result": True}]
    assert cable.call("auth_user", {"network": "testnet"})["result"] is True


def test_auth_user_is_declined_by_an_error_and_never_answered_false() -> None:
    desk = locked_desk()
    cable = desk.plug()
    cable.request("auth_user", {"network": "testnet"})
    desk.press("stop")
    [reply] = cable.replies()
    assert reply["error"]["code"] == -32000


def test_running_out_of_tries_answers_auth_user_with_an_error() -> None:
    desk = locked_desk()
    cable = desk.plug()
    cable.request("auth_user", {"network": "testnet"})
    for _ in range(8):
        desk.enter_pin("9999")
        desk.press("ok")
    desk.dismiss()
    assert [reply["error"]["code"] for reply in cable.replies()] == [-32000]
    assert cable.call("get_version_info")["result"]["JADE_STATE"] == "UNINIT"


def test_auth_user_sets_an_empty_device_up() -> None:
    desk = Desk()
    cable = desk.plug()
    name = cable.request("auth_user", {"network": "testnet"})
    desk.restore()
    assert cable.replies() == [{"id": name, "result": True}]


def test_a_person_may_finish_setting_up_after_the_host_has_gone() -> None:
    desk = Desk()
    cable = desk.plug()
    cable.request("auth_user", {"network": "testnet"})
    desk.choose("I have a seed")
    cable.pull()
    desk.choose("12 words")
    for word in ABANDON:
        desk.type(word)
        desk.press("ok")
    desk.enter_pin()
    desk.enter_pin()
    assert desk.state is State.UNLOCKED


def test_logout_locks_for_every_port() -> None:
    desk = unlocked_desk()
    one, other = desk.fresh_port(), desk.fresh_port()
    assert one.call("logout")["result"] is True
    assert desk.state is State.LOCKED
    path = {"network": "testnet", "path": []}
    assert other.call("get_xpub", path)["error"]["code"] == -32002
    assert one.call("logout")["result"] is True


def test_logging_out_ends_what_the_person_was_doing() -> None:
    desk = unlocked_desk()
    desk.press("ok")
    desk.plug().call("logout")
    assert isinstance(desk.screen, Home)
    assert "Locked." in desk.text


# Turns


def test_ping_and_the_nonblocking_version_are_answered_during_a_prompt() -> None:
    desk = unlocked_desk()
    cable, other = desk.fresh_port(), desk.fresh_port()
    assert cable.call("ping")["result"] == 0
    cable.request("get_receive_address", ADDRESS)
    assert cable.call("ping")["result"] == 1
    assert other.call("ping")["result"] == 1
    info = other.call("get_version_info", {"nonblocking": True})["result"]
    assert info["JADE_STATE"] == "READY"


def test_what_needs_no_person_is_answered_while_another_host_has_one() -> None:
    """Some clients give a device one second, and then do not list it (threat T97)."""
    desk = unlocked_desk()
    cable, other = desk.fresh_port(), desk.fresh_port()
    cable.request("get_receive_address", ADDRESS)
    asked = desk.screen
    assert other.call("get_version_info")["result"]["JADE_STATE"] == "READY"
    assert other.call("get_xpub", {"network": "testnet", "path": []})["result"][:4] == "tpub"
    assert other.call("add_entropy", {"entropy": b"x"})["result"] is True
    own = cable.request("get_version_info")
    assert cable.replies() == []
    locks = other.request("logout")
    assert (desk.screen, other.replies()) == (asked, [])
    desk.approve()
    assert [reply["id"] for reply in cable.replies()][-1] == own
    assert [reply["id"] for reply in other.replies()] == [locks]


def test_ping_tells_that_the_person_is_in_a_menu() -> None:
    desk = unlocked_desk()
    desk.press("ok")
    assert desk.plug().call("ping")["result"] == 2


def test_requests_are_answered_in_the_order_they_came() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    names = [
        cable.request("get_receive_address", ADDRESS),
        cable.request("get_xpub", {"network": "testnet", "path": []}),
        cable.request("get_receive_address", ADDRESS),
        cable.request("get_version_info"),
    ]
    desk.approve()
    assert [reply["id"] for reply in cable.replies()] == names


def test_a_person_in_a_menu_is_not_interrupted_and_short_questions_are_answered() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    desk.press("ok")
    menu = desk.screen
    cable.request("get_receive_address", ADDRESS)
    assert desk.screen == menu
    other = desk.fresh_port()
    assert other.call("ping")["result"] == 2
    desk.press("stop")
    assert isinstance(desk.screen, Confirm)


def test_a_notice_does_not_hold_up_the_next_request() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    cable.request("get_receive_address", ADDRESS)
    desk.press("stop")
    assert isinstance(desk.screen, Notice)
    cable.request("get_receive_address", ADDRESS)
    assert isinstance(desk.screen, Confirm)


def test_as_many_requests_as_a_host_likes_wait_their_turn_unread() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    asked = [cable.request("get_receive_address", ADDRESS) for _ in range(40)]
    assert cable.replies() == []
    assert not desk.device.takes(cable.port)
    for _ in asked:
        desk.approve()
        desk.dismiss()
    assert [reply["id"] for reply in cable.replies() if "result" in reply] == asked
    assert desk.device.takes(cable.port)


def test_what_waits_while_the_seed_is_erased_is_answered_that_it_is_locked() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    desk.press("ok")
    desk.choose("Erase the seed")
    names = [
        cable.request("get_receive_address", ADDRESS),
        cable.request("get_xpub", {"network": "testnet", "path": []}),
    ]
    desk.press("hold")
    desk.enter_pin()
    replies = cable.replies()
    assert [reply["id"] for reply in replies] == names
    assert {reply["error"]["code"] for reply in replies} == {-32002}


# Hanging up


def test_who_leaves_is_answered_what_needs_no_person_and_nobody_is_asked() -> None:
    desk = unlocked_desk()
    cable = desk.fresh_port()
    cable.call("ping")
    asked = (("get_xpub", {"network": "testnet", "path": []}), ("get_receive_address", ADDRESS))
    messages = [{"id": name[:9], "method": name, "params": params} for name, params in asked]
    shown = len(desk.shown)
    desk.happen(PortClosed(cable.port, b"".join(map(cbor.encode, messages))))
    key, address = cable.replies()
    assert key["result"].startswith("tpub")
    assert (address["id"], address["error"]["code"]) == ("get_recei", -32000)
    assert len(desk.shown) == shown


def test_hanging_up_drops_the_conversation_and_says_so() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    ask_to_sign(cable)
    desk.press("ok")
    cable.pull()
    assert desk.screen.lines()[0] == "Cancelled"
    assert "Nothing was signed." in desk.text
    desk.press("ok")
    assert isinstance(desk.screen, Home)


def test_hanging_up_drops_what_waited_and_another_port_goes_on() -> None:
    desk = unlocked_desk()
    one, other = desk.fresh_port(), desk.fresh_port()
    one.request("get_receive_address", ADDRESS)
    one.request("get_receive_address", ADDRESS)
    name = other.request("get_receive_address", ADDRESS)
    one.pull()
    assert isinstance(desk.screen, Confirm)
    desk.approve()
    assert [reply["id"] for reply in other.replies()] == [name]


def test_nobody_who_still_listens_is_left_without_an_answer() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    names = [cable.request("get_receive_address", ADDRESS), ask_to_sign(cable)]
    cable.pull()
    assert [reply["id"] for reply in cable.replies()] == names


def test_hanging_up_without_a_prompt_changes_nothing_on_the_screen() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    cable.call("ping")
    before = desk.screen
    cable.pull()
    assert desk.screen == before
    assert desk.state is State.UNLOCKED


# What it is


def test_two_devices_have_two_serials_and_each_keeps_its_own() -> None:
    one, other = Desk(entropy=bytes(32)), Desk(entropy=b"\x01" * 32)

    def serial(desk: Desk) -> str:
        return str(desk.plug().call("get_version_info")["result"]["EFUSEMAC"])

    first = serial(one)
    assert len(first) == 12
    assert first != serial(other)
    assert serial(one.power_cut()) == first
    one.restore()
    one.erase()
    assert serial(one.power_cut()) == first


# Whatever happens


H32 = bytes(32)
SHARED = {
    "network": REGTEST,
    "descriptor_name": "one",
    "descriptor": "wsh(and_v(v:pk(@0/**),older(9)))",
    "datavalues": {"@0": psbts.key_text(psbts.keyring())},
}
OF_SHARED = {"network": REGTEST, "descriptor_name": "one", "branch": 0, "pointer": 3}
MESSAGE = {
    "path": [1, 2],
    "message": "I was here.",
    "ae_host_commitment": exfil.host_commitment(H32),
}


def _requests() -> st.SearchStrategy[bytes]:
    values = st.one_of(
        st.none(),
        st.integers(-5, 1 << 33),
        st.binary(max_size=20),
        st.text(max_size=8),
        st.sampled_from(["testnet", REGTEST, "wpkh(k)", "tr(k)"]),
        st.just(payment(1)),
        st.lists(st.integers(0, 1 << 32), max_size=5),
    )
    names = st.sampled_from(["network", "path", "variant", "psbt", "entropy", "epoch", "orig"])
    methods = st.sampled_from(
        [
            "get_xpub",
            "sign_psbt",
            "auth_user",
            "get_receive_address",
            "ping",
            "logout",
            "cancel",
            "add_entropy",
            "get_version_info",
            "get_extended_data",
            "register_descriptor",
            "get_registered_multisigs",
            "sign_message",
            "get_signature",
            "pin",
            "nonsense",
        ]
    )
    message = st.fixed_dictionaries(
        {"id": st.text(max_size=5), "method": methods},
        optional={"params": st.dictionaries(names, values, max_size=4)},
    )
    good = st.sampled_from(
        [
            cbor.encode({"id": "s", "method": "sign_psbt", "params": params})
            for params in ({"network": REGTEST, "psbt": payment(1)},)
        ]
        + [cbor.encode({"id": "a", "method": "get_receive_address", "params": ADDRESS})]
        + [cbor.encode({"id": "u", "method": "auth_user", "params": {"network": "testnet"}})]
        + [cbor.encode({"id": "r", "method": "register_descriptor", "params": SHARED})]
        + [cbor.encode({"id": "w", "method": "get_receive_address", "params": OF_SHARED})]
        + [cbor.encode({"id": "m", "method": "sign_message", "params": MESSAGE})]
        + [cbor.encode({"id": "g", "method": "get_signature", "params": {"ae_host_entropy": H32}})]
    )
    return st.one_of(message.map(cbor.encode), good, st.binary(max_size=30))


def _doings() -> st.SearchStrategy[tuple[str, object]]:
    keys = st.sampled_from(["stop", "left", "right", "ok", "hold"])
    typing = st.sampled_from([PIN, "9999", "1", "abandon", "about", "zoo", "\b", "\u20ac", "6"])
    return st.one_of(
        st.tuples(st.just("press"), keys),
        st.tuples(st.just("press"), keys),
        st.tuples(st.just("type"), typing),
        st.tuples(st.just("send"), st.tuples(st.integers(0, 2), _requests())),
        st.tuples(st.just("pull"), st.integers(0, 2)),
        st.tuples(st.just("tick"), st.floats(0, 3)),
        st.tuples(st.just("shake"), st.binary(min_size=32, max_size=32)),
        st.tuples(st.just("cut"), st.none()),
    )


RECORDS = {"new": None, "sealed": unlocked_desk().record, "damaged": b"rubbish"}


@given(st.sampled_from(sorted(RECORDS)), st.booleans(), st.lists(_doings(), max_size=60))
@settings(deadline=None)
def test_nothing_that_happens_breaks_the_device(
    start: str, opened: bool, doings: list[tuple[str, object]]
) -> None:
    desk = Desk(RECORDS[start])
    if opened and start == "sealed":
        desk.unlock()
    for doing, what in doings:
        desk = _do(desk, doing, what)
    assert (
        "JADE_STATE" in desk.fresh_port().call("get_version_info", {"nonblocking": True})["result"]
    )
    for heard in desk.heard.values():
        while heard:
            message = cbor.decode_prefix(heard, cbor.LENIENT)
            assert isinstance(message, cbor.Complete)
            del heard[: message.used]


def _do(desk: Desk, doing: str, what: object) -> Desk:
    match doing, what:
        case "press", str(key):
            desk.press(key)
        case "type", str(text):
            desk.type(text)
        case "send", (int(port), bytes(data)):
            desk.plug(name=f"p{port}").send(data)
        case "pull", int(port):
            desk.plug(name=f"p{port}").pull()
        case "tick", float(seconds):
            desk.tick(seconds)
        case "shake", bytes(entropy):
            desk.shake(entropy)
        case "cut", None:
            return desk.power_cut()
    return desk


def test_nothing_secret_is_in_any_repr() -> None:
    desk = Desk()
    words = desk.create()
    desk.lock()
    desk.unlock()
    ask_to_sign(desk.plug())
    desk.approve()
    seen = "".join(repr(effect) for effect in desk.log)
    seen += "".join(repr(s.screen) for s in desk.shown)
    assert PIN not in seen
    spelled = [w for w in words if f"'{w}'" in seen]
    assert not spelled
    assert any(isinstance(s.screen, Words) for s in desk.shown)
    assert any(isinstance(s.screen, Letters) for s in desk.shown)
    assert any(isinstance(s.screen, PinPad) for s in desk.shown)


def test_effects_that_carry_secrets_hide_them() -> None:
    assert repr(Save(b"sealed-record")) == "Save()"
    assert "psbt" not in repr(Sign("bitcoin", "testnet", b"psbt-bytes"))
    assert "abandon" not in repr(Show(Words("", ("abandon",)), State.EMPTY, ""))
    assert not [e for e in Desk().log if isinstance(e, BytesOut)]
