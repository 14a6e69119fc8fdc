"""Names made comparable: apostrophes, case, kind words, and Cyrillic against Latin letters."""

from __future__ import annotations

import re
import unicodedata

# Resolution 55 of the Cabinet of Ministers of Ukraine (2010); the letters of Russian beside them.
_LATIN = {
    "а": "a", "б": "b", "в": "v", "г": "h", "ґ": "g", "д": "d", "е": "e", "є": "ie", "ж": "zh", "з": "z",
    "и": "y", "і": "i", "ї": "i", "й": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p",
    "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh",
    "щ": "shch", "ь": "", "ю": "iu", "я": "ia", "ы": "y", "э": "e", "ё": "e", "ъ": "",
}  # fmt: skip
# At the start of a word these letters are written with y: Яблунівка is Yablunivka.
_INITIAL = {"є": "ye", "ї": "yi", "й": "y", "ю": "yu", "я": "ya"}
_APOSTROPHES = re.compile("['’ʼ`´‘ʹ\u02b9\u2032\"]")
_KIND_WORDS = re.compile(
    r"^(м|с|смт|сел|с-ще|місто|село|селище|селище міського типу|хутір|х|город|посёлок|пгт|village of|town of"
    r"|city of)(\.\s*|\s+)"
)

_AREA_WORDS = re.compile(
    r"[\s,]+(р-?н|район|raion|rayon|district|область|обл|oblast|region|громада|тг|hromada|community)\.?$"
)


def folded_area(name: str) -> str:
    """
    The name of an area without the word for its kind: both "Куп'янський р-н" and "Куп'янський".

    Parameters
    ----------
    name : str
        In Cyrillic or Latin letters.

    Returns
    -------
    str
        As `folded_name`.
    """
    return folded_name(_AREA_WORDS.sub("", name.strip().casefold()))


def folded_name(name: str) -> str:
    """
    The part of a name that stays the same however it is written.

    Parameters
    ----------
    name : str
        In Cyrillic or Latin letters.

    Returns
    -------
    str
        Small Latin letters and digits; two spellings of one Ukrainian name give the same.

    Notes
    -----
    A plain official transliteration is expected on the Latin side; ``y`` and ``i`` are not told apart, for
    writers differ in them (Kupiansk, Kupyansk), nor are doubled letters.
    """
    plain = unicodedata.normalize("NFC", name).strip().casefold()
    plain = _APOSTROPHES.sub("", plain)
    plain = _KIND_WORDS.sub("", plain)
    words = re.split(r"[^\w]+", plain.replace("зг", "zgh"))
    latin = " ".join(map(_transliterated, words))
    latin = unicodedata.normalize("NFKD", latin)
    latin = "".join(letter for letter in latin if not unicodedata.combining(letter))
    latin = re.sub(r"[^\w]+", "", latin).replace("y", "i")
    return re.sub(r"(.)\1+", r"\1", latin)


def _transliterated(word: str) -> str:
    if not word:
        return word
    first = _INITIAL.get(word[0]) or _LATIN.get(word[0], word[0])
    return first + "".join(_LATIN.get(letter, letter) for letter in word[1:])
