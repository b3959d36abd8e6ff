"""Jade's methods as commands, and replies as Jade's messages: two tables, no state."""

from base64 import b64encode
from collections.abc import Callable, Mapping

from firmware_emu.commands import (
    Accounts,
    AddEntropy,
    Command,
    Done,
    Fault,
    FaultCode,
    Fingerprint,
    GetAccounts,
    GetInfo,
    GetXpub,
    Info,
    Logout,
    Register,
    Registered,
    Reply,
    RevealEntropy,
    ShowAddress,
    Sign,
    Signature,
    Signed,
    SignMessage,
    Text,
    Unchanged,
    Unknown,
    Unlock,
    Unusable,
)
from firmware_emu.personalities.jade import accounts, sentences
from firmware_emu.personalities.jade.params import CHAIN, DEEPEST, BadParameter, Params, check_used
from firmware_emu.personalities.jade.sentences import Message
from signer.errors import Malformed
from signer.formats import cbor, message_file
from signer.keys.path import parse as parse_path

VERSION = "1.0.40"
EXTENDED = "get_extended_data"
PING = "ping"
CANCEL = "cancel"
NO_ID = "00"

UNEXPECTED = Unknown(Fault(FaultCode.OUT_OF_TURN, "Unexpected method"))
UNKNOWN = Unknown(Fault(FaultCode.UNKNOWN_METHOD, "Unknown method"))

_STATES = {"empty": "UNINIT", "locked": "LOCKED", "unlocked": "READY"}
_NETWORKS = {"main": "MAIN", "test": "TEST", "all": "ALL"}
_COMMITMENT = "sign_message ae_host_commitment"
_ACTIVITIES = {"idle": 0, "asking": 1, "menu": 2}
# Parameters that make another question of a method, with another form of answer.
_FORMS = (
    ("get_receive_address", "multisig_name"),
    ("get_receive_address", "descriptor_name"),
    ("get_registered_multisig", "as_file"),
    ("sign_message", "ae_host_commitment"),
)


def command(method: str, value: cbor.Value) -> Command:
    """The command that a request means. Bad parameters and unknown methods are commands too."""
    if method in _OUT_OF_TURN:
        return UNEXPECTED
    if method not in _METHODS:
        return UNKNOWN
    meant, read = _METHODS[method]
    try:
        wanted = read(value)
        # Also in a parameter that nobody reads: what it was meant to be, nobody knows.
        check_used(value)
    except BadParameter as error:
        return Unusable(meant, Fault(FaultCode.BAD_PARAMETERS, str(error)))
    return wanted


def form(method: str, value: cbor.Value) -> str:
    """What `result` must know of a request: its method, and the parameter that changes its form."""
    params = value if isinstance(value, dict) else {}
    forms = (f"{method} {name}" for owner, name in _FORMS if owner == method and params.get(name))
    return next(forms, method)


def _get_version_info(value: cbor.Value) -> Command:
    return GetInfo(at_once=Params.optional(value).flag("nonblocking"))


def _ping(_value: cbor.Value) -> Command:
    return GetInfo(at_once=True)


def _logout(_value: cbor.Value) -> Command:
    return Logout()


def _add_entropy(value: cbor.Value) -> Command:
    return AddEntropy(Params.of(value).entropy())


def _auth_user(value: cbor.Value) -> Command:
    params = Params.of(value)
    params.network()
    params.check_epoch()
    return Unlock()


def _get_xpub(value: cbor.Value) -> Command:
    params = Params.of(value)
    return GetXpub(CHAIN, params.network(), params.path(may_be_empty=True))


def _get_receive_address(value: cbor.Value) -> Command:
    params = Params.of(value)
    if params.has("multisig_name"):
        return accounts.multisig_address(params)
    if params.has("descriptor_name"):
        return accounts.descriptor_address(params)
    network = params.network()
    if not params.has("variant"):
        _refuse_green(params)
    variant = params.variant()
    path = params.path()
    if params.has("confidential"):
        raise BadParameter("Confidential addresses only apply to liquid networks")
    return ShowAddress(CHAIN, network, path, variant)


def _refuse_green(params: Params) -> None:
    """Addresses without a variant belong to one company's wallet, which is not built here."""
    if not all(params.is_path_element(name) for name in ("subaccount", "branch", "pointer")):
        raise BadParameter("Failed to extract path elements from parameters")
    raise BadParameter("Failed to generate valid green address script")


def _sign_psbt(value: cbor.Value) -> Command:
    params = Params.of(value)
    return Sign(CHAIN, params.network(), params.psbt())


