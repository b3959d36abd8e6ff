"""Addresses: how the output scripts we recognise print, and back."""

from signer.chains.bitcoin.network import Network
from signer.chains.bitcoin.transactions import script
from signer.chains.bitcoin.transactions.script import ScriptType
from signer.errors import Malformed
from signer.formats import base58, bech32


def render(script_pubkey: bytes, network: Network) -> str | None:
    """The address of an output script, or None where it has none we vouch for.

    Witness versions from the future have addresses too (BIP350), but no rule binds them yet:
    anyone may spend such coins, so they are shown as unknown scripts instead (T21).
    """
    match script.script_type(script_pubkey):
        case ScriptType.P2WPKH | ScriptType.P2WSH:
            return bech32.encode(network.hrp, 0, script.program(script_pubkey))
        case ScriptType.P2TR:
            return bech32.encode(network.hrp, 1, script.program(script_pubkey))
        case ScriptType.P2A:
            return bech32.encode(network.hrp, 1, script_pubkey[2:])
        case ScriptType.P2PKH:
            return base58.encode_check(network.p2pkh + script.program(script_pubkey))
        case ScriptType.P2SH:
            return base58.encode_check(network.p2sh + script.program(script_pubkey))
        case ScriptType.DATA | ScriptType.UNKNOWN:
            return None


def parse(text: str, network: Network) -> bytes:
    """The output script an address of this network stands for (BIP173, BIP350, base58).

    Raises Malformed for a wrong letter, checksum, length or network.
    """
    if text.lower().startswith(network.hrp + "1"):
        version, program = bech32.decode(network.hrp, text)
        opcode = 0x50 + version if version else 0
        return bytes((opcode, len(program))) + program
    payload = base58.decode_check(text)
    prefix, key_hash = payload[:1], payload[1:]
    if len(key_hash) != 20:
        raise Malformed("The address does not hold a 20-byte hash.")
    if prefix == network.p2pkh:
        return script.p2pkh(key_hash)
    if prefix == network.p2sh:
        return script.p2sh(key_hash)
    raise Malformed(f"The address is not one of {network.name}.")
