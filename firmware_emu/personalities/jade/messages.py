"""Jade's methods as commands, and replies as Jade's messages: two tables, no state."""

from collections.abc import Callable, Mapping

from firmware_emu.commands import (
    AddEntropy,
    Command,
    Done,
    Fault,
    FaultCode,
    GetInfo,
    GetXpub,
    Info,
    Logout,
    Reply,
    ShowAddress,
    Sign,
    Signed,
    Text,
    Unknown,
    Unlock,
    Unusable,
)
from firmware_emu.personalities.jade.params import BUILT, BadParameter, Params
from signer.formats import cbor

VERSION = "1.0.40"
EXTENDED = "get_extended_data"
PING = "ping"
CANCEL = "cancel"
NO_ID = "00"

Message = dict[str | int, cbor.Value]

CODES: Mapping[FaultCode, int] = {
    FaultCode.BAD_REQUEST: -32600,
    FaultCode.UNKNOWN_METHOD: -32601,
    FaultCode.BAD_PARAMETERS: -32602,
    FaultCode.INTERNAL: -32603,
    FaultCode.DECLINED: -32000,
    FaultCode.OUT_OF_TURN: -32001,
    FaultCode.LOCKED: -32002,
    FaultCode.WRONG_NETWORK: -32003,
}

UNEXPECTED = Unknown(Fault(FaultCode.OUT_OF_TURN, "Unexpected method"))
UNKNOWN = Unknown(Fault(FaultCode.UNKNOWN_METHOD, "Unknown method"))

_STATES = {"empty": "UNINIT", "locked": "LOCKED", "unlocked": "READY"}
_NETWORKS = {"main": "MAIN", "test": "TEST", "all": "ALL"}
_ACTIVITIES = {"idle": 0, "asking": 1, "menu": 2}
_LOCKED = "Cannot process message - hardware locked or uninitialized"
_DECLINED = {
    "auth_user": "User declined to unlock",
    "get_receive_address": "User declined to confirm address",
    "sign_psbt": "User declined to sign psbt",
}
# What Jade's own message begins with; our sentence follows.
_NOT_A_PSBT = "Failed to extract psbt from passed bytes"
_PREFIXES: Mapping[str, str] = {
    "SIGHASH_UNSUPPORTED": "Unsupported sighash value",
    "SIGHASH_UNKNOWN": "Unsupported sighash value",
    "OUTPUTS_EXCEED_INPUTS": "Total input amounts less than total output amounts",
    "WRONG_NETWORK": "Network/psbt type mismatch",
    "VARIANT_UNSUPPORTED": "Invalid script variant parameter",
}


def command(method: str, value: cbor.Value) -> Command:
    """The command that a request means. Bad parameters and unknown methods are commands too."""
    if method in _OUT_OF_TURN:
        return UNEXPECTED
    if method not in _METHODS:
        return UNKNOWN
    meant, read = _METHODS[method]
    try:
        return read(value)
    except BadParameter as error:
        return Unusable(meant, Fault(FaultCode.BAD_PARAMETERS, str(error)))


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
    network = params.network()
    params.check_epoch()
    return Unlock(network)


def _get_xpub(value: cbor.Value) -> Command:
    params = Params.of(value)
    return GetXpub(params.network(), params.path(may_be_empty=True))


def _get_receive_address(value: cbor.Value) -> Command:
    params = Params.of(value)
    network = params.network()
    for name, sentence in _NOT_REGISTERED.items():
        if params.has(name):
            raise BadParameter(sentence)
    if not params.has("variant"):
        _refuse_green(params)
    variant = params.variant()
    path = params.path()
    if params.has("confidential"):
        raise BadParameter("Confidential addresses only apply to liquid networks")
    if variant not in BUILT:
        raise BadParameter("Invalid script variant parameter: not built here")
    return ShowAddress(network, path, variant)


def _refuse_green(params: Params) -> None:
    """Addresses without a variant belong to one company's wallet, which is not built here."""
    if not all(params.is_path_element(name) for name in ("subaccount", "branch", "pointer")):
        raise BadParameter("Failed to extract path elements from parameters")
    raise BadParameter("Failed to generate valid green address script")


def _sign_psbt(value: cbor.Value) -> Command:
    params = Params.of(value)
    return Sign("bitcoin", params.network(), params.psbt())


_NOT_REGISTERED = {
    "multisig_name": "Cannot find named multisig wallet",
    "descriptor_name": "Cannot find named descriptor wallet",
}
_OUT_OF_TURN = frozenset(
    {"pin", "ota_data", "ota_complete", "tx_input", "get_signature", EXTENDED},
)
_METHODS: Mapping[str, tuple[type, Callable[[cbor.Value], Command]]] = {
    PING: (GetInfo, _ping),
    "get_version_info": (GetInfo, _get_version_info),
    "add_entropy": (AddEntropy, _add_entropy),
    "auth_user": (Unlock, _auth_user),
    "logout": (Logout, _logout),
    "get_xpub": (GetXpub, _get_xpub),
    "get_receive_address": (ShowAddress, _get_receive_address),
    "sign_psbt": (Sign, _sign_psbt),
}


def result(method: str, reply: Reply) -> Message:
    """The part of a message that is not its id: `result`, or `error`."""
    match reply:
        case Info():
            return {"result": _ACTIVITIES[reply.activity] if method == PING else _version(reply)}
        case Done():
            return {"result": True}
        case Text():
            return {"result": reply.text}
        case Signed():
            return {"result": reply.payload}
        case Fault():
            return error(CODES[reply.code], _sentence(method, reply))


def error(code: int, sentence: str, data: bytes | None = None) -> Message:
    told: Message = {"code": code, "message": sentence}
    return {"error": told if data is None else told | {"data": data}}


def _sentence(method: str, fault: Fault) -> str:
    match fault.code:
        case FaultCode.LOCKED:
            return _LOCKED
        case FaultCode.DECLINED:
            return _DECLINED.get(method, fault.message)
        case _ if method == "sign_psbt" and fault.malformed:
            return f"{_NOT_A_PSBT}. {fault.message}"
        case _ if fault.reason in _PREFIXES:
            return f"{_PREFIXES[fault.reason]}. {fault.message}"
        case _:
            return fault.message


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
