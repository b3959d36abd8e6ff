"""An extended public key, without a prompt: clients ask for it at every turn and wait a second."""

from firmware_emu.commands import Fault, FaultCode, GetXpub, Reply, Text
from signer import chains
from signer.errors import Malformed, Refused
from signer.keys.keyring import Keyring


def get_xpub(command: GetXpub, keyring: Keyring) -> Reply:
    try:
        return Text(chains.load("bitcoin").xpub(keyring, command.path, command.network))
    except Malformed as error:
        return Fault(FaultCode.BAD_PARAMETERS, str(error))
    except Refused as error:
        return Fault(FaultCode.BAD_PARAMETERS, str(error), error.reason.name)
