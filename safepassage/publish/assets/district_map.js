const data = JSON.parse(document.getElementById("data").textContent);
const picked = document.getElementById("picked");
const words = data.strings;
const MOST_NAMES = 200;
// From here on the parts of a town bear names of their own.
const NEAR_ZOOM = 13;
const collection = (features) => ({ type: "FeatureCollection", features });
const point = (at, properties) => ({ type: "Feature", geometry: { type: "Point", coordinates: at }, properties });
const line = (path, properties) => ({ type: "Feature", geometry: { type: "LineString", coordinates: path }, properties });
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

function hasWebgl() {
  const canvas = document.createElement("canvas");
  return Boolean(window.maplibregl && (canvas.getContext("webgl2") || canvas.getContext("webgl")));
}

const most = Math.max(1, ...data.settlements.map((place) => place.people));
const roadWords = (road) =>
  `${road.n || road.id} · ${road.c} · ${road.m} m · ${road.l} ${words.lanes} · ${road.v} ${words.speed} · ` +
  `${road.q} ${words.capacity}${road.x ? ` · ${road.x}` : ""}`;
const placeWords = (place) =>
  `${place.name} (${place.id}): ${place.people} ${words.people}${place.road ? "" : ` · ${words.noRoad}`}`;

function sources() {
  const geojson = (features) => ({ type: "geojson", data: collection(features) });
  return {
    roads: geojson(data.roads.map((road) => line(road.p, { group: road.g, words: roadWords(road) }))),
    dropped: geojson(data.dropped.map((path) => line(path, { words: words.dropped }))),
    // From afar a short street is not seen, but a dot is.
    lost: geojson(data.dropped.map((path) => point(path[Math.floor(path.length / 2)], { words: words.dropped }))),
    settlements: geojson(
      data.settlements.map((place) =>
        point(place.at, {
          words: placeWords(place), road: place.road, radius: 3 + 16 * Math.sqrt(place.people / most),
        }),
      ),
    ),
    sites: geojson(
      data.sites.map((site) =>
        point(site.at, {
          words: `${site.words}: ${site.name}`, safe: site.safe,
          assembly: site.kind === "assembly_point" ? 1 : 0,
        }),
      ),
    ),
    crossings: geojson(data.crossings.map((item) => point(item.at, { words: item.name }))),
  };
}

function layers() {
  const widths = { street: [0.6, 4], ferry: [1, 4], secondary: [1.2, 7], primary: [1.8, 9], motorway: [2.4, 11] };
  const roads = Object.entries(widths).map(([group, [thin, wide]]) => ({
    id: group, type: "line", source: "roads", filter: ["==", ["get", "group"], group],
    layout: { "line-cap": "round", "line-join": "round" },
    paint: {
      "line-color": colour(group),
      "line-width": ["interpolate", ["exponential", 1.5], ["zoom"], 9, thin, 17, wide],
    },
  }));
  const circle = (id, source, filter, paint) => ({ id, type: "circle", source, ...(filter ? { filter } : {}), paint });
  const ring = { "circle-stroke-color": "#ffffff", "circle-stroke-width": 1 };
  return [
    { id: "ground", type: "background", paint: { "background-color": colour("land") } },
    {
      id: "dropped", type: "line", source: "dropped",
      paint: { "line-color": colour("dropped"), "line-width": 2, "line-dasharray": [2, 1.5] },
    },
    circle("lost", "lost", null, { "circle-radius": 2, "circle-color": colour("dropped") }),
    ...roads,
    circle("crossing", "crossings", null, { "circle-radius": 4, "circle-color": colour("crossing"), ...ring }),
    circle("settlement", "settlements", ["==", ["get", "road"], 1], {
      "circle-radius": ["get", "radius"], "circle-opacity": 0.55, "circle-color": colour("settlement"), ...ring,
    }),
    circle("roadless", "settlements", ["==", ["get", "road"], 0], {
      "circle-radius": ["get", "radius"], "circle-opacity": 0.7, "circle-color": colour("dropped"), ...ring,
    }),
    circle("assembly", "sites", ["==", ["get", "assembly"], 1], {
      "circle-radius": ["interpolate", ["linear"], ["zoom"], 9, 2, 13, 4], "circle-color": colour("assembly"), ...ring,
    }),
    circle("site", "sites", ["all", ["==", ["get", "assembly"], 0], ["==", ["get", "safe"], 0]], {
      "circle-radius": 5, "circle-color": colour("soft"), ...ring,
    }),
    circle("safe", "sites", ["==", ["get", "safe"], 1], {
      "circle-radius": 7, "circle-color": colour("site"), ...ring,
    }),
  ];
}

