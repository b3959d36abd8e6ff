"""`quietkey wallet broadcast`: a transaction that somebody else signed and finished."""

import argparse
import re

from host import psbt_files
from host.errors import BadInput
from host.session.local import LocalSession
from host.transactions import Transaction
from host.values import Sent
from signer.errors import Malformed


async def broadcast(args: argparse.Namespace, session: LocalSession) -> Sent:
    """Give it to the network. Raises BadInput for what is no whole, signed transaction."""
    return await session.broadcast(_transaction(psbt_files.read_bytes(args.file)).encode())


def _transaction(raw: bytes) -> Transaction:
    text = b"".join(raw.split())
    if re.fullmatch(b"(?:[0-9a-fA-F]{2})+", text):
        raw = bytes.fromhex(text.decode())
    try:
        transaction = Transaction.parse(raw)
    except Malformed as error:
        raise BadInput(
            "This is no whole transaction, binary or hex. Nothing was sent. A PSBT is finished by"
            " the wallet that made it: quietkey wallet pay --signed FILE."
        ) from error
    if any(not txin.script_sig and not txin.witness for txin in transaction.inputs):
        raise BadInput("The transaction is not signed. Nothing was sent.")
    return transaction
