"""Registration of a wallet policy: its conditions, steps and keys as pages (T40, T84, T85)."""

from collections.abc import Iterator, Sequence

from signer import wording
from signer.chains.bitcoin.accounts import policy_warnings, policy_words, registry
from signer.chains.bitcoin.accounts.account import PolicyAccount, is_foreign, is_usual_length
from signer.chains.bitcoin.descriptors import policy
from signer.chains.bitcoin.descriptors.policy import Policy, PolicyKey
from signer.chains.bitcoin.network import Network
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.errors import Malformed, Refused
from signer.formats.words.digest_words import digest_words
from signer.keys.keyring import Keyring
from signer.keys.path import bare
from signer.review import Fact, Kind, Origin, Page, Review, Shape, sealed, warning


def review(
    name: str, template: str, keys: Sequence[str], keyring: Keyring, network: Network
) -> Review[Policy]:
    """The account as pages to approve.

    Raises Malformed, Refused for one that is not ours or whose coins would not be signed for.
    """
    read = policy.parse(name, template, keys, network)
    account = registry.recognise(read, keyring)
    _check_signable(account)
    encoded = read.encode()
    pages, words = tuple(_pages(account)), digest_words(encoded)
    return sealed(read, encoded, pages, keyring.fingerprint, words)


def _check_signable(account: PolicyAccount) -> None:
    """What can be registered can be signed for: a coin at such a path is refused later (T87)."""
    read = account.policy
    for place, nodes in zip(read.placeholders, account.own_paths, strict=True):
        for path in [(*node, 0) for node in nodes]:
            detail = f"{policy_words.key_names(place.numbers, ()).capitalize()}."
            if not is_usual_length(path):
                raise Refused(BitcoinReason.PATH_UNUSUAL, detail)
            # With fewer steps than usual, the one below the key stands where a coin type does.
            if is_foreign(path, read.network):
                raise Refused(BitcoinReason.WRONG_NETWORK, detail)
    if not policy_words.paths(read, ()):
        raise Malformed("Nobody could spend from this account.")


def _pages(account: PolicyAccount) -> Iterator[Page]:
    read, own_numbers = account.policy, own_numbers_of(account)
    yield from _out_of_place(read, own_numbers)
    yield from policy_warnings.registration_warnings(read, own_numbers)
    yield from _without_network(account)
    yield Page(
        Kind.OVERVIEW,
        "Register account",
        (
            Fact("name", read.name, Origin.HOST),
            Fact("", policy_words.kind(read)),
            Fact(
                "Keys",
                f"{len(read.keys)}, yours: {', '.join(str(n + 1) for n in sorted(own_numbers))}",
            ),
            *_key_path(read, own_numbers),
            *_joint_signers(read, own_numbers),
            Fact("Network", read.network.name),
        ),
    )
    paths = enumerate(policy_words.paths(read, own_numbers), 1)
    yield Page(Kind.DETAIL, "Spending paths", tuple(Fact(f"Path {n}", path) for n, path in paths))
    yield Page(Kind.DETAIL, "Template", (Fact("", read.template), *_steps(read, own_numbers)))
    for number, key in enumerate(read.keys):
        yield _key(number, key, read, is_own=number in own_numbers)
    yield Page(
        Kind.DETAIL,
        "Details",
        (
            Fact("", "From now on this device signs for this account."),
            Fact("", "Back up this account's descriptor. Your seed words cannot restore it."),
            Fact("Account id", account.short_id, Origin.POLICY, Shape.ADDRESS),
        ),
    )


def own_numbers_of(account: PolicyAccount) -> frozenset[int]:
    """Which of the policy's keys are ours."""
    read = account.policy
    single = {
        number
        for place, paths in zip(read.placeholders, account.own_paths, strict=True)
        if paths
        for number in place.numbers
    }
    parts = {part for musig_key in account.shared() for part, _ in musig_key.own_participants}
    joint = {n for n, key in enumerate(read.keys) if key.xpub.public_key in parts}
    return frozenset(single | joint)


def _without_network(account: PolicyAccount) -> Iterator[Page]:
    if account.policy.network.coin and not account.names_coin_type:
        # Registered for tests, it would sign for the same coins on the main network (T45).
        yield warning(
            "Unusual path",
            "No network is part of the path of your keys.",
            "They are the same for real coins.",
        )


def _out_of_place(read: Policy, own_numbers: frozenset[int]) -> Iterator[Page]:
    """Keys of others that say they are elsewhere than their origins do (T41).

    Most are honest: depth and number lead to no coin. But the owner of such a key might not find it
    again where its origin says. Ours was derived there, and compared with its chain code.
    """
    lines = [
        f"Key {number + 1}: {_difference(key)}."
        for number, key in enumerate(read.keys)
        if number not in own_numbers and not key.is_at_origin
    ]
    if lines:
        yield warning("Key out of place", *lines, "Have its owner's device confirm path and key.")


def _difference(key: PolicyKey) -> str:
    if len(key.path) != key.xpub.depth:
        steps = wording.plural(len(key.path), "step")
        return f"its path has {steps}, the key itself says {key.xpub.depth}"
    last, number = bare(key.path[-1:]), bare((key.xpub.child_number,))
    return f"its path ends in {last}, the key itself says {number}"


def _key_path(read: Policy, own_numbers: frozenset[int]) -> Iterator[Fact]:
    match read.key_path:
        case None:
            return
        case "nobody":
            yield Fact("Key path", "nobody (NUMS)")
        case tuple(numbers):
            yield Fact("Key path", policy_words.key_names(numbers, own_numbers))


def _joint_signers(read: Policy, own_numbers: frozenset[int]) -> Iterator[Fact]:
    """Each group that makes one signature together: none of them can be absent."""
    for numbers in dict.fromkeys(place.numbers for place in read.placeholders):
        if len(numbers) > 1:
            yield Fact(
                "Together",
                f"all of {len(numbers)} keys sign: {policy_words.key_names(numbers, own_numbers)}",
            )


def _steps(read: Policy, own_numbers: frozenset[int]) -> Iterator[Fact]:
    """Below which steps the coins lie, of every key: the template alone is easily skimmed (T85)."""
    found: dict[str, list[str]] = {}
    for place in read.placeholders:
        if place.numbers:
            steps = found.setdefault(policy_words.key_names(place.numbers, own_numbers), [])
            steps.append(policy_words.steps(place))
    if {*map(tuple, found.values())} == {("<0;1>",)}:
        found = {"every key": ["<0;1>"]}
    for name, steps in found.items():
        yield Fact("Steps", f"of {name}: {', '.join(steps)}")


def _key(number: int, key: PolicyKey, read: Policy, *, is_own: bool) -> Page:
    origin = Origin.DERIVED if is_own else Origin.SIGNED
    ours, theirs = (
        "Your key. This device derives it: correct.",
        "Compare it with its owner's device.",
    )
    facts = (
        Fact("", ours if is_own else theirs, origin),
        Fact("fingerprint", key.fingerprint.hex(), origin),
        Fact("path", bare(key.path), origin),
        Fact("key", key.xpub.encode(read.network.xpub), origin, Shape.ADDRESS),
    )
    return Page(Kind.DETAIL, f"Key {number + 1} of {len(read.keys)}", facts)
