"""Amounts and fee rates as people type them. What can be read in two ways is not guessed."""

import re
from decimal import Decimal

from host.config import grouped
from host.fees import FeeChoice
from host.payees.cleaning import visible
from host.payees.errors import AmountError

SATS_PER_BTC = 100_000_000
MAX_SATS = 21_000_000 * SATS_PER_BTC
LONGEST_AMOUNT = 40  # characters
# Below the first no node passes a transaction on; above the second somebody made a mistake.
LEAST_RATE, MOST_RATE = 0.1, 10_000
MOST_BLOCKS = 1_008  # a week: estimates reach no further
EVERYTHING = ("max", "all", "everything")

_UNITS = {
    "sat": 1,
    "sats": 1,
    "satoshi": 1,
    "satoshis": 1,
    "k": 1_000,
    "ksat": 1_000,
    "ksats": 1_000,
    "mbtc": SATS_PER_BTC // 1_000,
    "btc": SATS_PER_BTC,
    "xbt": SATS_PER_BTC,
    "₿": SATS_PER_BTC,
    "bitcoin": SATS_PER_BTC,
    "bitcoins": SATS_PER_BTC,
}
_MILLIONS = ("m", "msat", "msats")
_SPELLING = re.compile(r"(₿?)\s*([0-9][0-9.,'’_\s]*)\s*([^\W\d_]*|₿)")  # noqa: RUF001
_MONEY = re.compile(r"[$€£¥]|\b(usd|eur|chf|gbp)\b", re.IGNORECASE)
_SPACING = re.compile(r"[\s'’_]")  # noqa: RUF001
_EIGHT_DECIMALS = re.compile(r"[0-9]{2}(?:\s[0-9]{3}){2}", re.ASCII)  # as in 0.00 025 000
_WHOLE_FEE = re.compile(r"[0-9][^/]*(k?sats?|satoshis?|btc)", re.ASCII | re.IGNORECASE)
_RATE = re.compile(r"[-+0-9.,]+\s*(sats?/vb(yte)?)?", re.ASCII | re.IGNORECASE)
_FEES = "A fee is a rate like 2.5 sat/vB, all of it like 500 sats, or a time like 6 blocks."
_HOW = "Write it like 25000, 25 000 sats or 0.00025 BTC."


def read_amount(text: str) -> int | None:
    """How many sats are meant; None for all there is ("max").

    A number without a unit is in sats. Raises AmountError: no amount, none of sats, more than
    there can be, or one that has two readings.
    """
    plain = visible(text)
    if plain.casefold() in EVERYTHING:
        return None
    spelling = _SPELLING.fullmatch(plain) if len(plain) <= LONGEST_AMOUNT else None
    if spelling is None:
        raise _no_amount(plain)
    sign, number, unit = spelling.groups()
    return _in_bounds(_in_sats(number.strip(), (sign or unit).casefold()))


def read_rate(text: str) -> float:
    """A fee rate in sat/vB, with a point or a comma. Raises AmountError."""
    number = re.sub(r"\s*sats?/vb(yte)?$", "", visible(text), flags=re.IGNORECASE)
    if not re.fullmatch(r"[0-9]{1,6}([.,][0-9]{1,6})?", number, re.ASCII):
        raise AmountError("A fee rate is a number of sat/vB, like 1 or 2.5.")
    rate = float(number.replace(",", "."))
    if not LEAST_RATE <= rate <= MOST_RATE:
        raise AmountError(f"A fee rate is between {LEAST_RATE} and {grouped(MOST_RATE)} sat/vB.")
    return rate


def read_fee(text: str) -> FeeChoice:
    """A fee: "12" or "12 sat/vB", "500 sats" for all of it, or "6 blocks". Raises AmountError."""
    plain = visible(text)
    if len(plain) > LONGEST_AMOUNT:
        raise AmountError(_FEES)
    if blocks := re.fullmatch(r"([0-9]+)\s*blocks?", plain, re.ASCII | re.IGNORECASE):
        return FeeChoice(blocks=read_blocks(blocks[1]))
    if _WHOLE_FEE.fullmatch(plain):
        return FeeChoice(fee_sats=read_amount(plain))
    if not _RATE.fullmatch(plain):
        raise AmountError(_FEES)
    return FeeChoice(sats_per_vbyte=read_rate(plain))


def read_blocks(text: str) -> int:
    """Within how many blocks a block shall have it. Raises AmountError."""
    if not re.fullmatch("[0-9]{1,4}", text, re.ASCII) or not 0 < int(text) <= MOST_BLOCKS:
        raise AmountError(f"A number of blocks is between 1 and {grouped(MOST_BLOCKS)}.")
    return int(text)


