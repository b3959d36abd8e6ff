"""Wallet policies (BIP388): an account as a template and its keys, which a person can compare.

A template is a descriptor with numbers for keys, so the descriptor's parser reads both. A policy
is what an account of several keys or conditions is registered as (T40), and what every one-key
account is too: `wpkh(@0/**)`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from signer.chains.bitcoin.descriptors import descriptor, weights
from signer.chains.bitcoin.descriptors import keys as key_expressions
from signer.chains.bitcoin.descriptors.descriptor import Descriptor
from signer.chains.bitcoin.descriptors.expressions import (
    Multi,
    ScriptExpression,
    Sh,
    Single,
    Tr,
    Wsh,
)
from signer.chains.bitcoin.descriptors.keys import (
    MAX_PARTICIPANTS,
    DerivedKey,
    FixedKey,
    KeyExpression,
    KeyOrigin,
    KeyUse,
    Musig,
    Steps,
)
from signer.chains.bitcoin.descriptors.spend_data import NUMS, SpendData
from signer.chains.bitcoin.network import NETWORKS, Network
from signer.errors import Malformed
from signer.formats.cursor import Cursor, blobs
from signer.hashes import tagged_hash
from signer.keys.extended import ExtendedPublicKey
from signer.keys.path import HARDENED, Path

MAX_NAME = 64  # BIP388 sets no length; longer ones nobody reads
MAX_TEMPLATE = 1 << 14
MAX_KEYS = 1 << 10
MAX_KEY_TEXT = 1 << 12  # an origin of 255 steps has some 3,000 letters
# The accounts a seed alone finds again (BIP44, BIP49, BIP84, BIP86); only they need no name.
STANDARD = ("pkh(@0/**)", "sh(wpkh(@0/**))", "wpkh(@0/**)", "tr(@0/**)")
_VERSION = 1  # of the encoding


@dataclass(frozen=True, slots=True)
class PolicyKey:
    """One key of a policy. Without an origin it is taken for a master key, as in PSBTs."""

    xpub: ExtendedPublicKey
    origin: KeyOrigin | None

    @property
    def fingerprint(self) -> bytes:
        """The master key's (4 bytes), as it is claimed."""
        return self.origin.fingerprint if self.origin else self.xpub.fingerprint

    @property
    def path(self) -> Path:
        return self.origin.path if self.origin else ()

    @property
    def is_at_origin(self) -> bool:
        """Whether depth and number inside the key are those of its origin, if it has one.

        Neither leads to any coin, and many wallets leave them at 0: see `registration`.
        """
        place = (self.xpub.depth, self.xpub.child_number)
        return self.origin is None or place == (len(self.path), (self.path or (0,))[-1])

    def render(self, network: Network) -> str:
        origin = f"[{key_expressions.render_origin(self.origin)}]" if self.origin else ""
        return origin + self.xpub.encode(network.xpub)


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One key placeholder of a template (BIP388): which keys, and its two branches.

    A musig() has several keys, NUMS none.
    """

    numbers: tuple[int, ...]
    branches: tuple[int, int]


@dataclass(frozen=True)
class Policy:
    """An account: what was registered, and from it the lock of every coin.

    `placeholders` are those of the template, in the order of its text and of `SpendData.keys`.
    """

    name: str
    template: str
    keys: tuple[PolicyKey, ...]
    network: Network
    placeholders: tuple[Placeholder, ...] = field(repr=False)
    descriptor: Descriptor = field(repr=False)

    def spend_data(self, branch: int, index: int) -> SpendData:
        return self.descriptor.spend_data(branch, index)

    @property
    def key_texts(self) -> tuple[str, ...]:
        return tuple(key.render(self.network) for key in self.keys)

    @property
    def network_name(self) -> str:
        return self.network.name

    @property
    def key_path(self) -> Literal["nobody"] | tuple[int, ...] | None:
        """Who can spend a taproot coin past its script tree: these keys, all together (T26).

        "nobody" where that key is no one's; None for policies that are not taproot.
        """
        if not isinstance(self.descriptor.form, Tr):
            return None
        numbers = self.placeholders[0].numbers
        keys = [self.keys[number].xpub.public_key for number in numbers]
        # Whatever its chain code, no key below NUMS has a known private key: it would be NUMS's.
        return "nobody" if not keys or any(key[1:] == NUMS for key in keys) else numbers

    @cached_property
    def id(self) -> bytes:
        """32 bytes that stand for name, network, template and keys, all of them."""
        return tagged_hash("Quietkey/policy", self.encode())

    def encode(self) -> bytes:
        """The policy as bytes that can be read in one way only: every part has its length."""
        parts = (self.name, self.network.name, self.template, *self.key_texts)
        return bytes((_VERSION,)) + blobs([part.encode() for part in parts])

    @property
    def max_witness_bytes(self) -> int:
        """The most an input's witness takes, with its count; 0 for legacy scripts."""
        return weights.max_witness_bytes(self.descriptor.form, by_key=self.key_path != "nobody")

    @property
    def max_script_sig_bytes(self) -> int:
        """The most an input's scriptSig takes, without its length."""
        return weights.max_script_sig_bytes(self.descriptor.form)


