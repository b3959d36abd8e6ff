"""Whatever plugs in keeps its contract: every chain and every protocol, found by its folder.

A plug brings an `example.py` that shows it at work for the public seed; the rest is asked of all
alike. What is missing is named, so a half-made plug fails with its list of things to do.
"""

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from signer import chains
from signer.chains import Chain
from signer.errors import CommonReason, Malformed, Reason, Refused
from signer.keys.keyring import Keyring
from signer.keys.path import HARDENED
from signer.review import Review
from tests.oracle.drawn import Drawn
from tests.psbts import OTHER, keyring

JUNK = 200  # payloads, of each kind of junk
each_chain = pytest.mark.parametrize("name", chains.names())


def junk(seed: str, *examples: bytes) -> Iterator[bytes]:
    """Bytes that mean nothing: drawn, cut from what means something, or with a bit turned."""
    drawn = Drawn(seed)
    for _ in range(JUNK):
        yield drawn.bytes(drawn.below(300))
    for example in examples:
        for _ in range(JUNK):
            yield example[: drawn.below(len(example))]
            turned = bytearray(example)
            turned[drawn.below(len(turned))] ^= 1 << drawn.below(8)
            yield bytes(turned)


# Chains


def chain_example(name: str) -> chains.Example:
    try:
        example = importlib.import_module(f"signer.chains.{name}.example").EXAMPLE
    except (ModuleNotFoundError, AttributeError):
        pytest.fail(f"signer/chains/{name}/example.py does not define EXAMPLE: chains.Example")
    assert isinstance(example, chains.Example)
    return example


def reviewed(name: str, keys: Keyring) -> Review[Any]:
    example = chain_example(name)
    return chains.load(name).review(example.payload, keys, example.network)


@each_chain
def test_a_chain_is_declared_as_one(name: str) -> None:
    """An annotation, so that mypy compares every verb with the protocol's."""
    chains.load(name)
    module = importlib.import_module(f"signer.chains.{name}")
    assert module.__annotations__.get("CHAIN") is Chain, "write it as CHAIN: Chain = ..."


@each_chain
def test_a_chain_names_its_networks(name: str) -> None:
    networks = chains.load(name).networks
    assert networks
    assert len(set(networks)) == len(networks)
    assert chain_example(name).network in networks


@each_chain
def test_an_example_is_signed_as_it_says(name: str) -> None:
    keys, chain, example = keyring(), chains.load(name), chain_example(name)
    review = reviewed(name, keys)
    assert review.fingerprint == keys.fingerprint
    assert review.digest.hex() == review.pages[-1].facts[-1].value
    assert chain.sign(review.approve(review.pages), keys).hex() == example.signed.hex()


@each_chain
def test_an_approval_needs_every_page_and_signs_once(name: str) -> None:
    keys, chain = keyring(), chains.load(name)
    review = reviewed(name, keys)
    for pages in ((), review.pages[:-1], (*review.pages, review.pages[-1])):
        with pytest.raises(Refused) as refused:
            review.approve(pages)
        assert refused.value.reason is CommonReason.NOT_ALL_PAGES_SHOWN
    approval = review.approve(review.pages)
    with pytest.raises(Refused) as refused:
        chain.sign(approval, keyring(OTHER))
    assert refused.value.reason is CommonReason.WRONG_KEYS
    chain.sign(approval, keys)
    with pytest.raises(Refused) as refused:
        chain.sign(approval, keys)
    assert refused.value.reason is CommonReason.APPROVAL_SPENT


@each_chain
def test_two_requests_have_two_digests(name: str) -> None:
    """Whatever a turned bit leaves readable is another request, or the same to the last page."""
    keys, chain, example = keyring(), chains.load(name), chain_example(name)
    first = reviewed(name, keys)
    for payload in junk(name, example.payload):
        if payload != example.payload and (review := read(chain, payload, keys, example.network)):
            assert (review.digest == first.digest) == (review.pages == first.pages)


def read(chain: Chain, payload: bytes, keys: Keyring, network: str) -> Review[Any] | None:
    """The review of a payload, or None for one that is refused as it should be."""
    try:
        return chain.review(payload, keys, network)
    except (Malformed, Refused):
        return None


@each_chain
def test_a_network_of_another_chain_is_refused(name: str) -> None:
    keys, chain, example = keyring(), chains.load(name), chain_example(name)
    calls: tuple[Callable[[], object], ...] = (
        lambda: chain.review(example.payload, keys, "no such network"),
        lambda: chain.xpub(keys, example.path, "no such network"),
        lambda: chain.address(keys, example.path, example.variant, "no such network"),
    )
    for call in calls:
        with pytest.raises((LookupError, Malformed, Refused)):
            call()


@each_chain
def test_an_address_is_the_one_of_its_example_and_junk_has_none(name: str) -> None:
    keys, chain, example = keyring(), chains.load(name), chain_example(name)
    address, warnings = chain.address(keys, example.path, example.variant, example.network)
    assert (address, tuple(warnings)) == (example.address, ())
    assert chain.xpub(keys, example.path[:3], example.network)
    with pytest.raises((Malformed, Refused)):
        chain.address(keys, example.path, "no such variant", example.network)
    for path in ((HARDENED * 2,), (-1,), (0,) * 300):
        with pytest.raises((Malformed, Refused)):
            chain.address(keys, path, example.variant, example.network)


@each_chain
def test_a_message_is_shown_whole_and_signed_once(name: str) -> None:
    keys, chain, example = keyring(), chains.load(name), chain_example(name)
    review = chain.message("A text to sign.", example.path, keys)
    assert "A text to sign." in "".join(f.value for page in review.pages for f in page.facts)
    approval = review.approve(review.pages)
    assert chain.sign_message(approval, keys).data
    with pytest.raises(Refused):
        chain.sign_message(approval, keys)


@each_chain
def test_the_reasons_of_a_chain_are_sentences_of_its_own(name: str) -> None:
    """A reason's name goes over the wire: the same one must not mean two things."""
    reasons = importlib.import_module(f"signer.chains.{name}.reasons")
    own = [
        reason
        for kind in vars(reasons).values()
        if isinstance(kind, type)
        and issubclass(kind, Reason)
        and kind.__module__ == reasons.__name__
        for reason in kind
    ]
    assert own, f"signer/chains/{name}/reasons.py holds no subclass of signer.errors.Reason"
    for reason in own:
        assert reason.sentence.endswith(".")
        assert reason.advice.endswith(".")
    assert not {reason.name for reason in own} & {reason.name for reason in CommonReason}
