"""
Makes the page and the pictures of the documentation from what was measured.

    python -m benchmarks.peers.page [PEERS_JSON [PAGE [PICTURES]]]

The prose is ``page.md`` beside this file; numbers come from the JSON files alone.
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path
from string import Template
from typing import Any

import matplotlib as mpl  # type: ignore[import-not-found]
from matplotlib import pyplot as plt

from benchmarks.peers.tools import ROOT, TOOL_NAMES

RESULTS = ROOT / "benchmarks" / "results"
OURS, REFERENCE = "safepassage", "uxsim-1"
COLOURS = {
    "safepassage": "#0b6e4f",
    "uxsim-5": "#b5651d",
    "uxsim-1": "#d9a066",
    "sumo": "#3b5b92",
    "sumo-1": "#8aa5d0",
    "sumo-lanes": "#c3cfe6",
}
Facts = dict[str, Any]


def finished(runs: list[Facts]) -> list[Facts]:
    """
    Runs that came to their end.

    Parameters
    ----------
    runs : list of dict
        Of one tool.

    Returns
    -------
    list of dict
        In their order.
    """
    return [run for run in runs if not run["stopped"]]


def median_of(runs: list[Facts], name: str) -> float:
    """
    Median of a figure over runs.

    Parameters
    ----------
    runs : list of dict
        At least one.
    name : str
        Of the figure.

    Returns
    -------
    float
        In its unit.
    """
    return statistics.median(float(run[name]) for run in runs)


def ratios(ours: list[Facts], other: list[Facts], name: str) -> str:
    """
    How many times a figure of another tool is ours.

    Parameters
    ----------
    ours, other : list of dict
        Runs in the same turns.
    name : str
        Of the figure.

    Returns
    -------
    str
        Ratio of the medians, and from least to most over the turns that both ran.
    """
    pairs = [float(b[name]) / float(a[name]) for a, b in zip(ours, other, strict=False)]
    middle = median_of(other, name) / median_of(ours, name)
    spread = f" ({_short(min(pairs))} to {_short(max(pairs))})" if len(pairs) > 1 else ""
    return f"{_short(middle)}{spread}"


def time_table(instances: Facts) -> str:
    """
    Whole process, memory and loop of every tool on every instance.

    Parameters
    ----------
    instances : dict
        As measured.

    Returns
    -------
    str
        Markdown.
    """
    lines = _head(
        *("instance", "tool", "runs", "whole process (s)", "of it processor (s)", "peak (MB)"),
        *("times ours, clock", "times ours, processor", "loop, processor (s)", "times ours, loop"),
    )
    for name, instance in instances.items():
        ours = finished(instance["runs"][OURS])
        for tool, all_runs in instance["runs"].items():
            runs = finished(all_runs)
            cells = [name, TOOL_NAMES[tool], str(len(all_runs))]
            if runs:
                cells += [_spread(runs, "whole_s"), _spread(runs, "processor_s")]
                cells += [f"{median_of(runs, 'peak_mb'):,.0f}"]
                cells += [ratios(ours, runs, "whole_s"), ratios(ours, runs, "processor_s")]
                cells += [_spread(runs, "loop_processor_s"), ratios(ours, runs, "loop_processor_s")]
            else:
                stop = all_runs[0]
                cells += [f"stopped after {_short(stop['whole_s'])}: {stop['stopped']}"]
                cells += [_short(stop["processor_s"]), f"{stop['peak_mb']:,.0f}", "", "", "", ""]
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def accuracy_table(instances: Facts) -> str:
    """
    Clearance and mean travel time, against UXsim with platoon 1 where that came to its end.

    Parameters
    ----------
    instances : dict
        As measured.

    Returns
    -------
    str
        Markdown.
    """
    lines = _head("instance", "tool", "clearance (s)", "difference", "mean travel time (s)", "difference")
    for name, instance in instances.items():
        reference = finished(instance["runs"].get(REFERENCE, []))
        for tool, all_runs in instance["runs"].items():
            if not (runs := finished(all_runs)):
                continue
            cells = [name, TOOL_NAMES[tool]]
            for figure in ("clearance_s", "mean_travel_s"):
                value = median_of(runs, figure)
                cells += [
                    f"{value:,.1f}",
                    f"{100 * (value / median_of(reference, figure) - 1):+.2f} %"
                    if reference
                    else "no reference",
                ]
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def merge_table(merges: list[Facts]) -> str:
    """
    Shares of the arms of merges.

    Parameters
    ----------
    merges : list of dict
        As measured.

    Returns
    -------
    str
        Markdown.
    """
    lines = _head(
        "lanes of the arms", "lanes behind, then", "by capacity", "Safepassage", "SUMO", "SUMO, one segment"
    )
    for row in merges:
        lanes = row["arms"]
        cells = [
            " + ".join(map(str, lanes)),
            f"{row['after']}, {row['end']}",
            " : ".join(f"{lane / sum(lanes):.3f}" for lane in lanes),
        ]
        cells += [
            " : ".join(f"{share:.3f}" for share in row[tool]["shares"])
            for tool in ("safepassage", "sumo", "sumo-1")
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def feature_table(features: Facts) -> str:
    """
    Speed of the kernel with more and more of what the simulator can do switched on.

    Parameters
    ----------
    features : dict
        As ``simulator_features.py`` measured.

    Returns
    -------
    str
        Markdown.
    """
    lines = _head("switched on", "million traversals a processor second", "of the plain loop")
    plain = features["rows"][0]["traversals_per_processor_s"]
    for row in features["rows"]:
        speed = row["traversals_per_processor_s"]
        lines.append(f"| {row['name']} | {speed / 1e6:.1f} | {speed / plain:.2f} |")
    return "\n".join(lines)


def referee_table(referee: Facts) -> str:
    """
    The plan against the baseline, judged by other simulators.

    Parameters
    ----------
    referee : dict
        As ``referee.py`` measured.

    Returns
    -------
    str
        Markdown.
    """
    lines = _head(
        "case",
        "judge",
        "clearance, baseline to plan (h)",
        "mean arrival, baseline to plan (h)",
        "gain kept: clearance, mean arrival",
    )
    for row in referee["rows"]:
        before, after = row["baseline"], row["plan"]
        kept = [
            "no gain" if row["kept"][name] is None else f"{100 * row['kept'][name]:.0f} %"
            for name in ("clearance_s", "mean_arrival_s")
        ]
        lines.append(
            f"| {row['case']} | {row['judge_name']} "
            f"| {before['clearance_s'] / 3600:.2f} to {after['clearance_s'] / 3600:.2f} "
            f"| {before['mean_arrival_s'] / 3600:.2f} to {after['mean_arrival_s'] / 3600:.2f} "
            f"| {', '.join(kept)} |"
        )
    return "\n".join(lines)


def draw_bars(instances: Facts, figure: str, label: str, path: Path) -> None:
    """
    Draw one figure of all tools, on a logarithmic scale.

    Parameters
    ----------
    instances : dict
        As measured.
    figure : str
        Which one.
    label : str
        Of the axis.
    path : Path
        The SVG.
    """
    mpl.rcParams.update({"svg.hashsalt": "bench", "font.size": 9, "svg.fonttype": "none"})
    rows = [
        (name, tool, median_of(runs, figure))
        for name, instance in instances.items()
        for tool, all_runs in instance["runs"].items()
        if (runs := finished(all_runs))
    ]
    fig, axes = plt.subplots(figsize=(7.2, 0.26 * len(rows) + 0.9))
    places = range(len(rows))
    bars = axes.barh(places, [row[2] for row in rows], color=[COLOURS[row[1]] for row in rows])
    axes.bar_label(bars, [_short(row[2]) for row in rows], padding=3)
    axes.set_yticks(places, [f"{name}: {TOOL_NAMES[tool]}" for name, tool, _value in rows])
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlabel(label)
    axes.margins(x=0.15)
    axes.spines[["top", "right"]].set_visible(False)
    fig.savefig(path, bbox_inches="tight", metadata={"Date": None})
    plt.close(fig)


def conditions(facts: Facts) -> str:
    """
    Machine, versions and load.

    Parameters
    ----------
    facts : dict
        As measured.

    Returns
    -------
    str
        One paragraph.
    """
    box = facts["machine"]
    named = ", ".join(f"{name} {value}" for name, value in facts["versions"].items())
    loads = [
        f"`{name}` {made['load_before'][0]:g} before, {made['load_after'][0]:g} after"
        for name, made in facts["instances"].items()
    ]
    return (
        f"Measured on {facts['date']}: {box['processor']}, {box['cores']} cores, {box['memory_gb']:g} GB,"
        f" {box['system']}, Python {box['python']}; {named}. The machine was shared with other work;"
        f" its load was {'; '.join(loads)}. Each of these programs keeps one core busy."
        f"{facts.get('note', '')}"
    )


def instance_list(instances: Facts) -> str:
    """
    What was played.

    Parameters
    ----------
    instances : dict
        As measured.

    Returns
    -------
    str
        Markdown list.
    """
    return "\n".join(
        f"- `{name}`: {made['description']} ({made['links']:,} links, {made['cars']:,} cars)"
        for name, made in instances.items()
    )


def main() -> None:
    """Write pictures and page."""
    given = [Path(argument) for argument in sys.argv[1:]]
    defaults = (RESULTS / "peers.json", ROOT / "docs" / "benchmarks.md", ROOT / "docs" / "images")
    source, page, pictures = (*given, *defaults[len(given) :])
    facts = _read(source)
    instances = facts["instances"]
    draw_bars(
        instances, "processor_s", "whole process, median processor time (s)", pictures / "bench-whole.svg"
    )
    draw_bars(instances, "loop_processor_s", "loop, median processor time (s)", pictures / "bench-loop.svg")
    draw_bars(instances, "peak_mb", "peak memory, median (MB)", pictures / "bench-memory.svg")
    prose = Template((Path(__file__).parent / "page.md").read_text(encoding="utf-8"))
    features, referee = _read(RESULTS / "features.json"), _read(RESULTS / "referee.json")
    everything = features["rows"][-1]
    all_on_s = everything["traversals"] / everything["traversals_per_processor_s"]
    text = prose.substitute(
        all_on_s=_short(all_on_s),
        all_on_sumo=_times(instances, "sumo", all_on_s),
        all_on_uxsim=_times(instances, "uxsim-5", all_on_s),
        conditions=conditions(facts),
        instances=instance_list(instances),
        times=time_table(instances),
        accuracy=accuracy_table(instances),
        merges=merge_table(facts["merges"]),
        features=feature_table(features),
        district_ms=f"{features['district_warm_ms']:.2f}",
        speed_up=f"{features['speed_up_of_two_threads']:.2f}",
        events=f"{features['events_per_traversal']:.2f}",
        bytes=f"{features['bytes_of_state'] / 1e6:.0f}",
        referee=referee_table(referee),
    )
    page.write_text(text, encoding="utf-8")
    print(f"Wrote {page}")


def _read(path: Path) -> Facts:
    facts: Facts = json.loads(path.read_text(encoding="utf-8"))
    return facts


def _head(*columns: str) -> list[str]:
    return ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]


def _times(instances: Facts, tool: str, all_on_s: float) -> str:
    """How many times as long the plain loop of a tool takes on ``medium``, which a quick run leaves out."""
    if "medium" not in instances:
        return "(not measured)"
    return _short(median_of(finished(instances["medium"]["runs"][tool]), "loop_processor_s") / all_on_s)


def _spread(runs: list[Facts], name: str) -> str:
    values = [float(run[name]) for run in runs]
    spread = f" ({_short(min(values))} to {_short(max(values))})" if len(values) > 1 else ""
    return f"{_short(statistics.median(values))}{spread}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    main()
