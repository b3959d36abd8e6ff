"""A wallet in the forms in which other programs take one over. None of them holds a secret."""

import json
import re
from collections.abc import Callable, Mapping

from host.config import render_path
from host.errors import BadInput
from host.wallet.cosigners import keys_of
from signer.formats import multisig_file
from signer.formats.descriptor_checksum import checksum_of
from signer.formats.multisig_file import Cosigner, MultisigFile
from signer.formats.payload.descriptors import body_of, text
from signer.formats.payload.values import AccountDescription

_BRANCHES = re.compile(r"<(\d+);(\d+)>")
_PLAIN = re.compile(r"(sh\(wsh\(|wsh\(|sh\()sortedmulti\((\d+)((?:,@\d+/<0;1>/\*)+)\)+")
_LONGEST_NAME = 20
_NOTHING = "Nothing was written."


def bsms(account: AccountDescription, _name: str, first_address: str) -> str:
    """A record of BIP129, Round 2: who reads it compares the address on its last line."""
    body, paths = body_of(account), "No path restrictions"
    if set(_BRANCHES.findall(body)) == {("0", "1")}:
        body, paths = body.replace("/<0;1>/*", "/**"), "/0/*,/1/*"
    return f"BSMS 1.0\n{body}#{checksum_of(body)}\n{paths}\n{first_address}\n"


def coldcard(account: AccountDescription, name: str, _first_address: str) -> str:
    """The setup file of Coldcard and others. Raises BadInput for what it cannot say.

    Sorted keys alone: a reader that knows no other order would have other addresses.
    """
    match = _PLAIN.fullmatch(account.template)
    keys = keys_of(account)
    if match is None or not all(key.path for key in keys):
        raise BadInput(
            "A setup file says multisig of sorted keys with their paths, and nothing else."
            f" {_NOTHING} Export a descriptor, or bsms."
        )
    closing = ")" * match[1].count("(")
    cosigners = tuple(
        Cosigner(bytes.fromhex(key.fingerprint), f"m/{render_path(key.path)}", key.xpub)
        for key in keys
    )
    script = f"{match[1]}multi(k){closing}"
    return multisig_file.render(
        MultisigFile(name[:_LONGEST_NAME], script, True, int(match[2]), cosigners)
    )


def specter(account: AccountDescription, name: str, _first_address: str) -> str:
    """The JSON that Specter and Sparrow import. Raises BadInput for branches it has no room for."""
    if set(_BRANCHES.findall(account.template)) != {("0", "1")}:
        raise BadInput(
            "This form has receiving at /0/* and change at /1/* alone, and a key of this wallet has"
            f" others. {_NOTHING} Export a descriptor, or bsms."
        )
    devices = [{"type": "other", "label": f"{name} {key.fingerprint}"} for key in keys_of(account)]
    fields = {"label": name, "blockheight": 0, "descriptor": _branch(account, 0)}
    return json.dumps({**fields, "devices": devices}) + "\n"


def sparrow(account: AccountDescription, _name: str, _first_address: str) -> str:
    """The text of Sparrow's output descriptors, which Bitcoin Core reads line by line, too."""
    return (
        f"# Receive and change descriptor (BIP389):\n{text(account)}\n\n"
        f"# Receive descriptor (Bitcoin Core):\n{_branch(account, 0)}\n\n"
        f"# Change descriptor (Bitcoin Core):\n{_branch(account, 1)}\n"
    )


def _branch(account: AccountDescription, branch: int) -> str:
    body = _BRANCHES.sub(lambda pair: pair[branch + 1], body_of(account))
    return f"{body}#{checksum_of(body)}"


FORMS: Mapping[str, Callable[[AccountDescription, str, str], str]] = {
    "bsms": bsms,
    "coldcard": coldcard,
    "specter": specter,
    "sparrow": sparrow,
}