def _sign_message(value: cbor.Value) -> Command:
    params = Params.of(value)
    if params.has("message_file"):
        return _of_file(params.text("message_file", message_file.LONGEST, "Invalid message file"))
    path = params.path()
    text = params.text("message", message_file.LONGEST, "Failed to extract message from parameters")
    if not params.has("ae_host_commitment"):
        return SignMessage(CHAIN, path, text)
    sentence = "Failed to extract valid host commitment from parameters"
    return SignMessage(CHAIN, path, text, params.data("ae_host_commitment", 32, sentence))


def _of_file(text: str) -> Command:
    try:
        file = message_file.parse(text)
    except Malformed as error:
        # Jade's sentence alone: its test-suite compares the whole.
        raise BadParameter(str(error).partition(". ")[0]) from None
    return SignMessage(CHAIN, _path_of_file(file.path), file.message)


def _path_of_file(text: str) -> tuple[int, ...]:
    try:
        steps = parse_path(text)
    except Malformed:
        steps = ()
    if not 1 <= len(steps) <= DEEPEST:
        raise BadParameter("Invalid bip32 path")
    return steps


def _get_signature(value: cbor.Value) -> Command:
    # What is not 32 bytes is told by the device, if it waits for any.
    entropy = Params.optional(value).given.get("ae_host_entropy")
    return RevealEntropy(entropy if isinstance(entropy, bytes) else b"")


_OUT_OF_TURN = frozenset({"pin", "ota_data", "ota_complete", "tx_input", EXTENDED})
_METHODS: Mapping[str, tuple[type, Callable[[cbor.Value], Command]]] = {
    PING: (GetInfo, _ping),
    "get_version_info": (GetInfo, _get_version_info),
    "add_entropy": (AddEntropy, _add_entropy),
    "auth_user": (Unlock, _auth_user),
    "logout": (Logout, _logout),
    "get_xpub": (GetXpub, _get_xpub),
    "get_receive_address": (ShowAddress, _get_receive_address),
    "register_multisig": (Register, accounts.register_multisig),
    "register_descriptor": (Register, accounts.register_descriptor),
    "get_registered_multisigs": (GetAccounts, accounts.get_all),
    "get_registered_multisig": (GetAccounts, accounts.get_multisig),
    "get_registered_descriptors": (GetAccounts, accounts.get_all),
    "get_registered_descriptor": (GetAccounts, accounts.get_descriptor),
    "sign_psbt": (Sign, _sign_psbt),
    "sign_message": (SignMessage, _sign_message),
    "get_signature": (RevealEntropy, _get_signature),
}


def result(form: str, reply: Reply) -> Message:
    """The part of a message that is not its id: `result`, or `error`; `form` is that of `form`."""
    value = _value(form, reply)
    return sentences.from_fault(form, value) if isinstance(value, Fault) else {"result": value}


# Only a fault of ours leads here: the device answers each command in kind.
_NO_SUCH_ANSWER = Fault(FaultCode.INTERNAL, "The answer has no form in this protocol.")


def _value(form: str, reply: Reply) -> "cbor.Value | Fault":
    match reply:
        case Fault():
            return reply
        case Accounts():
            render = accounts.RENDERERS.get(form)
            return render(reply.accounts) if render else _NO_SUCH_ANSWER
        case Info():
            return _ACTIVITIES[reply.activity] if form == PING else _version(reply)
        case Done() | Registered():
            return True
        case Fingerprint():
            return reply.data
        case Text():
            return reply.text
        case Signed() | Unchanged():
            return reply.payload
        case Signature():
            return reply.data if form == _COMMITMENT else b64encode(reply.data).decode()


def _version(info: Info) -> cbor.Value:
    return {
        "JADE_VERSION": VERSION,
        "JADE_OTA_MAX_CHUNK": 4096,
        "JADE_CONFIG": "NORADIO",
        "BOARD_TYPE": "JADE",
        "JADE_FEATURES": "DEV",
        "IDF_VERSION": "v5.4",
        "CHIP_FEATURES": "00000000",
        "EFUSEMAC": info.serial.upper(),
        "ATTESTATION_INITIALISED": False,
        "BATTERY_STATUS": 5,
        "BATTERY_MILLIVOLTS": 4200,
        "BATTERY_CHARGING": False,
        "JADE_STATE": _STATES[info.state],
        "JADE_NETWORKS": _NETWORKS[info.networks],
        "JADE_HAS_PIN": info.state != "empty",
    }
