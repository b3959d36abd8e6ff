"""The digest of a review: 32 bytes that stand for all that is shown, and all that will be signed.

It is the last thing on the last page. So two reviews that differ in anything never look the same,
and whoever compares two screens, or a screen and a log, can do it by one line (T32).
"""

from collections.abc import Sequence
from dataclasses import replace

from signer.formats.cursor import blob
from signer.hashes import tagged_hash
from signer.review import Fact, Origin, Page, Shape


def sealed(subject: bytes, pages: Sequence[Page]) -> tuple[tuple[Page, ...], bytes]:
    """The pages with the digest of all of it on the last, and the digest (32 bytes)."""
    texts = b"".join(map(_page, pages))
    digest = tagged_hash("quietkey/review", blob(subject), texts)
    fact = Fact("Digest", digest.hex(), Origin.DERIVED, Shape.ADDRESS)
    last = pages[-1]
    return (*pages[:-1], replace(last, facts=(*last.facts, fact))), digest


def _page(page: Page) -> bytes:
    parts = [page.kind.value, page.title]
    for fact in page.facts:
        parts += (fact.label, fact.value, fact.origin.name, fact.shape.value)
    return blob(b"".join(blob(part.encode()) for part in parts))
