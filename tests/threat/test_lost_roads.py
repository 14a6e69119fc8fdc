"""Roads that are lost: claimed or confirmed, certain or not, by closure or by water."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from safepassage.model.scenario import Scenario
from safepassage.model.threat import Claim, Threat, ThreatEntry, ThreatEntryKind
from safepassage.rehearsal.assumptions import nothing_uncertain
from safepassage.rehearsal.play import Stage
from safepassage.rehearsal.run import rehearse
from safepassage.threat.claims import Standing, loss_standings
from safepassage.threat.closures import ClosureChance, ClosureModel
from safepassage.workflows.lost_roads import loss_facts, loss_lines
from tests.rehearsal.test_rehearsal import bridge, plan


def said(entry_id: str, link: str, claim: Claim, end_s: float = 9e4) -> ThreatEntry:
    return ThreatEntry(entry_id, ThreatEntryKind.CLOSURE, link, -3600.0, end_s, claim=claim)


def with_entries(*entries: ThreatEntry) -> Scenario:
    made = bridge(0.0)
    network = replace(made.network, crossing=("", "", "Oskil"))
    return replace(made, network=network, threat=Threat(entries))


def test_a_claimed_loss_is_told_from_a_confirmed_one() -> None:
    scenario = with_entries(
        said("1", "river-west", Claim("channel", "D", 3)),
        said("2", "river-west", Claim("engineers", "A", 1)),
        said("3", "a-river", Claim("channel", "D", 1)),
        said("4", "b-river", Claim("channel", "D", 1), end_s=-60.0),
    )
    assert loss_standings(scenario) == {"Oskil": Standing.CONFIRMED, "a-river": Standing.CLAIMED}
    assert loss_standings(with_entries(said("1", "a-river", Claim("")))) == {}


def test_what_is_certain_happens_always_and_leaves_the_rest_as_likely() -> None:
    sure = [ClosureChance(f"flood-{k}", "", (k,), 1.0, 60.0, 60.0) for k in range(3)]
    model = ClosureModel([sure[0], ClosureChance("x", "x", (7,), 0.3, 0, 0), *sure[1:]], 1e4)
    random = np.random.default_rng(7)
    drawn = [model.draw(random) for _ in range(4000)]
    assert all({0, 2, 3} <= {item.chance for item in future} for future in drawn)
    assert sum(len(future) == 4 for future in drawn) / 4000 == pytest.approx(0.3, abs=0.03)


def test_a_flood_of_thousands_of_roads_needs_no_matrix_of_them() -> None:
    many = [ClosureChance(str(k), "", (k,), 1.0, 60.0, 60.0) for k in range(20_000)]
    assert len(ClosureModel(many, 2e4).draw(np.random.default_rng(1))) == 20_000


@pytest.mark.parametrize(("arrives_s", "stranded"), [(0.0, 30), (7200.0, 0)])
def test_water_on_the_bridge_strands_those_who_come_after_it(arrives_s: float, stranded: int) -> None:
    water = ThreatEntry("w", ThreatEntryKind.ARRIVAL, "river-west", arrives_s)
    made = Stage(replace(bridge(0.0), threat=Threat((water,))), plan(), nothing_uncertain(), 5)
    assert set(rehearse(made, 3).stranded.tolist()) == {stranded}


def test_words_and_facts_tell_them_apart() -> None:
    scenario = with_entries(
        said("1", "river-west", Claim("engineers", "B", 1)), said("2", "a-river", Claim("channel", "B", 2))
    )
    assert loss_facts(scenario) == [
        {"road": "Oskil", "loss": "confirmed"},
        {"road": "a-river", "loss": "claimed"},
    ]
    assert loss_lines(scenario) == [
        "Oskil: its loss is confirmed.",
        "a-river: claimed to be lost, not confirmed.",
    ]