def read(data: bytes) -> Policy:
    """The policy in its encoding. Raises Malformed."""
    cursor = Cursor(data)
    if cursor.uint(1) != _VERSION:
        raise Malformed("This is no policy, or one of another version.")
    parts: list[str] = []
    while cursor.remaining:
        part = cursor.blob()
        if not part.isascii():
            raise Malformed("A policy is made of ASCII texts.")
        parts.append(part.decode("ascii"))
    if len(parts) < 3 or parts[1] not in NETWORKS:
        raise Malformed("A policy has a name, a network, a template and keys.")
    policy = parse(parts[0], parts[2], parts[3:], NETWORKS[parts[1]])
    if policy.encode() != data:
        raise Malformed("A policy is encoded in another way than ours.")
    return policy


def parse(name: str, template: str, keys: Sequence[str], network: Network) -> Policy:
    """The policy of a name, a template and its keys (BIP388). Raises Malformed.

    `name` is 1 to 64 printable ASCII characters; standard accounts of one key may have none.
    `keys` are extended public keys of this network, each best with its origin in front.
    """
    _check_name(name, template)
    if len(template) > MAX_TEMPLATE or not 1 <= len(keys) <= MAX_KEYS:
        raise Malformed(f"A template has at most {MAX_TEMPLATE} letters and {MAX_KEYS} keys.")
    policy_keys = tuple(_key(text, number, network) for number, text in enumerate(keys, start=1))
    if len({key.xpub.public_key for key in policy_keys}) != len(policy_keys):
        raise Malformed("The same key is there twice.")
    _check_order(template, len(policy_keys))
    placeholders = _Placeholders(policy_keys)
    parsed = descriptor.read(template, network, placeholders.read)
    _check_form(parsed.form)
    parsed = replace(parsed, text=_expanded(template, policy_keys, network))
    policy = Policy(name, template, policy_keys, network, tuple(placeholders.found), parsed)
    if isinstance(parsed.form, Tr) and not parsed.form.leaves and policy.key_path == "nobody":
        raise Malformed("Nobody could spend from this account.")
    return policy


def _expanded(template: str, keys: Sequence[PolicyKey], network: Network) -> str:
    """The descriptor's text (BIP388, Descriptor derivation)."""
    texts = [key.render(network) for key in keys]
    # A thousand mentions of a long key would make megabytes of a small request (T75).
    length = len(template) + sum(len(texts[int(n)]) for n in _MENTION.findall(template))
    if length > descriptor.MAX_TEXT:
        raise Malformed(
            f"A policy stands for a descriptor of at most {descriptor.MAX_TEXT} letters."
        )
    return _MENTION.sub(lambda match: texts[int(match[1])], template.replace("/**", "/<0;1>/*"))


def _check_name(name: str, template: str) -> None:
    if not name and template in STANDARD:
        return
    is_printable = all(" " <= letter <= "~" for letter in name)
    # Spaces at its ends would make two names look alike.
    if not 1 <= len(name) <= MAX_NAME or not is_printable or name != name.strip():
        raise Malformed("A policy's name has 1 to 64 printable ASCII characters, no outer spaces.")


