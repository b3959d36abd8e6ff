"""Every kind of payload that people hold up to a signer, and what comes of it."""

import pytest

from tests import payload_kinds
from tests.nights import AT_NIGHT
from tests.payload_kinds import Kind

KINDS = payload_kinds.kinds()
BY_DAY = ("UR", "JSON", "BSMS", "External", "setup", "BIP21", "[fp/path]vpub", "raw", "PSBT base43")


def judge(kind: Kind) -> None:
    assert payload_kinds.outcome(kind) == "served"


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind.name.startswith(BY_DAY)], ids=lambda kind: kind.name
)
def test_a_payload_of_every_carrier_is_taken_for_what_it_is(kind: Kind) -> None:
    judge(kind)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@AT_NIGHT
def test_a_payload_of_every_kind_is_taken_for_what_it_is(kind: Kind) -> None:
    judge(kind)
