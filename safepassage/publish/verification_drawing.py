"""Pictures of verification cases in inline SVG."""

from __future__ import annotations

import math

from markupsafe import Markup

from safepassage.i18n import _
from safepassage.publish.wording import Bilingual, figure, in_all_languages, svg_text
from safepassage.simulator.verification import Line, Picture, PictureKind

WIDTH, HEIGHT = 460.0, 240.0
LEFT, RIGHT, TOP, BOTTOM = 54.0, 12.0, 12.0, 34.0


def picture_drawing(picture: Picture, title: str) -> Markup:
    """
    Draw a picture.

    Parameters
    ----------
    picture : Picture
        Lines.
    title : str
        Of the case, for readers who cannot see it.

    Returns
    -------
    Markup
        An ``<svg>`` element.
    """
    axes = _Axes(picture)
    lines = [axes.line(line) for line in picture.lines]
    words = in_all_languages(_title, picture)
    return Markup(
        '<svg class="picture" viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="{}: {}">{}{}</svg>'
    ).format(WIDTH, HEIGHT, title, str(words), axes.drawn(), Markup("").join(lines))


def picture_caption(picture: Picture) -> Bilingual:
    """
    What a picture shows.

    Parameters
    ----------
    picture : Picture
        Which.

    Returns
    -------
    Bilingual
        Words; they say when vehicles were left out.
    """
    return in_all_languages(_caption, picture)


def _title(picture: Picture) -> str:
    return {
        PictureKind.CUMULATIVE: _("Vehicles over time"),
        PictureKind.SPACE_TIME: _("Where vehicles were when"),
        PictureKind.DISTRIBUTION: _("Share that has left over time"),
    }[picture.kind]


def _caption(picture: Picture) -> str:
    if picture.kind == PictureKind.SPACE_TIME:
        text = _("Metres along the route over seconds; straight between the ends of links.")
        if picture.shown < picture.of:
            left_out = _("{shown} of {all} vehicles are drawn.")
            text += " " + left_out.format(shown=picture.shown, all=picture.of)
        return text
    if picture.kind == PictureKind.DISTRIBUTION:
        return _("Share over seconds: thick, as drawn by the program; thin, as the distribution says.")
    if any(line.name == "ceiling" for line in picture.lines):
        return _("Vehicles over seconds: solid, arrived; dashed, the most that any plan could bring.")
    return _("Vehicles over seconds: dotted, ready; thin, on the road; thick, arrived.")


class _Axes:
    def __init__(self, picture: Picture) -> None:
        self._right = max((max(line.x, default=0.0) for line in picture.lines), default=0.0) or 1.0
        self._top = max((max(line.y, default=0.0) for line in picture.lines), default=0.0) or 1.0

    def x(self, value: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * value / self._right, 1)

    def y(self, value: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / self._top, 1)

    def line(self, line: Line) -> Markup:
        course = ""
        last_y = None
        for x, y in zip(line.x, line.y, strict=True):
            here = (self.x(x), self.y(y))
            if last_y is None:
                course = f"M{here[0]:g} {here[1]:g}"
            elif line.steps:
                course += f"H{here[0]:g}V{here[1]:g}"
            else:
                course += f"L{here[0]:g} {here[1]:g}"
            last_y = here[1]
        if line.steps and line.x:
            course += f"H{self.x(self._right):g}"
        return Markup('<path class="line-{}" d="{}"/>').format(line.name, course)

    def drawn(self) -> Markup:
        parts = []
        for value in _round_values(self._top, 4):
            y = self.y(value)
            parts.append(Markup('<path class="grid" d="M{:g} {:g}H{:g}"/>').format(LEFT, y, WIDTH - RIGHT))
            parts.append(_tick(LEFT - 7, y + 4, "end", value))
        parts += [
            _tick(self.x(value), HEIGHT - BOTTOM + 18, "middle", value)
            for value in _round_values(self._right, 6)
        ]
        return Markup("").join(parts)


def _tick(x: float, y: float, anchor: str, value: float) -> Markup:
    attributes = Markup('class="tick" x="{:g}" y="{:g}" text-anchor="{}"').format(x, y, anchor)
    return svg_text(in_all_languages(figure, value), attributes)


def _round_values(top: float, about: int) -> list[float]:
    """Round values from zero to ``top``, about so many."""
    raw = top / about
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= raw * 0.999)
    return [step * k for k in range(int(top / step * (1 + 1e-9)) + 1)]
