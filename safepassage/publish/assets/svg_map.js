// Plays the plan in the still drawing, where the browser has no WebGL.

const SVG = "http://www.w3.org/2000/svg";

function createSvgMap() {
  const drawing = byId("map-drawing");
  const { west, north, eastScale, northScale } = drawing.dataset;
  const place = ([longitude, latitude]) => [(longitude - west) * eastScale, (north - latitude) * northScale];
  const loads = new Map(data.loads.map((load, k) => [String(load.link), k]));
  const roads = [...drawing.querySelectorAll(".load")].map((path) => [path, loads.get(path.dataset.link)]);
  const circles = [...drawing.querySelectorAll("g.settlement")].map((group) => ({
    left: group.querySelector(".left"),
    index: Number(group.dataset.settlement),
    radius: Number(group.dataset.radius),
  }));
  const moving = drawing.querySelector(".moving");
  // One path of points, as thousands of elements would be slow.
  const dots = document.createElementNS(SVG, "path");
  dots.setAttribute("class", "cars");
  moving.before(dots);

  /** Browsers lay out anew even where the same value is set again. */
  function change(element, name, value) {
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  }

  function show(state) {
    for (const [path, k] of roads) change(path, "class", `load level-${state.levels[k]}`);
    for (const { left, index, radius } of circles) {
      const share = data.settlements[index].people ? state.left[index] / data.settlements[index].people : 0;
      change(left, "r", (radius * Math.sqrt(share)).toFixed(1));
    }
    dots.setAttribute("d", carPoints(state.cars));
    moving.replaceChildren(...state.vehicles.filter((vehicle) => vehicle.people > 0).map(vehicleMark));
  }

  function carPoints({ count, points }) {
    let course = "";
    for (let k = 0; k < count; k += 1) {
      const [x, y] = place([points[2 * k], points[2 * k + 1]]);
      course += `M${x.toFixed(1)} ${y.toFixed(1)}h0`;
    }
    return course;
  }

  function vehicleMark(vehicle) {
    const [x, y] = place(vehicle.at);
    const mark = document.createElementNS(SVG, "circle");
    const shape = { cx: x, cy: y, r: 4, class: vehicle.trip.mode };
    for (const [name, value] of Object.entries(shape)) mark.setAttribute(name, value);
    return mark;
  }

  /** The traffic of the whole plan, for print. */
  function showAll() {
    for (const [path] of roads) path.setAttribute("class", "load");
    for (const { left, radius } of circles) left.setAttribute("r", radius);
    dots.setAttribute("d", "");
    moving.replaceChildren();
  }

  return { show, showAll, speak() {}, recolour() {} };
}
