"""Names that are the same however they are written."""

from __future__ import annotations

import pytest

from safepassage.district.names import folded_name


@pytest.mark.parametrize(
    "spelling",
    [
        "Куп'янськ",
        "Куп’янськ",
        "Купʼянськ",
        "КУП’ЯНСЬК",
        "м. Куп'янськ",
        "місто Куп’янськ",
        "Kupiansk",
        "Kupyansk",
    ],
)
def test_spellings_of_kupiansk(spelling: str) -> None:
    assert folded_name(spelling) == folded_name("Куп'янськ")


@pytest.mark.parametrize(
    ("ukrainian", "latin"),
    [
        ("Великий Бурлук", "Velykyi Burluk"),
        ("Згурівка", "Zghurivka"),
        ("Яблунівка", "Yablunivka"),
        ("Ківшарівка", "Kivsharivka"),
        ("Щенячий", "Shcheniachyi"),
        ("Куп'янськ-Вузловий", "Kupiansk-Vuzlovyi"),
    ],
)
def test_transliteration(ukrainian: str, latin: str) -> None:
    assert folded_name(ukrainian) == folded_name(latin)


def test_different_names_stay_different() -> None:
    names = ["Ківшарівка", "Кислівка", "Кіндрашівка", "Курилівка", "Куп'янськ", "Куп'янськ-Вузловий", ""]
    assert len({folded_name(name) for name in names}) == len(names)