def _in_sats(number: str, unit: str) -> Decimal:
    readings = _readings(number)
    if not readings:
        raise AmountError("The digits of this amount are grouped in no usual way.", _HOW)
    if unit in _MILLIONS:
        raise _million(readings)
    if _MONEY.search(unit):
        raise AmountError("This wallet knows no exchange rates.", _HOW)
    if unit not in {"", *_UNITS}:
        raise AmountError(f"The unit “{unit[:12]}” is not known.", _HOW)
    whole, fraction = readings.get("grouped"), readings.get("decimal")
    if unit in {"", "sat", "sats", "satoshi", "satoshis"}:
        return _of_sats(number, unit, whole, fraction)
    if whole is None or fraction is None or "." in number:
        # A point is the decimal sign of every wallet and of BIP21.
        value = fraction if fraction is not None else whole
        return _scaled(value or Decimal(0), unit)
    raise _ambiguous(fraction, whole, unit)


def _of_sats(number: str, unit: str, whole: Decimal | None, fraction: Decimal | None) -> Decimal:
    if whole is not None and fraction is not None and "." in number:
        raise _ambiguous(fraction, whole, "sats")
    if whole is not None:
        return whole  # sats have no decimals: the comma groups
    value = fraction or Decimal(0)
    if not value:
        return value  # refused as no amount, whatever its unit
    if not unit and value < 1:
        return _scaled(value, "btc")  # there is nothing else that this can be
    raise AmountError(
        "A sat cannot be divided.",
        f"If bitcoins are meant, write {value} BTC." if not unit else "Write a whole number.",
    )


def _readings(number: str) -> dict[str, Decimal]:
    """The numbers that this spelling can stand for: "grouped" without, "decimal" with a fraction.

    "25,000" has both; the last of two different signs is the decimal one.
    """
    point, comma = number.rfind("."), number.rfind(",")
    mark = number[max(point, comma)] if max(point, comma) >= 0 else ""
    if not mark:
        plain = _ungrouped(number, "")
        return {} if plain is None else {"grouped": plain}
    readings = {}
    separator = {".": ",", ",": "."}[mark]
    if separator not in number and (plain := _ungrouped(number, mark)) is not None:
        readings["grouped"] = plain
    head, _, tail = number.rpartition(mark)
    if _EIGHT_DECIMALS.fullmatch(tail):
        tail = _SPACING.sub("", tail)
    whole = _ungrouped(head, separator if separator in head else "")
    if whole is not None and re.fullmatch("[0-9]+", tail, re.ASCII):
        readings["decimal"] = Decimal(f"{whole}.{tail}")
    return readings


def _ungrouped(number: str, mark: str) -> Decimal | None:
    """A whole number in groups of three, by one kind of sign; None for anything else."""
    if re.fullmatch("[0-9]+", number, re.ASCII):
        return Decimal(number) if not mark else None
    kinds = {" " if sign.isspace() else sign for sign in re.findall("[^0-9]", number)}
    allowed = kinds == {mark} if mark else all(map(_SPACING.fullmatch, kinds))
    if len(kinds) != 1 or not allowed:
        return None
    first, *groups = re.split(r"[^0-9]+", number)
    fits = first != "0" and 1 <= len(first) <= 3 and all(len(group) == 3 for group in groups)
    return Decimal(first + "".join(groups)) if fits else None


def _scaled(value: Decimal, unit: str) -> Decimal:
    return value * _UNITS[unit]


def _in_bounds(sats: Decimal) -> int:
    if sats != int(sats):
        raise AmountError("That is not a whole number of sats: BTC have 8 decimals at most.", _HOW)
    if not 0 < sats <= MAX_SATS:
        raise AmountError("An amount is 1 sat or more, and not more than all bitcoin there can be.")
    return int(sats)


def _ambiguous(lower: Decimal, higher: Decimal, unit: str) -> AmountError:
    name = unit.replace("btc", "BTC")
    readings = " or ".join(f"{value.normalize():f} {name}" for value in (lower, higher))
    return AmountError(f"This can be read as {readings}.", "Write the one that is meant.")


def _million(readings: dict[str, Decimal]) -> AmountError:
    value = next(iter(readings.values()))
    sats, milli = (grouped(int(value * scale)) for scale in (1_000_000, _UNITS["mbtc"]))
    return AmountError(
        f"An m can mean millions of sats ({sats} sats) or mBTC ({milli} sats).",
        "Write the number of sats.",
    )


def _no_amount(text: str) -> AmountError:
    if _MONEY.search(text[:LONGEST_AMOUNT]):
        return AmountError("This wallet knows no exchange rates.", _HOW)
    if text.startswith(("-", "−")):  # noqa: RUF001
        return AmountError("An amount cannot be negative.", _HOW)
    return AmountError("This is not an amount.", _HOW)
