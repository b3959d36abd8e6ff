"""A policy in words: what it takes to spend, for a person who registers the account (T84).

Each sentence reads in one way: "and", or a comma before "after", joins what is needed together, and
whatever is to be chosen from stands in brackets, with semicolons between.
"""

from collections.abc import Collection, Iterable

from signer import wording
from signer.chains.bitcoin import units
from signer.chains.bitcoin.descriptors.conditions import (
    NEVER,
    Condition,
    NotBefore,
    OlderThan,
    Secret,
    Signature,
    any_of,
    fold,
    of_expression,
    spending_paths,
)
from signer.chains.bitcoin.descriptors.expressions import (
    Multi,
    ScriptExpression,
    Sh,
    Single,
    Tr,
    Wsh,
)
from signer.chains.bitcoin.descriptors.miniscript import Fragment
from signer.chains.bitcoin.descriptors.policy import Placeholder, Policy
from signer.chains.bitcoin.descriptors.spend_data import NUMS
from signer.chains.bitcoin.network import LOCKTIME_THRESHOLD

_ORDERS = {"multi": "in this order", "sortedmulti": "sorted"}
_STILL = "after the coin has been still"
_BLOCK_SECONDS = 600
_LENGTHS = ((31_536_000, "year"), (86_400, "day"), (3_600, "hour"), (60, "minute"))
_IN_SECONDS = 1 << 22  # BIP68: the lock counts 512 seconds, not blocks


def kind(read: Policy) -> str:
    """What kind of account it is, in one line: `2 of 3 keys, sorted, native segwit`."""
    form = read.descriptor.form
    if isinstance(form, Tr):
        return f"taproot, {wording.plural(len(form.leaves), 'script')}"
    outer = "legacy"
    if isinstance(form, Wsh) or form == Single("wpkh", 0):
        outer = "native segwit"
    elif isinstance(form, Sh) and not isinstance(form.inner, Multi):
        outer = "nested segwit"
    return f"{_whole(form)}, {outer}"


def _whole(form: ScriptExpression | Fragment[int]) -> str:
    """What the whole script is. Of a multisig with anything around it that would be a lie."""
    match form:
        case Sh(inner) | Wsh(inner):
            return _whole(inner)
        case Single():
            return "one key"
        case Multi(count, keys, is_sorted):
            return f"{count} of {len(keys)} keys, {'sorted' if is_sorted else 'in this order'}"
        case Fragment() if form.name in _ORDERS:
            return f"{form.number} of {len(form.own_keys)} keys, {_ORDERS[form.name]}"
        case _:
            return "conditions"


def condition(read: Policy) -> Condition:
    """What it takes to spend from the account."""
    return any_of(*parts(read))


def parts(read: Policy) -> tuple[Condition, ...]:
    """The same, of taproot the key path and then each leaf; any of them is enough.

    A key that nobody has (NUMS) never signs.
    """

    def signature(place: int) -> Condition:
        numbers = read.placeholders[place].numbers
        # Whatever its chain code, no key below NUMS has a known private key: it would be NUMS's.
        nobody = any(read.keys[number].xpub.public_key[1:] == NUMS for number in numbers)
        return NEVER if nobody or not numbers else Signature(numbers)

    return of_expression(read.descriptor.form, signature)


def paths(read: Policy, own_numbers: Collection[int]) -> tuple[str, ...]:
    """Each way to spend, a sentence each. `own_numbers` are the numbers of our keys, from 0."""
    return tuple(said(path, own_numbers) for path in spending_paths(condition(read)))


def said(path: Condition, own_numbers: Collection[int]) -> str:
    """A condition as a sentence without its full stop: `key 2 and 1 of [key 1 (yours); key 3]`."""
    return fold(path, lambda node, inner: _said(node, inner, own_numbers))


def _said(node: Condition, inner: list[str], own_numbers: Collection[int]) -> str:
    match node:
        case Signature(keys):
            return key_names(keys, own_numbers)
        case Secret(function, digest):
            return f"the secret whose {function} is {digest.hex()}"
        case OlderThan(sequence):
            return f"{_STILL} for {_age(sequence)}"
        case NotBefore(locktime):
            return f"{moment(locktime)} reached"
        case _ if node.needs_all:
            order = sorted(range(len(inner)), key=lambda n: _rank(node.conditions[n]))
            return _joined([inner[n] for n in order])
        case _:
            return f"{node.count} of [{'; '.join(inner)}]"


def _joined(parts: list[str]) -> str:
    """`key 1 and key 2, after the coin has been still for ...`: all of them are needed."""
    joints = (", " if part.startswith(_STILL) else " and " for part in parts[1:])
    return parts[0] + "".join(joint + part for joint, part in zip(joints, parts[1:], strict=True))


def _rank(node: Condition) -> int:
    """Who signs comes first, then choices, secrets and locks."""
    match node:
        case Signature():
            return 0
        case Secret():
            return 2
        case OlderThan() | NotBefore():
            return 3
        case _:
            return 1


def key_names(numbers: Iterable[int], own_numbers: Collection[int]) -> str:
    """`key 1 (yours)`; of several that sign together, `[key 1 (yours) with key 2]`."""
    names = [f"key {n + 1}{' (yours)' if n in own_numbers else ''}" for n in numbers]
    return names[0] if len(names) == 1 else f"[{' with '.join(names)}]"


def steps(place: Placeholder) -> str:
    """`<0;1>`: the step below the key to receive, and that for change (BIP389)."""
    return "<{};{}>".format(*place.branches)


def _age(sequence: int) -> str:
    return f"{units.relative_lock(sequence)} (about {_about(seconds(sequence))})"


def seconds(sequence: int) -> int:
    """How long a relative lock (BIP68) lasts, with blocks of ten minutes."""
    return (sequence & 0xFFFF) * (512 if sequence & _IN_SECONDS else _BLOCK_SECONDS)


def _about(duration: int) -> str:
    """`1 year`, `8.5 minutes`: in the largest unit that fits, with a tenth below ten."""
    size, unit = next((row for row in _LENGTHS if duration >= row[0]), _LENGTHS[-1])
    tenths = (duration * 10 + size // 2) // size
    if tenths >= 100 or tenths % 10 == 0:
        return wording.plural((tenths + 5) // 10, unit)
    return f"{tenths // 10}.{tenths % 10} {unit}s"


def moment(locktime: int) -> str:
    """An absolute lock (BIP65): `block 840 000`, or a date."""
    if locktime >= LOCKTIME_THRESHOLD:
        return wording.utc(locktime)
    return f"block {wording.spaced(locktime)}"
