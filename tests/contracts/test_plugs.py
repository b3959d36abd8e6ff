"""Whatever plugs in keeps its contract: every chain and every protocol, found by its folder.

A plug brings an `example.py` that shows it at work for the public seed; the rest is asked of all
alike. What is missing is named, so a half-made plug fails with its list of things to do.
"""

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from firmware_emu import commands, personalities
from firmware_emu.emulator import Emulator
from firmware_emu.events import BytesIn, Port, PortClosed, Ticked
from firmware_emu.personalities import Personality, Profile
from firmware_emu.screens import COLUMNS, ROWS
from signer import chains
from signer.chains import Chain
from signer.errors import CommonReason, Malformed, Reason, Refused
from signer.keys.keyring import Keyring
from signer.keys.path import HARDENED
from signer.review import Review
from tests.oracle.drawn import Drawn
from tests.psbts import OTHER, keyring

JUNK = 200  # payloads, of each kind of junk
ROOT = Path(__file__).parents[2]


def folders(place: str) -> list[str]:
    """Every folder there, also one that is no package yet."""
    return sorted(p.name for p in (ROOT / place).iterdir() if p.is_dir() and p.name[0] != "_")


each_personality = pytest.mark.parametrize("name", folders("firmware_emu/personalities"))
each_chain = pytest.mark.parametrize("name", folders("signer/chains"))


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


@each_chain
def test_a_folder_of_chains_is_a_package(name: str) -> None:
    assert name in chains.names(), f"signer/chains/{name}/ has no __init__.py"


def chain_example(name: str) -> chains.ChainExample:
    try:
        example = importlib.import_module(f"signer.chains.{name}.example").EXAMPLE
    except (ModuleNotFoundError, AttributeError):
        pytest.fail(
            f"signer/chains/{name}/example.py does not define EXAMPLE: chains.ChainExample",
            pytrace=False,
        )
    assert isinstance(example, chains.ChainExample)
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
    assert review.digest.hex() in {page.facts[-1].value for page in review.pages}
    last = {fact.value for fact in review.pages[-1].facts}
    assert " ".join(review.words) in last, "the words are compared before the last yes"
    randomness = bytearray(b"\x07" * 32)
    signed = chain.sign(review.approve(review.pages), keys, randomness)
    assert signed == example.signed, f"EXAMPLE.signed is not what the chain gives: {signed.hex()}"
    assert not any(randomness), "whoever is handed fresh bytes erases them"


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
        with pytest.raises(LookupError):
            call()


@each_chain
def test_an_address_is_the_one_of_its_example_and_junk_has_none(name: str) -> None:
    keys, chain, example = keyring(), chains.load(name), chain_example(name)
    address, warnings = chain.address(keys, example.path, example.variant, example.network)
    assert address == example.address, f"EXAMPLE.address is not what the chain gives: {address}"
    assert not warnings
    assert chain.xpub(keys, example.path[:3], example.network)
    with pytest.raises((Malformed, Refused)):
        chain.address(keys, example.path, "no such variant", example.network)
    for path in ((HARDENED * 2,), (-1,), (0,) * 300):
        with pytest.raises((Malformed, Refused)):
            chain.address(keys, path, example.variant, example.network)


def shown(chain: Chain, text: str, path: tuple[int, ...], keys: Keyring) -> str:
    """What a person reads of a message; nothing of one that is refused."""
    try:
        pages = chain.message(text, path, keys).pages
    except Refused:
        return ""
    return "".join(fact.value for page in pages for fact in page.facts)


@each_chain
def test_a_message_is_shown_whole_and_signed_once(name: str) -> None:
    keys, chain, example = keyring(), chains.load(name), chain_example(name)
    review = chain.message("A text to sign.", example.path, keys)
    assert "A text to sign." in shown(chain, "A text to sign.", example.path, keys)
    approval = review.approve(review.pages)
    assert chain.sign_message(approval, keys).data
    with pytest.raises(Refused):
        chain.sign_message(approval, keys)
    assert "\x1b" not in shown(chain, "A text that clears \x1b[2J the screen.", example.path, keys)


def reasons(name: str) -> list[Reason]:
    module = importlib.import_module(f"signer.chains.{name}.reasons")
    own = [
        reason
        for kind in vars(module).values()
        if isinstance(kind, type)
        and issubclass(kind, Reason)
        and kind.__module__ == module.__name__
        for reason in kind
    ]
    assert own, f"signer/chains/{name}/reasons.py holds no subclass of signer.errors.Reason"
    return own


@each_chain
def test_the_reasons_of_a_chain_are_sentences_of_its_own(name: str) -> None:
    """A reason's name goes over the wire: the same one must not mean two things."""
    for reason in reasons(name):
        assert len(reason.value) == 2, f"{reason} is not a sentence and what to do next"
        assert reason.sentence.endswith(".")
        assert reason.advice.endswith(".")
    others = {reason.name for chain in chains.names() if chain != name for reason in reasons(chain)}
    others |= {reason.name for reason in CommonReason}
    assert not {reason.name for reason in reasons(name)} & others


# Wire protocols


