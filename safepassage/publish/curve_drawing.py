"""People out over time as a still picture in inline SVG, for print and for readers without scripts."""

from __future__ import annotations

import math

from markupsafe import Markup

from safepassage.model.outcome import Curve, Outcome
from safepassage.model.plan import Plan
from safepassage.model.scenario import Scenario
from safepassage.publish.playback import closed_hours
from safepassage.publish.summary import certificate_of
from safepassage.publish.wording import clock_and_day, in_all_languages, number, svg_text

CHART_WIDTH, CHART_HEIGHT = 720.0, 260.0
CHART_LEFT, CHART_RIGHT, CHART_TOP, CHART_BOTTOM = 58.0, 14.0, 14.0, 34.0


def curves_drawing(
    scenario: Scenario, plan: Plan, outcome: Outcome, naive: Outcome | None, end_s: float
) -> Markup:
    """
    People out over time, beside the bound and the naive baseline.

    Parameters
    ----------
    scenario : Scenario
        Gives the clock.
    plan : Plan
        Gives the bound.
    outcome, naive : Outcome
        The plan and the baseline, played; the second may be None.
    end_s : float
        Right end of the time axis (s).

    Returns
    -------
    Markup
        An ``<svg>`` element.
    """
    axes = _Axes(end_s, outcome.people)
    parts = [axes.shade(*hours) for hours in closed_hours(scenario, end_s)]
    parts.append(axes.drawn(scenario))
    if naive and (curve := naive.curve("all")):
        parts.append(axes.line(curve, "line-naive"))
    parts += [
        axes.line(curve, f"line-{name}")
        for name in ("cars", "fleet", "all")
        if (curve := outcome.curve(name))
    ]
    bound = certificate_of(plan).bounded("all")
    if bound:
        x = axes.x(bound.bound_s)
        parts.append(
            Markup('<path class="line-bound" d="M{} {}V{}"/>').format(
                x, CHART_TOP, CHART_HEIGHT - CHART_BOTTOM
            )
        )
    return Markup(
        '<svg id="curves-drawing" class="curves-drawing" viewBox="0 0 {} {}" role="img"'
        ' aria-labelledby="curves-title">{}</svg>'
    ).format(round(CHART_WIDTH), round(CHART_HEIGHT), Markup("").join(parts))


class _Axes:
    def __init__(self, end_s: float, people: int) -> None:
        self._end_s = max(end_s, 1.0)
        self._top = max(people, 1)

    def x(self, time_s: float) -> float:
        inner = CHART_WIDTH - CHART_LEFT - CHART_RIGHT
        return round(CHART_LEFT + inner * min(time_s, self._end_s) / self._end_s, 1)

    def y(self, people: float) -> float:
        inner = CHART_HEIGHT - CHART_TOP - CHART_BOTTOM
        return round(CHART_HEIGHT - CHART_BOTTOM - inner * people / self._top, 1)

    def shade(self, from_s: float, until_s: float) -> Markup:
        x = self.x(from_s)
        return Markup('<rect class="closed" x="{}" y="{}" width="{}" height="{}"/>').format(
            x, CHART_TOP, round(self.x(until_s) - x, 1), CHART_HEIGHT - CHART_TOP - CHART_BOTTOM
        )

    def line(self, curve: Curve, kind: str) -> Markup:
        course = f"M{self.x(0):g} {self.y(0):g}"
        for time_s, people in zip(curve.times_s, curve.people, strict=True):
            course += f"H{self.x(time_s):g}V{self.y(people):g}"
        return Markup('<path class="{}" d="{}"/>').format(kind, course + f"H{self.x(self._end_s):g}")

    def drawn(self, scenario: Scenario) -> Markup:
        parts = []
        for people in round_steps(self._top, 5):
            y = self.y(people)
            parts.append(
                Markup(
                    '<path class="grid" d="M{} {}H{}"/>'
                    '<text class="tick" x="{}" y="{}" text-anchor="end">{}</text>'
                ).format(CHART_LEFT, y, CHART_WIDTH - CHART_RIGHT, CHART_LEFT - 8, y + 4, number(people))
            )
        step_s = 3600 * max(1, math.ceil(self._end_s / 3600 / 9))
        for time_s in range(0, int(self._end_s) + 1, step_s):
            attributes = Markup('class="tick" x="{}" y="{}" text-anchor="middle"').format(
                self.x(time_s), CHART_HEIGHT - CHART_BOTTOM + 20
            )
            text = in_all_languages(_tick_words, scenario, time_s)
            parts.append(svg_text(text, attributes))
        return Markup("").join(parts)


def _tick_words(scenario: Scenario, time_s: float) -> str:
    return clock_and_day(scenario, time_s)[0]


def round_steps(top: float, about: int) -> list[float]:
    """
    Values for an axis that people read at once.

    Parameters
    ----------
    top : float
        Largest value.
    about : int
        How many steps there should be.

    Returns
    -------
    list of float
        From 0 on, in steps of 1, 2, 2.5 or 5 times a power of ten.
    """
    raw = top / about
    size = 10 ** math.floor(math.log10(raw)) if raw > 0 else 1
    step = next((factor * size for factor in (1, 2, 2.5, 5, 10) if factor * size >= raw), size)
    return [k * step for k in range(math.floor(top / step) + 1)]
