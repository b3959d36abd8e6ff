"""A wallet from its descriptor: every payment is seen, and none is signed here."""

import asyncio
import re
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from host import files
from host.errors import BadInput
from host.store import Pairing, Search
from host.wallet import FIRST_SEARCH, Wallet, descriptors
from host.wallet.descriptors import ReadDescriptor
from signer.errors import Malformed
from signer.formats.payload.reader import text_of

_IS_TEXT = re.compile(r"^\s*(?:pkh|wpkh|sh|wsh|tr)\(|[xtyzuvYZUV]p(?:ub|rv)[0-9A-Za-z]{20}|^\s*ur:")


async def watch(path: Path, pairing: Pairing, search: Search = FIRST_SEARCH) -> Wallet:
    """A new wallet in the folder `path`. Raises WalletError when there is one already.

    Close the wallet when done.
    """
    return await asyncio.to_thread(Wallet.create, path, pairing, search=search)


async def watch_text(
    path: Path, text: str, network: str, search: Search = FIRST_SEARCH, script: str = "wpkh"
) -> tuple[ReadDescriptor, str]:
    """A new wallet of what a descriptor or an export says, and its first address.

    `script` is the one meant where an export has a key for each. Raises BadInput for a text that
    is neither, WalletError.
    """
    read = await asyncio.to_thread(descriptors.read, text, network, script)
    with closing(await watch(path, read.pairing, search)) as wallet:
        return read, wallet.address_at(0).address


def description(source: str, stdin: BinaryIO | None = None) -> str:
    """A descriptor itself, or what is in the file of that name; "-" is `stdin`. Raises BadInput."""
    if _IS_TEXT.search(source):  # not `( in it`: a second download is called "wallet (1).txt"
        return source
    limit = descriptors.LONGEST + 1
    try:
        if source == "-" and stdin is not None:
            return text_of(stdin.read(4 * limit))
        with files.open_file(Path(source).expanduser()) as file:
            return text_of(file.read(4 * limit))
    except Malformed as error:
        raise BadInput(f"{source[:80]} is no text. Nothing was changed.") from error
    except (OSError, ValueError, RuntimeError) as error:
        raise unreadable(source, error) from error


def unreadable(source: str, error: Exception) -> BadInput:
    """Why a file that somebody named cannot be read."""
    reason = getattr(error, "strerror", None) or "its name is none"
    return BadInput(f"{source[:80]} cannot be read: {reason}. Nothing was changed.")
