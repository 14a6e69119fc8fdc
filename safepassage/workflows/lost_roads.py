"""Roads and crossings said to be lost, for results: a claim is told from what is confirmed."""

from __future__ import annotations

from collections.abc import Sequence

from safepassage.i18n import _
from safepassage.model.scenario import Scenario
from safepassage.threat.claims import Standing, loss_standings


def loss_facts(scenario: Scenario) -> list[dict[str, str]]:
    """
    Tell a machine.

    Parameters
    ----------
    scenario : Scenario
        With its threat.

    Returns
    -------
    list of dict
        ``road`` and ``loss``, by name.
    """
    return [{"road": name, "loss": standing.value} for name, standing in loss_standings(scenario).items()]


def loss_lines(scenario: Scenario) -> Sequence[str]:
    """
    Tell a person.

    Parameters
    ----------
    scenario : Scenario
        With its threat.

    Returns
    -------
    sequence of str
        One sentence a road, by name.
    """
    says = {
        Standing.CONFIRMED: _("{name}: its loss is confirmed."),
        Standing.CLAIMED: _("{name}: claimed to be lost, not confirmed."),
    }
    return [says[standing].format(name=name) for name, standing in loss_standings(scenario).items()]
