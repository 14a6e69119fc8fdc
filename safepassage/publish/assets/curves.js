// People out over time as a chart that can be pointed at; the still drawing serves print.

const CHART_HEIGHT = 290;
const CURVES = [["all", "home", 3, []], ["cars", "load-1", 1.8, []], ["fleet", "bus", 1.8, []], ["naive", "naive", 1.8, [2, 4]]];

/** All curves on one common row of times, as uPlot wants them. */
function alignedCurves() {
  const present = CURVES.map(([name]) => [name, name === "naive" ? data.naive : data.curves[name]]).filter(([, curve]) => curve);
  const times = [...new Set([0, data.chartEndS, ...present.flatMap(([, curve]) => curve.t)])].sort((a, b) => a - b);
  return { names: present.map(([name]) => name), rows: [times, ...present.map(([, curve]) => times.map((timeS) => curveAt(curve, timeS)))] };
}

function createCurves(onPick) {
  const container = byId("chart");
  const { names, rows } = alignedCurves();
  let chart = null;
  let nowS = 0;

  function upright(plot, timeS, style, dash, width) {
    const x = plot.valToPos(timeS, "x", true);
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.strokeStyle = style;
    ctx.setLineDash(dash.map((part) => part * devicePixelRatio));
    ctx.lineWidth = width * devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.restore();
  }

  function shadeClosed(plot) {
    plot.ctx.fillStyle = colour("sunken");
    for (const [fromS, untilS] of data.closed) {
      const x = plot.valToPos(fromS, "x", true);
      plot.ctx.fillRect(x, plot.bbox.top, plot.valToPos(untilS, "x", true) - x, plot.bbox.height);
    }
  }

  function drawOver(plot) {
    if (data.bounds.all) upright(plot, data.bounds.all, colour("load-3"), [7, 5], 2);
    upright(plot, nowS, colour("ink"), [], 1);
  }

  function hourTicks(_plot, _axis, from, until) {
    const stepS = 3600 * Math.max(1, Math.ceil((until - from) / 3600 / Math.max(3, container.clientWidth / 90)));
    const firstS = (3600 - (data.clock.startOfDayS % 3600)) % 3600;
    const ticks = [];
    for (let timeS = firstS; timeS <= until; timeS += stepS) ticks.push(timeS);
    return ticks;
  }

  function series(name) {
    const [, tone, width, dash] = CURVES.find(([key]) => key === name);
    return { stroke: colour(tone), width, dash, points: { show: false }, paths: uPlot.paths.stepped({ align: 1 }) };
  }

  /** Numbers beside the names of the lines, at the time pointed at or else played. */
  function showValues(timeS) {
    for (const value of document.querySelectorAll("[data-curve]")) {
      const name = value.dataset.curve;
      const curve = name === "naive" ? data.naive : data.curves[name];
      value.textContent = curve ? numberWords(curveAt(curve, timeS)) : "";
    }
  }

  function open() {
    const axis = { stroke: colour("soft"), grid: { stroke: colour("rule"), width: 1 }, ticks: { show: false },
      font: `12px ${getComputedStyle(document.body).fontFamily}` };
    chart = new uPlot({
      width: container.clientWidth, height: CHART_HEIGHT, padding: [12, 16, 0, 4],
      scales: { x: { time: false, range: [0, data.chartEndS] }, y: { range: [0, data.people * 1.04] } },
      axes: [
        { ...axis, size: 32, splits: hourTicks, values: (_plot, splits) => splits.map((timeS) => clockParts(timeS).time) },
        { ...axis, size: 64, values: (_plot, splits) => splits.map(numberWords) },
      ],
      series: [{}, ...names.map(series)],
      cursor: { drag: { x: false, y: false }, points: { size: 7 } },
      legend: { show: false },
      hooks: { drawClear: [shadeClosed], draw: [drawOver], setCursor: [(plot) => showValues(plot.cursor.idx === null ? nowS : plot.posToVal(plot.cursor.left, "x"))] },
    }, rows, container);
    container.setAttribute("role", "group");
    container.setAttribute("aria-label", say("chart"));
    chart.over.addEventListener("click", (event) => onPick(chart.posToVal(event.offsetX, "x")));
  }

  function reopen() {
    chart.destroy();
    open();
  }

  function show(timeS) {
    nowS = timeS;
    showValues(timeS);
    chart.redraw(false, false);
  }

  open();
  new ResizeObserver(() => {
    if (container.clientWidth && container.clientWidth !== chart.width) chart.setSize({ width: container.clientWidth, height: CHART_HEIGHT });
  }).observe(container);
  return { show, reopen };
}