@each_personality
def test_a_folder_of_protocols_is_a_package(name: str) -> None:
    assert name in personalities.names(), f"firmware_emu/personalities/{name}/ has no __init__.py"


def new_port(name: str) -> Personality:
    """A protocol on a port of its own, on a device of the examples' networks."""
    networks = {chain: chain_example(chain).network for chain in chains.names()}
    return personalities.load(name)(Profile(networks=networks))


REPLIES: tuple[commands.Reply, ...] = (
    commands.Info("unlocked", "all", "000000000000"),
    commands.Done(),
    commands.Text("an address"),
    commands.Signed(b"a signed payload"),
    commands.Unchanged(b"a payload with nothing to sign"),
    commands.Accounts((commands.AccountDetails("Vault", "wsh(pk(@0/**))", ("xpub",), "regtest"),)),
    commands.Registered(b"a record"),
    commands.Fingerprint(bytes(4)),
    commands.Signature(bytes(64)),
    commands.Fault(commands.FaultCode.DECLINED, "The person said no."),
)


def personality_examples(name: str) -> tuple[personalities.WireExample, ...]:
    try:
        module = importlib.import_module(f"firmware_emu.personalities.{name}.example")
        examples: tuple[personalities.WireExample, ...] = module.EXAMPLES
    except (ModuleNotFoundError, AttributeError):
        pytest.fail(
            f"firmware_emu/personalities/{name}/example.py does not define "
            "EXAMPLES: tuple[personalities.WireExample, ...]",
            pytrace=False,
        )
    assert examples, f"firmware_emu/personalities/{name}/example.py: EXAMPLES is empty"
    return examples


def requests(personality: Personality, wire: bytes) -> list[commands.Request]:
    return [i for i in personality.receive(wire) if isinstance(i, commands.Request)]


@each_personality
def test_a_protocol_is_declared_as_one(name: str) -> None:
    module = importlib.import_module(f"firmware_emu.personalities.{name}")
    declared = module.__annotations__.get("PERSONALITY")
    assert declared is personalities.PersonalityFactory, (
        "write it as PERSONALITY: PersonalityFactory = ..."
    )


@each_personality
def test_a_protocol_reads_its_examples_however_often_it_was_cut_off(name: str) -> None:
    """A half message is forgotten when the port closes."""
    for example in personality_examples(name):
        personality = new_port(name)
        for length in range(0, len(example.wire), 1 + len(example.wire) // 50):
            list(personality.receive(example.wire[:length]))
            personality.hang_up()
        read = requests(personality, example.wire)
        assert tuple(request.command for request in read) == example.commands


@each_personality
def test_a_protocol_of_a_stream_reads_it_in_any_pieces(name: str) -> None:
    for example in personality_examples(name):
        if example.is_stream:
            personality = new_port(name)
            pieces = (example.wire[i : i + 1] for i in range(len(example.wire)))
            read = [request for piece in pieces for request in requests(personality, piece)]
            assert tuple(request.command for request in read) == example.commands


def test_there_is_a_reply_of_each_kind_to_try() -> None:
    assert {type(reply) for reply in REPLIES} == set(get_args(commands.Reply))


@each_personality
def test_a_protocol_has_an_answer_to_every_reply(name: str) -> None:
    """To any request, also one whose answer is of another kind: what it cannot say is a fault."""
    for example in personality_examples(name):
        for reply in REPLIES:
            personality = new_port(name)
            for request in requests(personality, example.wire):
                assert isinstance(personality.prompted(request.ticket), bytes)
                answer = personality.reply(request.ticket, reply)
                assert answer is not None, f"{name} has no answer to {type(reply).__name__}"
                if not isinstance(answer, bytes):
                    assert all(len(line) <= COLUMNS for line in answer.lines())
                    assert len(answer.lines()) <= ROWS


@each_personality
def test_no_bytes_end_a_protocol(name: str) -> None:
    personality = new_port(name)
    examples = personality_examples(name)
    for data in junk(name, *(example.wire for example in examples)):
        list(personality.receive(data))
        personality.tick(0.5)
    personality.hang_up()
    personality.tick(60)
    read = requests(personality, examples[0].wire)
    assert tuple(request.command for request in read) == examples[0].commands


@each_personality
def test_no_bytes_end_the_device(name: str) -> None:
    """Whatever a port says, the device goes on, and answers another port."""
    device, port = Emulator(), Port(name, "contract")
    device.shell.plug_in(port, lambda _: None)
    for data in junk(name, *(example.wire for example in personality_examples(name))):
        device.shell.happen(BytesIn(port, data))
        device.shell.happen(Ticked(0.1))
    device.shell.happen(PortClosed(port))
    while device.screen.kind != "home":
        device.press("stop")
    assert device.request("get_version_info").result()


@each_personality
def test_two_ports_of_a_protocol_know_nothing_of_each_other(name: str) -> None:
    first, second = (new_port(name) for _ in range(2))
    for example in personality_examples(name):
        list(first.receive(example.wire[: len(example.wire) // 2]))
        read = requests(second, example.wire)
        assert tuple(request.command for request in read) == example.commands
