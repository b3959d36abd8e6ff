"""How numbers, shares and times are written for a person."""

_DAYS_TO_YEAR_1970 = 719_468  # from 0000-03-01, proleptic Gregorian
_DAYS_IN_400_YEARS = 146_097


def spaced(number: int) -> str:
    return f"{number:,}".replace(",", " ")


def plural(count: int, noun: str) -> str:
    return f"{spaced(count)} {noun}{'' if count == 1 else 's'}"


def share(part: int, total: int) -> str:
    """`0.6 %`; whole numbers from 10 % on; `under 0.1 %` for what would read as nothing."""
    if not part:
        return "0 %"
    if not total:
        return "all of it"
    tenths = (part * 2000 + total) // (2 * total)
    if not tenths:
        return "under 0.1 %"
    return f"{tenths // 10}.{tenths % 10} %" if tenths < 100 else f"{spaced((tenths + 5) // 10)} %"


def utc(seconds: int) -> str:
    """A Unix time as `2030-01-31 12:00:00 UTC`."""
    clock = seconds % 86_400
    return f"{day(seconds)} {clock // 3600:02}:{clock // 60 % 60:02}:{clock % 60:02} UTC"


def day(seconds: int) -> str:
    """The day of a Unix time in UTC, as `2030-01-31`.

    The calendar is written out because the signer may not know what a clock is. Years begin in
    March here, so that the leap day is the last one (Hinnant, "chrono-Compatible Low-Level Date
    Algorithms", civil_from_days).
    """
    era, date = divmod(seconds // 86_400 + _DAYS_TO_YEAR_1970, _DAYS_IN_400_YEARS)
    year = (date - date // 1460 + date // 36_524 - date // 146_096) // 365
    date -= 365 * year + year // 4 - year // 100
    month = (5 * date + 2) // 153
    date -= (153 * month + 2) // 5 - 1
    year += 400 * era + (month >= 10)
    month = month - 9 if month >= 10 else month + 3
    return f"{year:04}-{month:02}-{date:02}"
