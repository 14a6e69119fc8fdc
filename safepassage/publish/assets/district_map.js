const data = JSON.parse(document.getElementById("data").textContent);
const picked = document.getElementById("picked");
const words = data.strings;
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
    ...roads,
    circle("crossing", "crossings", null, { "circle-radius": 4, "circle-color": colour("crossing"), ...ring }),
    circle("settlement", "settlements", null, {
      "circle-radius": ["get", "radius"], "circle-opacity": 0.55,
      "circle-color": ["case", ["==", ["get", "road"], 1], colour("settlement"), colour("dropped")], ...ring,
    }),
    circle("assembly", "sites", ["==", ["get", "assembly"], 1], {
      "circle-radius": 3.5, "circle-color": colour("assembly"), ...ring,
    }),
    circle("site", "sites", ["==", ["get", "assembly"], 0], {
      "circle-radius": 6, "circle-color": ["case", ["==", ["get", "safe"], 1], colour("site"), colour("soft")], ...ring,
    }),
  ];
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
  const order = ["site", "assembly", "settlement", "crossing", "motorway", "primary", "secondary", "ferry", "street", "dropped"];
  map.on("click", (event) => {
    const { x, y } = event.point;
    const found = map.queryRenderedFeatures([[x - 4, y - 4], [x + 4, y + 4]], { layers: order });
    found.sort((a, b) => order.indexOf(a.layer.id) - order.indexOf(b.layer.id));
    if (found.length) picked.textContent = found[0].properties.words;
  });
  const labels = [...data.settlements].sort((a, b) => b.people - a.people).slice(0, 200).map((place) => {
    const label = document.createElement("span");
    label.className = "place-name";
    label.textContent = place.name;
    new maplibregl.Marker({ element: label, anchor: "bottom", offset: [0, -6] }).setLngLat(place.at).addTo(map);
    return label;
  });
  // Of names that would cover each other the larger place keeps its own.
  const arrange = () => {
    const taken = [];
    for (const label of labels) {
      const { left, right, top, bottom } = label.getBoundingClientRect();
      const free = taken.every((box) => left > box.right || right < box.left || top > box.bottom || bottom < box.top);
      label.style.visibility = free ? "visible" : "hidden";
      if (free) taken.push({ left, right, top, bottom });
    }
  };
  map.on("moveend", arrange);
  map.once("idle", arrange);
  for (const box of document.querySelectorAll("[data-layer]")) {
    box.addEventListener("change", () => {
      map.setLayoutProperty(box.dataset.layer, "visibility", box.checked ? "visible" : "none");
    });
  }
  map.once("idle", () => { document.documentElement.dataset.ready = "map"; });
}

if (hasWebgl()) showMap();
else document.documentElement.dataset.ready = "drawing";
