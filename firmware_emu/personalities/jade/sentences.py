"""Faults as Jade tells them: its codes, and sentences that begin as its own do.

Its clients and test-suites look for them.
"""

from collections.abc import Mapping

from firmware_emu.commands import ACCOUNTS_FULL, NO_SUCH_ACCOUNT, STEPS_UNUSUAL, Fault, FaultCode
from firmware_emu.personalities.jade import accounts
from signer.formats import cbor

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

_LOCKED = "Cannot process message - hardware locked or uninitialized"
_DECLINED = {
    "auth_user": "User declined to unlock",
    "get_receive_address": "User declined to confirm address",
    "register_multisig": "User declined to register multisig",
    "register_descriptor": "User declined to register descriptor",
    "sign_psbt": "User declined to sign psbt",
    "sign_message": "User declined to sign message",
}
# What Jade's own message begins with, by the fault's reason and, where it differs by method, by
# that; our sentence follows.
_MALFORMED = "malformed"
_NOT_OURS = ("POLICY_WITHOUT_US", "FALSE_KEY", "WRONG_NETWORK")
_PREFIXES: Mapping[tuple[str, str], str] = {
    ("", "SIGHASH_UNSUPPORTED"): "Unsupported sighash value",
    ("", "SIGHASH_UNKNOWN"): "Unsupported sighash value",
    ("", "OUTPUTS_EXCEED_INPUTS"): "Total input amounts less than total output amounts",
    ("", "WRONG_NETWORK"): "Network/psbt type mismatch",
    ("", "VARIANT_UNSUPPORTED"): "Invalid script variant parameter",
    ("", ACCOUNTS_FULL): "Already have maximum number of multisig wallets",
    ("", STEPS_UNUSUAL): accounts.NOT_BY_STEPS,
    ("sign_psbt", _MALFORMED): "Failed to extract psbt from passed bytes",
    ("register_multisig", _MALFORMED): "Failed to validate co-signers",
    ("register_descriptor", _MALFORMED): "Failed to parse descriptor",
    **{("register_multisig", reason): "Failed to validate co-signers" for reason in _NOT_OURS},
    **{("register_descriptor", reason): "Failed to validate signers" for reason in _NOT_OURS},
    ("get_receive_address multisig_name", NO_SUCH_ACCOUNT): "Cannot find named multisig wallet",
    ("get_receive_address descriptor_name", NO_SUCH_ACCOUNT): "Cannot find named descriptor wallet",
    ("", NO_SUCH_ACCOUNT): "The named wallet does not exist for this signer",
}


# Jade's test-suite compares these to the last letter; ours is on the screen.
_WHOLE = {("register_multisig", "POLICY_WITHOUT_US")}


def from_fault(form: str, fault: Fault) -> Message:
    """A fault, told to who `asked` (see `messages.form`)."""
    return error(CODES[fault.code], _sentence(form, fault))


def error(code: int, sentence: str, data: bytes | None = None) -> Message:
    fields: Message = {"code": code, "message": sentence}
    return {"error": fields if data is None else fields | {"data": data}}


def _sentence(form: str, fault: Fault) -> str:
    if fault.code is FaultCode.LOCKED:
        return _LOCKED
    if fault.code is FaultCode.DECLINED:
        return _DECLINED.get(form.partition(" ")[0], fault.message)
    reason = _MALFORMED if fault.malformed else fault.reason
    prefix = _PREFIXES.get((form, reason)) or _PREFIXES.get(("", reason))
    if prefix and (form, reason) in _WHOLE:
        return prefix
    return f"{prefix}. {fault.message}" if prefix else fault.message
