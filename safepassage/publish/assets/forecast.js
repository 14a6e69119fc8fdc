(() => {
"use strict";
const data = JSON.parse(document.getElementById("forecast-data").textContent);
const root = document.documentElement;
const container = document.getElementById("live");
const style = (name) => getComputedStyle(root).getPropertyValue(name).trim();
const words = (value) => new Intl.NumberFormat(root.lang).format(Math.round(value));
const dayWords = (timeS) => new Date(timeS * 1000).toLocaleDateString("uk", { day: "2-digit", month: "2-digit", timeZone: "UTC" });
let chart = null;

function translucent(name, share) {
  return `color-mix(in srgb, ${style(name)} ${share}%, transparent)`;
}

/** The live chart; the still drawing beside it serves print and browsers without scripts. */
function open() {
  if (chart) chart.destroy();
  const [low, quarter, middle, threeQuarters, high] = [0, 1, 2, 3, 4].map((k) => data.out.map((row) => row[k]));
  const axis = { stroke: style("--soft"), grid: { stroke: style("--rule"), width: 1 }, ticks: { show: false } };
  const hidden = { stroke: "transparent", points: { show: false } };
  const line = { stroke: style("--line"), width: 2.5, points: { show: false } };
  const reports = { stroke: "transparent", points: { show: true, size: 8, fill: style("--mark"), stroke: style("--mark") } };
  chart = new uPlot({
    tzDate: (timeS) => uPlot.tzDate(new Date(timeS * 1000), "Etc/UTC"),
    width: container.clientWidth, height: 340, legend: { show: false }, cursor: { drag: { x: false, y: false } },
    scales: { x: { time: true }, y: { range: [0, data.people] } },
    axes: [{ ...axis, values: (_plot, splits) => splits.map(dayWords) }, { ...axis, size: 64, values: (_plot, splits) => splits.map(words) }],
    series: [{}, hidden, hidden, line, hidden, hidden, reports],
    bands: [
      { series: [5, 1], fill: translucent("--band", 16) },
      { series: [4, 2], fill: translucent("--band", 30) },
    ],
    hooks: { setCursor: [showValues] },
  }, [data.times, low, quarter, middle, threeQuarters, high, data.reported], container);
}

function showValues(plot) {
  const at = plot.cursor.idx;
  const row = at === null || at === undefined ? null : data.out[at];
  document.getElementById("live-values").textContent = row && row[2] !== null
    ? `${new Date(data.times[at] * 1000).toLocaleDateString(root.lang, { timeZone: "UTC" })}: ${words(row[2])} (${words(row[0])}–${words(row[4])})`
    : "";
}

for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => {
    root.lang = button.dataset.language;
    for (const other of document.querySelectorAll("[data-language]")) other.setAttribute("aria-pressed", String(other === button));
    open();
  });
}
root.classList.add("has-live");
open();
new ResizeObserver(() => { if (container.clientWidth !== chart.width) chart.setSize({ width: container.clientWidth, height: 340 }); }).observe(container);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", open);
})();
