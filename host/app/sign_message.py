"""Have the device sign a message with the key of an address, and check what it answers."""

from host import signed_messages
from host.devices import SigningDevice
from host.errors import BadInput, WalletError
from host.payees.addresses import read_address
from host.values import ReceiveAddress
from host.wallet import Wallet

NOT_BY_KEY = (
    "A message is signed with the key of a pkh, sh-wpkh or wpkh address (BIP137). This wallet has"
    " other ones. Nothing was signed."
)


async def sign_message(
    wallet: Wallet, device: SigningDevice, address: ReceiveAddress, text: str
) -> str:
    """The signature as BIP137 writes it, in base64, verified against the address.

    Raises BadInput for a wallet whose addresses are none of one key, and WalletError when the
    device's answer is not by the key of this address.
    """
    if wallet.script not in signed_messages.KEY_SCRIPTS or wallet.pairing.descriptor:
        raise BadInput(NOT_BY_KEY)
    await device.unlock(wallet.network)
    answer = await device.sign_message(address.path, text)
    signature = signed_messages.from_device(answer, wallet.script)
    try:
        signed_messages.verify(read_address(address.address, wallet.network), text, signature)
    except WalletError as error:
        raise WalletError(
            "The device's signature is not by this address: it may be another device. Give it to"
            " nobody."
        ) from error
    return signature