function whenSwitched(show) {
  for (const box of document.querySelectorAll("[data-layer]")) {
    box.addEventListener("change", () => show(box.dataset.layer, box.checked));
  }
}

// Names stand beside their marks; one that would cover another name or a mark is left out until there is room.
function keepNamesApart(map) {
  const sheet = document.createElement("div");
  sheet.className = "names";
  map.getContainer().append(sheet);
  const named = (item, kind, radius) => {
    const element = document.createElement("span");
    element.className = kind;
    sheet.append(element);
    return { ...item, element, radius };
  };
  const size = (people) => 3 + 16 * Math.sqrt(people / most);
  const labels = [
    ...data.sites.filter((site) => site.safe).map((site) => named({ ...site, short: site.name }, "safe-name", 8)),
    ...[...data.settlements].sort((a, b) => b.people - a.people).slice(0, MOST_NAMES)
      .map((place) => named(place, "place-name", size(place.people))),
  ];
  const marks = [
    ...data.sites.filter((site) => site.kind !== "assembly_point").map((site) => [site.at, 7]),
    ...data.crossings.map((item) => [item.at, 4]),
  ];
  const arrange = () => {
    const near = map.getZoom() >= NEAR_ZOOM;
    const { clientWidth: width, clientHeight: height } = map.getContainer();
    const around = (at, radius) => {
      const { x, y } = map.project(at);
      return { left: x - radius, right: x + radius, top: y - radius, bottom: y + radius };
    };
    const taken = marks.map(([at, radius]) => around(at, radius));
    const free = (box) => box.left >= 0 && box.top >= 0 && box.right <= width && box.bottom <= height &&
      taken.every((other) => box.left >= other.right || other.left >= box.right ||
        box.top >= other.bottom || other.top >= box.bottom);
    for (const label of labels) {
      const text = near ? label.name : label.short;
      label.element.textContent = text;
      label.element.style.visibility = "hidden";
      if (!text) continue;
      const { x, y } = map.project(label.at);
      const [w, h, gap] = [label.element.offsetWidth, label.element.offsetHeight, label.radius + 2];
      const corners = [[x + gap, y - h / 2], [x - gap - w, y - h / 2], [x - w / 2, y - gap - h], [x - w / 2, y + gap]];
      const place = corners.map(([left, top]) => ({ left, top, right: left + w, bottom: top + h })).find(free);
      if (!place) continue;
      taken.push(place);
      label.element.style.transform = `translate(${Math.round(place.left)}px, ${Math.round(place.top)}px)`;
      label.element.style.visibility = "visible";
    }
    sheet.hidden = false;
  };
  map.on("movestart", () => { sheet.hidden = true; });
  map.on("moveend", arrange);
  map.on("resize", arrange);
  map.once("idle", arrange);
}

function showDrawing() {
  whenSwitched((name, shown) => {
    for (const group of document.querySelectorAll(`[data-drawn="${name}"]`)) group.style.display = shown ? "" : "none";
  });
  document.getElementById("drawing").addEventListener("click", (event) => {
    const title = event.target.querySelector("title");
    if (title) picked.textContent = title.textContent;
  });
  document.documentElement.dataset.ready = "drawing";
}

function showMap() {
  document.getElementById("map").hidden = false;
  const [west, south, east, north] = data.box;
  const map = new maplibregl.Map({
    container: "map", style: { version: 8, sources: sources(), layers: layers() },
    bounds: [[west, south], [east, north]], fitBoundsOptions: { padding: 24 }, attributionControl: false,
    preserveDrawingBuffer: true,
  });
  map.addControl(new maplibregl.NavigationControl({ showCompass: false }));
  map.addControl(new maplibregl.ScaleControl());
  const order = ["safe", "site", "assembly", "settlement", "roadless", "crossing", "motorway", "primary", "secondary", "ferry", "street", "dropped"];
  map.on("click", (event) => {
    const { x, y } = event.point;
    const found = map.queryRenderedFeatures([[x - 4, y - 4], [x + 4, y + 4]], { layers: order });
    found.sort((a, b) => order.indexOf(a.layer.id) - order.indexOf(b.layer.id));
    if (found.length) picked.textContent = found[0].properties.words;
  });
  keepNamesApart(map);
  whenSwitched((name, shown) => {
    for (const layer of name === "dropped" ? ["dropped", "lost"] : [name]) {
      map.setLayoutProperty(layer, "visibility", shown ? "visible" : "none");
    }
  });
  map.once("idle", () => { document.documentElement.dataset.ready = "map"; });
}

if (hasWebgl()) showMap();
else showDrawing();
