"""
Names of persons, found across spellings; kept in memory alone, never on a disk.

References
----------
Resolution 55 of the Cabinet of Ministers of Ukraine (27 Jan 2010) on the romanisation of names.
"""

from __future__ import annotations

import heapq
import re
import sys
import threading
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from safepassage.operations.desk import Desk
from safepassage.operations.reading import unsealed
from safepassage.operations.records.people import Person
from safepassage.operations.store import audit, records

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
PERSON_FORGOTTEN = "person.forget"
_WORDS_ALIKE = 200
_COMPARED = 1000


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


@dataclass(frozen=True, slots=True)
class _Known:
    """What comparing two entries needs of a person; whole records of everybody would fill the memory."""

    name: str
    settlement: str
    age_from: int
    age_to: int
    is_second_entry: bool


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
        self._known: dict[str, _Known] = {}
        self._by_word: dict[str, set[str]] = {}
        self._seen = (0, "")
        self._seen_audit = 0
        self._lock = threading.Lock()

    def catch_up(self) -> None:
        """Read the names that are new; the first search waits for all of them otherwise."""
        with self._lock:
            self._catch_up()

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

        Notes
        -----
        There are far fewer words than persons: each word asked for is compared with all words, and only
        persons with the likest words are compared by their whole name.
        """
        folded = folded_name(text)
        with self._lock:
            self._catch_up()
            alike: Counter[str] = Counter()
            for word in folded.split():
                found = process.extract(
                    word, self._by_word.keys(), scorer=fuzz.WRatio, score_cutoff=_CUTOFF, limit=_WORDS_ALIKE
                )
                best: dict[str, float] = {}
                for other, score, _place in found:
                    for person in self._by_word[other]:
                        best[person] = max(score, best.get(person, 0.0))
                alike.update(best)
            nearest = heapq.nsmallest(_COMPARED, alike.items(), key=lambda item: (-item[1], item[0]))
            names = {person: self._known[person].name for person, _score in nearest}
        matches = process.extract(folded, names, scorer=fuzz.WRatio, score_cutoff=_CUTOFF, limit=None)
        matches.sort(key=lambda match: (-match[1], match[2]))
        return [person for _name, _score, person in matches[:limit]]

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
            for person, known in sorted(self._known.items()):
                if not known.is_second_entry:
                    # First letters of the words, in any order: spellings rarely change them.
                    groups["".join(sorted(word[0] for word in known.name.split()))].append(person)
            found = [pair for group in groups.values() for pair in self._alike(group)]
        found.sort(key=lambda pair: (-pair.score, pair.first, pair.second))
        return found[:limit]

    def _alike(self, group: list[str]) -> list[Candidate]:
        pairs = []
        for place, first in enumerate(group):
            rest = {person: self._known[person].name for person in group[place + 1 :]}
            matches = process.extract(
                self._known[first].name,
                rest,
                scorer=fuzz.token_sort_ratio,
                score_cutoff=_CANDIDATE_CUTOFF,
                limit=None,
            )
            pairs += [
                Candidate(first, second, round(score, 1))
                for _name, score, second in matches
                if _may_be_one(self._known[first], self._known[second])
            ]
        return pairs

    def _catch_up(self) -> None:
        with self._desk.database.reading() as connection:
            # Who was forgotten, perhaps by another process, is not found by name any more.
            for forgotten in audit.subjects_since(connection, PERSON_FORGOTTEN, self._seen_audit):
                self._unlearn(forgotten)
            self._seen_audit = audit.head(connection)[0]
            while changed := records.changed_since(connection, *self._seen, _AT_ONCE):
                persons = [item for _position, _key, item in changed if isinstance(item, Person)]
                texts = unsealed(connection, self._desk.master, persons)
                for person in persons:
                    held = dict(person.secrets)
                    parts = [texts.get(held.get(name, ""), "") for name in ("given_name", "family_name")]
                    self._learn(person, folded_name(" ".join(parts)))
                self._seen = changed[-1][:2]

    def _unlearn(self, person_id: str) -> None:
        old = self._known.pop(person_id, None)
        for word in set(old.name.split()) if old else ():
            self._by_word[word].discard(person_id)
            if not self._by_word[word]:
                del self._by_word[word]

    def _learn(self, person: Person, name: str) -> None:
        self._unlearn(person.id)
        if name:
            self._known[person.id] = _Known(
                name, sys.intern(person.settlement), person.age_from, person.age_to, bool(person.merged_into)
            )
            for word in name.split():
                self._by_word.setdefault(word, set()).add(person.id)


def _may_be_one(first: _Known, second: _Known) -> bool:
    same_place = not first.settlement or not second.settlement or first.settlement == second.settlement
    ages = first.age_from <= second.age_to + _YEARS_APART and second.age_from <= first.age_to + _YEARS_APART
    return same_place and ages
