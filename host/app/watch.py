"""A wallet from its descriptor: every payment is seen, and none is signed here."""

import asyncio
from contextlib import closing
from pathlib import Path
from typing import TextIO

from host.errors import BadInput
from host.store import Pairing, Search
from host.wallet import FIRST_SEARCH, Wallet, descriptors
from host.wallet.descriptors import ReadDescriptor


async def watch(path: Path, pairing: Pairing, search: Search = FIRST_SEARCH) -> Wallet:
    """A new wallet in the folder `path`. Raises WalletError when there is one already.

    Close the wallet when done.
    """
    return await asyncio.to_thread(Wallet.create, path, pairing, search=search)


async def watch_text(
    path: Path, text: str, network: str, search: Search = FIRST_SEARCH
) -> tuple[ReadDescriptor, str]:
    """A new wallet of what a descriptor or an export says, and its first address.

    Raises BadInput for a text that is neither, WalletError.
    """
    read = await asyncio.to_thread(descriptors.read, text, network)
    with closing(await watch(path, read.pairing, search)) as wallet:
        return read, wallet.address_at(0).address


def description(source: str, stdin: TextIO | None = None) -> str:
    """A descriptor itself, or what is in the file of that name; "-" is `stdin`. Raises BadInput."""
    if "(" in source:
        return source
    limit = descriptors.LONGEST + 1
    try:
        if source == "-" and stdin is not None:
            return stdin.read(limit)
        with Path(source).expanduser().open(encoding="utf-8") as file:
            return file.read(limit)
    except UnicodeDecodeError as error:
        raise BadInput(f"{source[:80]} is no text. Nothing was changed.") from error
    except (OSError, ValueError, RuntimeError) as error:
        raise unreadable(source, error) from error


def unreadable(source: str, error: Exception) -> BadInput:
    """Why a file that somebody named cannot be read."""
    reason = getattr(error, "strerror", None) or "its name is none"
    return BadInput(f"{source[:80]} cannot be read: {reason}. Nothing was changed.")
