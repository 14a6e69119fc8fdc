"""
Names of persons, found across spellings; kept in memory alone, never on a disk.

References
----------
Resolution 55 of the Cabinet of Ministers of Ukraine (27 Jan 2010) on the romanisation of names.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections import defaultdict
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from safepassage.operations.desk import Desk
from safepassage.operations.reading import unsealed
from safepassage.operations.records.people import Person
from safepassage.operations.store import records

_LATIN = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "h", "ґ": "g", "д": "d", "е": "e", "є": "ie", "ж": "zh", "з": "z",
        "и": "y", "і": "i", "ї": "i", "й": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p",
        "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh",
        "щ": "shch", "ь": "", "ю": "iu", "я": "ia", "ё": "io", "ъ": "", "ы": "y", "э": "e",
    }
)  # fmt: skip
# Spellings that stand for one name: Olga and Olha, Yuliia and Julija, Sergey and Serhii.
_ALIKE = (
    ("shch", "sh"),
    ("kh", "h"),
    ("g", "h"),
    ("w", "v"),
    ("y", "i"),
    ("j", "i"),
    ("ie", "e"),
    ("x", "ks"),
)
_CUTOFF = 72.0
_CANDIDATE_CUTOFF = 88.0
_YEARS_APART = 3
_AT_ONCE = 2000


def folded_name(text: str) -> str:
    """
    A name as it sounds, whatever its spelling.

    Parameters
    ----------
    text : str
        In Cyrillic or Latin letters.

    Returns
    -------
    str
        Lower-case Latin words.
    """
    plain = unicodedata.normalize("NFC", text).casefold().translate(_LATIN)
    plain = "".join(
        letter for letter in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(letter)
    )
    plain = " ".join(re.findall(r"[a-z]+", re.sub(r"['`\u2019\u02bc]", "", plain)))
    for spelling, sound in _ALIKE:
        plain = plain.replace(spelling, sound)
    return re.sub(r"(.)\1+", r"\1", plain)


@dataclass(frozen=True, slots=True)
class Candidate:
    """
    Two records that may be one person; only a person decides.

    Attributes
    ----------
    first, second : str
        Person ids.
    score : float
        How alike the names are, 0 to 100.
    """

    first: str
    second: str
    score: float


class NameIndex:
    """
    Names of all persons of a database.

    Parameters
    ----------
    desk : Desk
        Whose database and keys.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._names: dict[str, str] = {}
        self._persons: dict[str, Person] = {}
        self._seen = (0, "")
        self._lock = threading.Lock()

    def search(self, text: str, *, limit: int = 20) -> list[str]:
        """
        Persons whose name sounds like a text.

        Parameters
        ----------
        text : str
            A name or part of one, in any spelling.
        limit : int
            How many at most.

        Returns
        -------
        list of str
            Person ids, the likest first.
        """
        with self._lock:
            self._catch_up()
            found = process.extract(
                folded_name(text), self._names, scorer=fuzz.WRatio, score_cutoff=_CUTOFF, limit=limit
            )
        return [person for _name, _score, person in found]

    def candidates(self, *, limit: int = 200) -> list[Candidate]:
        """
        Records that may be second entries of one person.

        Parameters
        ----------
        limit : int
            How many at most.

        Returns
        -------
        list of Candidate
            The likest first; the same settlement or none, and ages that may agree.
        """
        with self._lock:
            self._catch_up()
            groups: dict[str, list[str]] = defaultdict(list)
            for person, name in sorted(self._names.items()):
                if not self._persons[person].merged_into:
                    # First letters of the words, in any order: spellings rarely change them.
                    groups["".join(sorted(word[0] for word in name.split()))].append(person)
            found = [pair for group in groups.values() for pair in self._alike(group)]
        found.sort(key=lambda pair: (-pair.score, pair.first, pair.second))
        return found[:limit]

    def _alike(self, group: list[str]) -> list[Candidate]:
        pairs = []
        for place, first in enumerate(group):
            rest = {person: self._names[person] for person in group[place + 1 :]}
            matches = process.extract(
                self._names[first],
                rest,
                scorer=fuzz.token_sort_ratio,
                score_cutoff=_CANDIDATE_CUTOFF,
                limit=None,
            )
            pairs += [
                Candidate(first, second, round(score, 1))
                for _name, score, second in matches
                if _may_be_one(self._persons[first], self._persons[second])
            ]
        return pairs

    def _catch_up(self) -> None:
        with self._desk.database.reading() as connection:
            while changed := records.changed_since(connection, *self._seen, _AT_ONCE):
                persons = [item for _position, _key, item in changed if isinstance(item, Person)]
                texts = unsealed(connection, self._desk.master, persons)
                for person in persons:
                    held = dict(person.secrets)
                    parts = [texts.get(held.get(name, ""), "") for name in ("given_name", "family_name")]
                    name = folded_name(" ".join(parts))
                    if name:
                        self._names[person.id], self._persons[person.id] = name, person
                    else:
                        self._names.pop(person.id, None)
                self._seen = changed[-1][:2]


def _may_be_one(first: Person, second: Person) -> bool:
    same_place = not first.settlement or not second.settlement or first.settlement == second.settlement
    ages = first.age_from <= second.age_to + _YEARS_APART and second.age_from <= first.age_to + _YEARS_APART
    return same_place and ages
