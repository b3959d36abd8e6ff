"""`python -m firmware_emu.review CHAIN NETWORK`: a request on stdin, read without keys, as JSON.

{"pages": [{"kind", "title", "facts": [{"label", "value", "origin", "shape"}]}]} is what a device
would show who has none of the keys; {"refused": {"code", "title", "sentences"}} is what it would
say instead. There are no keys here and no port, and nothing is kept.
"""

import json
import sys
from typing import Any

from firmware_emu.flows.review import NOTHING
from signer import chains
from signer.errors import Malformed, Refused
from signer.review import Page

Answer = dict[str, Any]
_UNREADABLE = "MALFORMED"


def read(payload: bytes, chain: str, network: str) -> Answer:
    """The pages of a request (its binary form), or why there are none. Raises LookupError."""
    reader = chains.keyless_review(chain)
    if reader is None:
        raise LookupError(chain)
    try:
        return {"pages": [_page(page) for page in reader.pages_without_keys(payload, network)]}
    except (Malformed, Refused) as error:
        return {"refused": _refused(error)}


def _page(page: Page) -> Answer:
    facts = [
        {
            "label": fact.label,
            "value": fact.value,
            "origin": fact.origin.name.lower(),
            "shape": fact.shape.value,
        }
        for fact in page.facts
    ]
    return {"kind": page.kind.value, "title": page.title, "facts": facts}


def _refused(error: Malformed | Refused) -> Answer:
    if isinstance(error, Malformed):
        sentences = [f"The request cannot be read. {error}"]
        return {"code": _UNREADABLE, "title": "Refused", "sentences": sentences}
    title = f"Refused. {error.detail}".strip()
    sentences = [error.reason.sentence, NOTHING, error.reason.advice]
    return {"code": error.reason.name, "title": title, "sentences": sentences}


def main() -> None:
    """Read the request on stdin for the chain and the network that were named."""
    chain, network = sys.argv[1:]
    sys.stdout.write(json.dumps(read(sys.stdin.buffer.read(), chain, network)) + "\n")


if __name__ == "__main__":
    main()
