"""Cells that tell of persons, as lists of Ukrainian hromadas and partners write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date

from safepassage.i18n import _
from safepassage.model.ledger import Decision
from safepassage.model.people import NeedClass

MOST_YEARS = 130
_PHONE = re.compile(r"\+?\d[\d\s().\-\u00a0\u2010-\u2015]*")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})([T ][\d:.+Z]*)?")
_DAY_FIRST = re.compile(r"(\d{1,2})[./\-](\d{1,2})[./\-](\d{4})(\s*р\.?)?")
_YEARS = re.compile(r"(\d{1,3})(?:\.0)?\s*(?:р|р\.|років|роки|рік|years?|y)?")
_YEAR_RANGE = re.compile(r"(\d{1,3})\s*[-\u2013\u2014]\s*(\d{1,3})")
_MONTHS = re.compile(r"\d{1,2}\s*(?:м|міс|місяців|місяці|місяць|months?|m)\.?")

_SEXES = {
    **dict.fromkeys(("f", "ж", "жін", "жіноча", "жіночий", "жінка", "female", "woman"), "f"),
    **dict.fromkeys(("m", "ч", "чол", "чоловіча", "чоловічий", "чоловік", "male", "man"), "m"),
    **dict.fromkeys(("other", "інша", "інше"), "other"),
}
_NEED_STEMS = (
    (NeedClass.STRETCHER, ("stretcher", "bedridden", "lying", "лежач", "нош")),
    (NeedClass.WHEELCHAIR, ("wheelchair", "візок", "візк", "крісл")),
    (NeedClass.CARER, ("carer", "супров", "догляда")),
)
_NO_NEED = frozenset(
    {"seat", "none", "no", "-", "ні", "немає", "нема", "ходячий", "ходяча", "місце", "сидячий"}
)
_YES = frozenset({"1", "yes", "y", "true", "так", "т", "+"})
_NO = frozenset({"0", "no", "n", "false", "ні", "н", "-"})
_DECISION_WORDS: Mapping[str, Decision] = {
    **{
        str(decision): decision
        for decision in (
            Decision.UNKNOWN, Decision.UNREACHED, Decision.WILLING, Decision.PREPARING, Decision.CONDITIONAL,
            Decision.REFUSED, Decision.LEFT_SELF, Decision.RETURNED,
        )
    },
    "yes": Decision.WILLING, "так": Decision.WILLING, "згоден": Decision.WILLING,
    "згодна": Decision.WILLING, "згодні": Decision.WILLING, "згода": Decision.WILLING,
    "готується": Decision.PREPARING, "готуються": Decision.PREPARING, "за умови": Decision.CONDITIONAL,
    "no": Decision.REFUSED, "ні": Decision.REFUSED, "відмова": Decision.REFUSED,
    "відмовився": Decision.REFUSED, "відмовилась": Decision.REFUSED, "відмовилася": Decision.REFUSED,
    "відмовились": Decision.REFUSED, "відмовилися": Decision.REFUSED, "виїхав": Decision.LEFT_SELF,
    "виїхала": Decision.LEFT_SELF, "виїхали": Decision.LEFT_SELF, "невідомо": Decision.UNKNOWN,
    "повернувся": Decision.RETURNED, "повернулась": Decision.RETURNED, "повернулися": Decision.RETURNED,
}  # fmt: skip


class CellError(Exception):
    """
    A cell cannot be used.

    Parameters
    ----------
    problem, remedy : str
        In words.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem, self.remedy = problem, remedy
        super().__init__(problem)


def phone_number(text: str) -> str:
    """
    A telephone number in its international form.

    Parameters
    ----------
    text : str
        As somebody wrote it; words around the number are ignored.

    Returns
    -------
    str
        Plus sign and 8 to 15 digits; numbers without a country code are Ukrainian.

    Raises
    ------
    CellError
        If no number is told.
    """
    if re.fullmatch(r"\d[.,]\d+[eE]\+?\d+", text.strip()):
        problem = _("the spreadsheet has rounded the number")
        raise CellError(problem, _("set the column to text and type the number again"))
    found = max(
        (match.group() for match in _PHONE.finditer(text)), key=lambda one: len(_digits(one)) >= 9, default=""
    )
    digits = _digits(found)
    if found.startswith("+") or digits.startswith("00"):
        whole = digits.removeprefix("00")
    elif len(digits) == 10 and digits.startswith("0"):
        whole = "38" + digits
    elif len(digits) == 11 and digits.startswith("80"):
        whole = "3" + digits
    # A spreadsheet that took the number for a sum has eaten the zero.
    elif len(digits) == 9 and not digits.startswith("0"):
        whole = "380" + digits
    else:
        whole = digits if digits.startswith("380") else ""
    if not 8 <= len(whole) <= 15 or (whole.startswith("380") and len(whole) != 12):
        raise CellError(_("this is no telephone number"), _("write it as 0501234567 or +380501234567"))
    return "+" + whole


