"""Several recipients at once: words of a command line, and rows of a file."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from host.config import grouped
from host.errors import BadInput
from host.payees import uri
from host.payees.amounts import read_amount
from host.payees.cleaning import one_line
from host.payees.errors import AmountError, PayeeError
from host.payees.payee import read_payee
from host.values import Recipient

LONGEST_FILE = 1_000_000  # characters
MOST_RECIPIENTS = 2_000  # a transaction of the size that nodes pass on holds a few more
SHORTEST_ADDRESS = 26  # letters
_COLUMNS = ("address", "amount", "label")
_DELIMITERS = ",;\t"
_AMOUNTS = re.compile(r"(?:amount|value)?\W*(?P<unit>sats?|satoshis?|m?btc)?\W*", re.IGNORECASE)
_GROUP = re.compile("[0-9A-Za-z]{1,4}")
_UNIT = re.compile(r"(?i)(k|sats?|satoshis?|ksats?|m?btc|xbt|bitcoins?|₿)")
_NUMBER = re.compile(r"[0-9][0-9.,'_ ]*")


@dataclass(frozen=True, slots=True)
class RecipientList:
    """Who gets how much, and sentences about it that are worth reading before paying."""

    recipients: tuple[Recipient, ...]
    notes: tuple[str, ...] = ()


def from_words(words: Sequence[str], network: str) -> RecipientList:
    """ADDRESS AMOUNT ADDRESS AMOUNT ...; a request that says how much needs no amount.

    The groups of one address and the unit of an amount may be words of their own. Raises BadInput.
    """
    rows: list[tuple[str, str]] = []
    for word in _whole_words(words):
        if rows and not rows[-1][1] and _is_amount(word):
            rows[-1] = (rows[-1][0], word)
        else:
            rows.append((word, ""))
    return _listed([(f"recipient {n}", *row, "") for n, row in enumerate(rows, 1)], network)


def from_pairs(pairs: Iterable[str], network: str) -> RecipientList:
    """Each "ADDRESS=AMOUNT", or a request that says how much. Raises BadInput."""
    rows: list[tuple[str, str, str, str]] = []
    for pair in pairs:
        payee, _, amount = (pair, "", "") if uri.is_link(pair) else pair.rpartition("=")
        if not payee:
            raise BadInput(
                f"{pair[:60]!r} is not ADDRESS=AMOUNT. No payment was created."
                " Write it like --to ADDRESS=25000."
            )
        rows.append((f"--to {len(rows) + 1}", payee, amount, ""))
    return _listed(rows, network)


def from_csv(text: str, network: str) -> RecipientList:
    """Rows of address, amount, label; a first row that says so may stand above them.

    Commas, semicolons or tabs part the columns; empty rows and those with a # are left out. A unit
    in that first row, as in "Amount (BTC)", is that of amounts without one. Raises BadInput, which
    names the line.
    """
    if len(text) > LONGEST_FILE:
        raise BadInput("This file is too long to be a list of recipients. No payment was created.")
    text = text.lstrip("\ufeff")
    lines = (line for line in text.splitlines() if line.strip() and line[0] != "#")
    delimiter = min(_DELIMITERS, key=f"{next(lines, '')}{_DELIMITERS}".index)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    rows: list[tuple[str, str, str, str]] = []
    unit = ""
    try:
        for row in reader:
            cells = _cells(row, reader.line_num)
            if not any(cells) or cells[0].startswith("#"):
                continue
            if not rows and (heading := _heading(cells)):
                unit = heading["unit"] or ""
                continue
            address, amount, label = _columns(cells, reader.line_num)
            rows.append((f"line {reader.line_num}", address, _with_unit(amount, unit), label))
    except csv.Error as error:
        raise BadInput(
            f"Line {reader.line_num} of the file is no row: {error}. No payment was created."
        ) from error
    return _listed(rows, network)


def _cells(row: list[str], line: int) -> list[str]:
    """Raises BadInput for a cell of several lines: rows between two stray quotes would be lost."""
    cells = [cell.strip() for cell in row]
    if any("\n" in cell or "\r" in cell for cell in cells):
        raise BadInput(
            f"A quotation mark of the row that ends in line {line} is not closed in its own line."
            " No payment was created."
        )
    return cells


def _columns(cells: list[str], line: int) -> tuple[str, str, str]:
    if len(cells) > len(_COLUMNS) and any(cells[len(_COLUMNS) :]):
        raise BadInput(
            f"Line {line} has more columns than address, amount and label. No payment was created."
            " An amount with a comma in it needs quotes."
        )
    address, amount, label = [*cells, "", ""][: len(_COLUMNS)]
    return address, amount, one_line(label)


def _heading(cells: list[str]) -> "re.Match[str] | None":
    """The heading of the amounts, in a row that begins with that of the addresses."""
    if cells[0].casefold() != _COLUMNS[0]:
        return None
    return _AMOUNTS.fullmatch(cells[1] if len(cells) > 1 else "")


def _with_unit(amount: str, unit: str) -> str:
    return f"{amount} {unit}" if unit and re.fullmatch(r"[\d\s.,'’_]+", amount) else amount  # noqa: RUF001


def _listed(rows: list[tuple[str, str, str, str]], network: str) -> RecipientList:
    """`rows` are where it stands, whom to pay, how much and a label."""
    if not rows:
        raise BadInput("There is nobody to pay. No payment was created. Name a recipient.")
    if len(rows) > MOST_RECIPIENTS:
        raise BadInput(
            f"{grouped(len(rows))} recipients do not fit into one payment. No payment was created."
            f" Pay {grouped(MOST_RECIPIENTS)} at most."
        )
    alone = len(rows) == 1
    recipients: list[Recipient] = []
    notes: list[str] = []
    places: dict[str, list[str]] = {}
    for place, payee_text, amount_text, label in rows:
        try:
            payee = read_payee(payee_text, network)
            sats = _amount(amount_text, payee.sats)
        except (PayeeError, AmountError) as error:
            raise error if alone else _at(place, error) from error
        recipients.append(Recipient(payee.address, sats, label or payee.label))
        notes += payee.notes
        places.setdefault(payee.address, []).append(place)
    for address, mentions in places.items():
        if len(mentions) > 1:
            notes.append(f"{address} is paid {len(mentions)} times: {', '.join(mentions)}.")
    return RecipientList(tuple(recipients), tuple(dict.fromkeys(notes)))


def _amount(text: str, requested: int | None) -> int | None:
    if not text.strip():
        if requested is None:
            raise AmountError("It is not said how much to pay.", "Write an amount behind it.")
        return requested
    sats = read_amount(text)
    if requested not in {None, sats}:
        raise AmountError(
            f"The request asks for {grouped(requested or 0)} sats, and this is another amount.",
            "Leave the amount out, or pay to the address alone.",
        )
    return sats


def _at(place: str, error: PayeeError | AmountError) -> BadInput:
    return type(error)(f"{place[0].upper()}{place[1:]}: {error.what}", error.advice)


def _whole_words(words: Sequence[str]) -> list[str]:
    """The words with the parts of an amount, and of an address in groups, joined."""
    joined: list[str] = []
    for word in words:
        if joined and _UNIT.fullmatch(word) and _NUMBER.fullmatch(joined[-1]):
            joined[-1] += f" {word}"
        else:
            joined.append(word)
    *groups, last = joined or [""]
    if len(groups) > 2 and all(_GROUP.fullmatch(group) for group in groups):
        return ["".join(groups), last]
    return joined if words else []


def _is_amount(word: str) -> bool:
    """Whether a word behind a payee is meant as its amount: every address is longer."""
    return len(word) < SHORTEST_ADDRESS and "@" not in word and not uri.is_link(word)
