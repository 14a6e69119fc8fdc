"""Every rule, loaded; a kind of event without a rule cannot be declared."""

from __future__ import annotations

from safepassage.operations.fold import claims, orders, people, requests, trips
from safepassage.operations.fold.view import RULES, Effects, effects_of
from safepassage.operations.vocabulary import KINDS

__all__ = ["RULE_MODULES", "Effects", "effects_of"]

RULE_MODULES = (claims, orders, people, requests, trips)
assert RULES.keys() == KINDS.keys(), sorted(RULES.keys() ^ KINDS.keys())