def phone_forms(text: str) -> tuple[str, ...]:
    """A telephone number as it was typed, and in the forms in which it may have been written down."""
    forms = [text.strip()]
    with suppress(CellError):
        whole = phone_number(text)
        forms += [whole, *(["0" + whole.removeprefix("+380")] if whole.startswith("+380") else [])]
    return tuple(dict.fromkeys(forms))


def numbers_in(text: str) -> int:
    """How many telephone numbers a cell holds."""
    return sum(len(_digits(match.group())) >= 9 for match in _PHONE.finditer(text))


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def calendar_date(text: str) -> date:
    """
    A date.

    Parameters
    ----------
    text : str
        ISO 8601, or day, month and year as people write them.

    Returns
    -------
    date
        The day.

    Raises
    ------
    CellError
        If it is no date; a year of two digits is none.
    """
    if match := _ISO.fullmatch(text.strip()):
        year, month, day = match.group(1, 2, 3)
    elif match := _DAY_FIRST.fullmatch(text.strip()):
        day, month, year = match.group(1, 2, 3)
    else:
        raise CellError(_("this is no date"), _("write it as 1950-02-28 or 28.02.1950"))
    try:
        return date(int(year), int(month), int(day))
    except ValueError as error:
        raise CellError(_("there is no such day"), _("write it as 1950-02-28 or 28.02.1950")) from error


def birth_date(text: str, today: date) -> date:
    """A date of birth, not in the future and not before anybody alive was born."""
    born = calendar_date(text)
    if born > today or years_between(born, today) > MOST_YEARS:
        raise CellError(_("nobody who lives was born then"), _("correct the year"))
    return born


def years_between(born: date, today: date) -> int:
    """Whole years of age on a day."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def age_range(text: str) -> tuple[int, int]:
    """
    An age, or the range that it lies in.

    Parameters
    ----------
    text : str
        Such as ``72``, ``70-75`` or ``8 міс``.

    Returns
    -------
    int and int
        From and to (years).

    Raises
    ------
    CellError
        If it is no age.
    """
    words = text.strip().casefold()
    if _MONTHS.fullmatch(words):
        return 0, 1
    if match := _YEAR_RANGE.fullmatch(words):
        low, high = int(match.group(1)), int(match.group(2))
    elif match := _YEARS.fullmatch(words):
        low = high = int(match.group(1))
    else:
        raise CellError(_("this is no age"), _("write years, such as 72 or 70-75"))
    if not low <= high <= MOST_YEARS:
        raise CellError(_("nobody has this age"), _("write years, such as 72 or 70-75"))
    return low, high


def sex(text: str) -> str:
    """Sex as ``f``, ``m`` or ``other``."""
    found = _SEXES.get(text.strip().casefold().rstrip("."))
    if found is None:
        raise CellError(_("the word is not known"), _("write f, m or other, or leave it empty"))
    return found


def need_class(text: str) -> tuple[NeedClass, str]:
    """
    What a person needs of a vehicle.

    Parameters
    ----------
    text : str
        In words, one or several.

    Returns
    -------
    NeedClass
        The largest that is named; a seat where none is.
    str
        The words, where they may say more than the class does.
    """
    words = text.strip().casefold()
    if not words or words in _NO_NEED:
        return NeedClass.SEAT, ""
    need = next((need for need, stems in _NEED_STEMS if any(stem in words for stem in stems)), NeedClass.SEAT)
    return need, "" if words == need else text.strip()


def yes_or_no(text: str) -> bool:
    """Truth of a cell."""
    word = text.strip().casefold()
    if word not in _YES | _NO:
        raise CellError(_("this is neither yes nor no"), _("write yes or no"))
    return word in _YES


def decision(text: str) -> Decision:
    """What a household has decided; that somebody is out is seen at a gate and not read from a list."""
    found = _DECISION_WORDS.get(text.strip().casefold().rstrip("."))
    if found is None:
        problem = _("the word is not known, or cannot come from a list")
        raise CellError(problem, _("choose one of {names}").format(names=", ".join(Decision)))
    return found


def whole_number(text: str, most: int) -> int:
    """A count of persons or animals."""
    if not re.fullmatch(r"\d{1,7}(\.0)?", text.strip()) or int(float(text)) > most:
        raise CellError(_("this is no count"), _("write a whole number up to {most}").format(most=most))
    return int(float(text))
