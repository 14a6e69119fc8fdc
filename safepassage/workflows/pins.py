"""What pins contradict and cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from safepassage.formats.scenario_folder import read_scenario
from safepassage.i18n import _
from safepassage.planner.surge.pin_check import Contradiction, contradictions
from safepassage.planner.surge.pin_price import PinPrice, price_pins
from safepassage.progress import NoProgress, Progress
from safepassage.publish.wording import duration
from safepassage.workflows.facts import finite


@dataclass(frozen=True, slots=True)
class PinsResult:
    """
    Pins that were looked at.

    Attributes
    ----------
    contradictions : tuple of Contradiction
        Smallest sets that cannot be obeyed together.
    prices : tuple of PinPrice
        All pins together first, then each.
    """

    contradictions: tuple[Contradiction, ...]
    prices: tuple[PinPrice, ...]

    def facts(self) -> Mapping[str, object]:
        """Tell a machine."""
        return {
            "contradictions": [asdict(item) for item in self.contradictions],
            "prices": [
                {
                    **{
                        name: finite(value) if isinstance(value, float) else value
                        for name, value in asdict(row).items()
                    },
                    "plan_price_s": finite(row.plan_price_s),
                    "bound_price_s": finite(row.bound_price_s),
                }
                for row in self.prices
            ],
        }

    def sentences(self) -> Sequence[str]:
        """Tell a person."""
        if not self.prices:
            return [_("There are no pins.")]
        lines = [item.words() for item in self.contradictions]
        return [*lines, *(_price_words(row) for row in self.prices)]


def _price_words(row: PinPrice) -> str:
    words = _("{pins}: out {price} {direction}; the bound of the cars is {bound} later.").format(
        pins=", ".join(row.pins),
        price=duration(abs(row.plan_price_s)),
        direction=_("later") if row.plan_price_s >= 0 else _("earlier"),
        bound=duration(row.bound_price_s),
    )
    more = row.unserved_with - row.unserved_without
    if more:
        words += " " + _("People left behind more than without: {count}.").format(count=more)
    return words


def look_at_pins(
    folder: Path, pins: Path | None = None, *, seed: int | None = None, progress: Progress | None = None
) -> PinsResult:
    """
    Find contradictions among pins and price them.

    Parameters
    ----------
    folder : Path
        The scenario folder.
    pins : Path, optional
        Table to read in the place of its ``pin.csv``.
    seed : int, optional
        Of every random choice; that of the scenario by default.
    progress : Progress, optional
        Told of every plan.

    Returns
    -------
    PinsResult
        Plans for comparison are made with little effort, the same for all.

    Raises
    ------
    InputError
        If the scenario or the table is faulty.
    """
    progress = progress or NoProgress()
    progress.start(_("Reading the scenario"))
    instead = {} if pins is None else {"pin.csv": pins}
    scenario = read_scenario(folder, instead=instead, progress=progress).scenario
    found = contradictions(scenario)
    prices = price_pins(scenario, seed=scenario.seed if seed is None else seed, progress=progress)
    return PinsResult(found, tuple(prices))
