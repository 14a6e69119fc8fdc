"""The forecast of one evacuation: persons that add up, events, demand; tables, page and commands."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from safepassage.cli.main import app
from safepassage.errors import ModelError
from safepassage.i18n import use_language
from safepassage.model.people import PeopleCount
from safepassage.model.response import Forecast
from safepassage.model.uptake import DatedEvent, EventKind, Figure
from safepassage.publish.forecast_words import forecast_lines
from safepassage.uptake.classes import GROUPS
from safepassage.uptake.forecast import Concerned, Draws, forecast_uptake
from safepassage.uptake.priors import shipped_prior
from safepassage.workflows.backtest import run_backtest
from safepassage.workflows.forecast import forecast_folder

from .made_operations import assisted, day, total

CONCERNED = Concerned(PeopleCount(550, 120, 280, 50), 12, 6)
ORDER = DatedEvent(day(0), EventKind.ORDER)


def forecast(*figures: Figure, events: tuple[DatedEvent, ...] = (), days: int = 14) -> tuple[Forecast, Draws]:
    return forecast_uptake(CONCERNED, [ORDER], events, figures, shipped_prior(), days=days, seed=4)


def test_classes_add_up_in_every_future() -> None:
    _, draws = forecast(total(1, 60), total(3, 110))
    assert np.array_equal(sum(draws.out[group] for group in GROUPS), draws.out["everyone"])
    assert np.array_equal(sum(draws.listed[group] for group in GROUPS), draws.listed["everyone"])
    for group, out in draws.out.items():
        assert np.array_equal(out, np.rint(out))
        assert (out >= 0).all()
        assert (out <= draws.listed[group]).all()


def test_seats_wheelchairs_and_stretchers_are_those_assisted() -> None:
    found, _ = forecast(assisted(1, 60), assisted(3, 110))
    places = [found.band(name)[0][2] for name in ("seats", "wheelchair", "stretcher")]
    assert sum(places) == pytest.approx(found.band("assisted")[0][2], abs=3)
    assert found.band("beds")[0][4] < found.band("assisted")[0][4]


def test_waiting_and_staying_are_those_who_remain() -> None:
    found, _ = forecast(total(1, 60))
    waiting, staying, remaining = (
        np.array(found.band(name))[:, 2] for name in ("waiting", "staying", "remaining")
    )
    assert (waiting <= remaining).all()
    assert (staying <= remaining).all()


def test_bands_are_nested_and_dates_follow_the_last_report() -> None:
    found, _ = forecast(total(1, 60), total(3, 110))
    assert (found.dates[0], found.known_until, len(found.dates)) == ("2030-05-05", "2030-05-04", 14)
    assert (np.diff(np.array(found.remaining), axis=1) >= 0).all()
    probability = np.array([share.probability for share in found.shares])
    assert (np.diff(probability, axis=1) >= 0).all()
    assert (np.diff(probability, axis=0) <= 0).all()


def test_an_assault_moves_more_than_a_quiet_fortnight() -> None:
    event = DatedEvent(day(5), EventKind.ASSAULT)
    quiet, _ = forecast(total(1, 20), total(3, 30))
    struck, _ = forecast(total(1, 20), total(3, 30), events=(event,))
    assert struck.band("out")[-1][2] > quiet.band("out")[-1][2] + 100
    (effect,) = [effect for effect in struck.effects if effect.asked]
    assert effect.more_out[2] > 100


def test_what_ifs_are_told_but_not_in_the_forecast() -> None:
    found, _ = forecast(total(1, 20), total(3, 30))
    assert {effect.kind for effect in found.effects} == {
        "compulsory_children", "door_to_door", "crossing_lost",
    }  # fmt: skip
    assert not any(effect.asked for effect in found.effects)
    assert all(effect.more_out[2] >= 0 for effect in found.effects)


def test_reports_narrow_and_unused_rows_are_named() -> None:
    wide, _ = forecast()
    other_area = replace(total(2, 5), scope="elsewhere", row=9)
    used = replace(total(3, 110), row=7)
    narrow, draws = forecast(other_area, used)
    assert draws.used_rows == {7}
    assert narrow.reports == 1
    assert _width(narrow) < _width(wide)


def _width(found: Forecast) -> float:
    row = found.band("out")[-1]
    return row[4] - row[0]


def test_a_forecast_needs_people_and_days() -> None:
    with pytest.raises(ModelError):
        forecast_uptake(CONCERNED, [], [], [], shipped_prior())
    with pytest.raises(ModelError):
        forecast(days=0)


def test_the_words_say_both_languages() -> None:
    found, _ = forecast(total(1, 60))
    english = forecast_lines(found)
    with use_language("uk"):
        ukrainian = forecast_lines(found)
    assert len(english) == len(ukrainian) == 6
    assert not set(english) & set(ukrainian)


def test_the_folder_holds_tables_and_a_page(valley_folder: Path, tmp_path: Path) -> None:
    reports = tmp_path / "reports.csv"
    reports.write_text(
        "date,kind,value,children\n2023-08-12,total,90,20\n2023-08-15,assisted,100,\n", "utf-8"
    )
    result = forecast_folder(
        valley_folder, tmp_path / "one", reports=reports, events=["2023-08-20 front_near"], days=10
    )
    again = forecast_folder(
        valley_folder, tmp_path / "two", reports=reports, events=["2023-08-20 front_near"], days=10
    )
    names = sorted(path.name for path in result.output.iterdir())
    assert names == [
        "demand.csv", "events.csv", "forecast.html", "forecast.json", "people.csv", "share_dates.csv",
        "shares.csv",
    ]  # fmt: skip
    for name in names:
        assert (result.output / name).read_bytes() == (again.output / name).read_bytes()
    rows = list(csv.DictReader(io.StringIO((result.output / "people.csv").read_text("utf-8"))))
    assert {row["audience"] for row in rows} == {"commission"}
    assert len({row["date"] for row in rows}) == 10
    page = (result.output / "forecast.html").read_text("utf-8")
    assert "Content-Security-Policy" in page
    assert "http://" not in page.replace("http://www.w3.org", "")


def test_the_commands_answer(valley_folder: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["forecast", str(valley_folder), "-o", str(tmp_path / "f"), "--json"])
    assert done.exit_code == 0
    assert json.loads(done.stdout)["forecast"]["people"] > 0
    refused = CliRunner().invoke(app, ["forecast", str(valley_folder), "--event", "soon assault"])
    assert refused.exit_code == 2


def test_a_table_of_other_places_is_scored_with_the_shipped_prior(tmp_path: Path) -> None:
    series, operations = tmp_path / "series.csv", tmp_path / "operations.csv"
    lines = ["operation,date,metric,value,children,kind,precision,date_precision"]
    for place, scale in (("dale", 1), ("ford", 3)):
        for number, value in ((1, 40), (3, 90), (8, 130)):
            when = date(2030, 5, 1 + number).isoformat()
            lines.append(f"{place}_2030,{when},evacuated_cumulative,{scale * value},,total,exact,exact")
    series.write_text("\n".join(lines) + "\n", "utf-8")
    operations.write_text(
        "operation,subject_population,order_dates,order_kind\n"
        "dale_2030,1000,2030-05-01,mandatory\nford_2030,2000,2030-05-01,mandatory\n",
        "utf-8",
    )
    result = run_backtest(series, operations, tmp_path / "cases.csv")
    assert result.outcome.places == ("dale", "ford")
    assert result.not_scored == ()
    rows = list(csv.DictReader(io.StringIO((tmp_path / "cases.csv").read_text("utf-8"))))
    assert len(rows) == len(result.outcome.judged)
    assert len(result.sentences()) == 9
