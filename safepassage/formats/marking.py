"""The marks that every output carries: whom it is for, and that it is an exercise."""

from __future__ import annotations

from safepassage.model.policy import Audience

EXERCISE_BANNER = "EXERCISE - NOT A REAL ROUTE / НАВЧАННЯ - НЕ СПРАВЖНІЙ МАРШРУТ"


def marks(audience: Audience, *, exercise: bool) -> dict[str, str]:
    """
    The marks of an output, by name.

    Parameters
    ----------
    audience : Audience
        Who may read it.
    exercise : bool
        True while any road is schematic.

    Returns
    -------
    dict of str to str
        ``exercise`` holds the banner, or nothing.
    """
    return {"exercise": EXERCISE_BANNER if exercise else "", "audience": audience.value}