def _key(text: str, number: int, network: Network) -> PolicyKey:
    if len(text) > MAX_KEY_TEXT:
        raise Malformed(f"Key {number} has more than {MAX_KEY_TEXT} letters.")
    match key_expressions.parse(text, network, KeyUse.SEGWIT):
        case DerivedKey(xpub, Steps(depth=0), origin):
            return PolicyKey(xpub, origin)
        case _:
            raise Malformed(f"Key {number} is not an extended public key alone.")


def _check_order(template: str, count: int) -> None:
    """Every key is used, first in the order of the list: a template has one list (BIP388)."""
    mentioned = _MENTION.findall(template)
    if [*dict.fromkeys(mentioned)] != [str(number) for number in range(count)]:
        raise Malformed("A template uses every key, the first of them first: @0, @1, and so on.")


_MENTION = re.compile("@([0-9]+)")
_BRANCH = "(0|[1-9][0-9]{0,9})"
_PLACEHOLDER = re.compile(
    f"(?:@([0-9]+)|musig[(]([@0-9,]+)[)])/(?:[*][*]|<{_BRANCH};{_BRANCH}>/[*])"
)


class _Placeholders:
    """Reads the placeholders of a template, and holds them to BIP388's rules."""

    def __init__(self, keys: Sequence[PolicyKey]) -> None:
        self.found: list[Placeholder] = []
        self._keys = keys
        self._used: dict[frozenset[int], set[int]] = {}

    def read(self, text: str, use: KeyUse) -> KeyExpression:
        if text == NUMS.hex() and use is KeyUse.TAPROOT and not self.found:
            self.found.append(Placeholder((), (0, 1)))
            return FixedKey(b"\x02" + NUMS)
        place = _place(text)
        self._check(place, use)
        self.found.append(place)
        steps = Steps(choices=place.branches, is_ranged=True)
        keys = [self._keys[number] for number in place.numbers]
        if len(keys) == 1:
            return DerivedKey(keys[0].xpub, steps, keys[0].origin)
        return Musig(tuple(DerivedKey(key.xpub, Steps(), key.origin) for key in keys), steps)

    def _check(self, place: Placeholder, use: KeyUse) -> None:
        if len(place.numbers) > 1 and use is not KeyUse.TAPROOT:
            raise Malformed("musig() is for taproot only.")
        numbers = frozenset(place.numbers)
        used = self._used.setdefault(numbers, set())
        if len(numbers) != len(place.numbers) or len({*place.branches} - used) != 2:
            raise Malformed("A key stands twice in a template with the same step below it.")
        used.update(place.branches)


def _place(text: str) -> Placeholder:
    match = _PLACEHOLDER.fullmatch(text)
    if not match:
        raise Malformed("A key in a template is like @0/** or @0/<0;1>/*.")
    single, several, receive, change = match.groups()
    branches = (int(receive), int(change)) if receive else (0, 1)
    if max(branches) >= HARDENED:
        raise Malformed(f"A step is at most {HARDENED - 1}.")
    return Placeholder((int(single),) if single else _participants(several), branches)


def _participants(text: str) -> tuple[int, ...]:
    """The numbers in a musig()."""
    mentions = [_MENTION.fullmatch(mention) for mention in text.split(",", MAX_PARTICIPANTS)]
    if len(mentions) > MAX_PARTICIPANTS:
        raise Malformed(f"A musig() has at most {MAX_PARTICIPANTS} keys.")
    numbers = tuple(int(match[1]) for match in mentions if match)
    if not 1 < len(mentions) == len(numbers):
        raise Malformed("A musig() in a template is like musig(@0,@1).")
    return numbers


def _check_form(form: ScriptExpression) -> None:
    """The SCRIPT expressions of BIP388; a key alone in P2SH is no kind of wallet."""
    match form:
        case Single("pkh" | "wpkh") | Tr() | Wsh() | Sh(Single("wpkh") | Wsh() | Multi()):
            return
        case _:
            raise Malformed("A policy is pkh, wpkh, sh, wsh or tr; sh holds wpkh, wsh or multi.")
