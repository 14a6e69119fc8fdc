// The map that can be moved: MapLibre with the page's own data and no tiles.

const LOAD_COLOURS = ["road", "load-1", "load-2", "load-3"];

function hasWebgl() {
  const canvas = document.createElement("canvas");
  return Boolean(window.maplibregl && (canvas.getContext("webgl2") || canvas.getContext("webgl")));
}

const feature = (geometry, properties, id) => ({ type: "Feature", id, geometry, properties });
const collection = (features) => ({ type: "FeatureCollection", features });
const pointAt = (coordinates) => ({ type: "Point", coordinates });
const settlementRadius = (people, most) => 3.5 + 15 * Math.sqrt(people / Math.max(1, most));

function roadFeatures() {
  const drawn = new Set();
  const features = [];
  for (const link of data.links) {
    const ends = [link.path[0], link.path[link.path.length - 1]].map(String).sort().join("|");
    if (drawn.has(ends)) continue;
    drawn.add(ends);
    features.push(feature({ type: "LineString", coordinates: link.path }, { schematic: link.schematic || 0 }));
  }
  return collection(features);
}

function loadFeatures() {
  const busiest = Math.max(1, ...data.loads.map((load) => load.entered));
  return collection(
    data.loads.map((load, k) =>
      feature(
        { type: "LineString", coordinates: data.links[load.link].path },
        { width: 2 + 6 * Math.sqrt(load.entered / busiest) },
        k,
      ),
    ),
  );
}

function settlementFeatures() {
  const most = Math.max(1, ...data.settlements.filter((place) => place.inScope).map((place) => place.people));
  return collection(
    data.settlements.map((place, k) =>
      feature(
        pointAt(place.at),
        {
          radius: place.inScope ? settlementRadius(place.people, most) : 2,
          inScope: place.inScope ? 1 : 0,
          unserved: place.unserved ? 1 : 0,
        },
        k,
      ),
    ),
  );
}

function mapStyle() {
  const state = (name, otherwise) => ["coalesce", ["feature-state", name], otherwise];
  const level = state("level", 0);
  const source = (features) => ({ type: "geojson", data: features });
  const inScope = ["==", ["get", "inScope"], 1];
  const grow = (value) => ["interpolate", ["linear"], ["zoom"], 8, ["*", 0.7, value], 12, ["*", 1.5, value]];
  return {
    version: 8,
    sources: {
      roads: source(roadFeatures()),
      loads: source(loadFeatures()),
      settlements: source(settlementFeatures()),
      vehicles: source(collection([])),
    },
    layers: [
      { id: "land", type: "background", paint: { "background-color": colour("land") } },
      { id: "roads", type: "line", source: "roads", filter: ["==", ["get", "schematic"], 0],
        paint: { "line-color": colour("road"), "line-width": 1.6 } },
      { id: "schematic", type: "line", source: "roads", filter: ["==", ["get", "schematic"], 1],
        paint: { "line-color": colour("road"), "line-width": 1.4, "line-dasharray": [3, 2] } },
      { id: "loads", type: "line", source: "loads", layout: { "line-cap": "round", "line-join": "round" },
        paint: { "line-color": ["match", level, 1, colour("load-1"), 2, colour("load-2"), 3, colour("load-3"), colour("road")],
          "line-width": ["get", "width"], "line-offset": 1.5,
          "line-opacity": ["case", [">", level, 0], 0.95, 0] } },
      { id: "outside", type: "circle", source: "settlements", filter: ["!", inScope],
        paint: { "circle-color": colour("road"), "circle-radius": 2 } },
      { id: "all", type: "circle", source: "settlements", filter: inScope,
        paint: { "circle-color": colour("surface"), "circle-opacity": 0.85, "circle-radius": grow(["get", "radius"]),
          "circle-stroke-color": ["case", ["==", ["get", "unserved"], 1], colour("unserved"), colour("home-ring")],
          "circle-stroke-width": ["case", ["==", ["get", "unserved"], 1], 2.6, 1.3] } },
      { id: "left", type: "circle", source: "settlements", filter: inScope,
        paint: { "circle-color": colour("home"),
          "circle-radius": grow(["*", ["get", "radius"], ["sqrt", state("share", 1)]]) } },
      { id: "vehicles", type: "circle", source: "vehicles",
        paint: { "circle-color": ["case", ["==", ["get", "mode"], "service"], colour("train"), colour("bus")],
          "circle-radius": ["case", ["get", "loaded"], 5, 3], "circle-stroke-color": colour("surface"),
          "circle-opacity": ["case", ["get", "loaded"], 1, 0.5], "circle-stroke-width": 1.3 } },
    ],
  };
}

/** Names and symbols above the map; text is set as text, so a name cannot become markup. */
function createLabels(map) {
  const layer = document.createElement("div");
  layer.className = "map-labels";
  layer.setAttribute("aria-hidden", "true");
  map.getCanvasContainer().append(layer);
  const most = Math.max(1, ...data.settlements.map((place) => place.people));
  const crossings = new Map();
  for (const { crossing, path } of data.links) {
    if (crossing && !crossings.has(crossing)) crossings.set(crossing, path[Math.floor((path.length - 1) / 2)]);
  }
  const entries = [
    ...data.sites.filter((site) => byId(`symbol-${site.kind}`)).map((site) => ({
      at: site.at, name: site.name, kind: "site-label", gap: 11, symbol: site.kind, symbolClass: `site site-${site.kind}`,
    })),
    ...[...crossings].map(([name, at]) => ({
      at, name: Object.fromEntries(LANGUAGES.map((code) => [code, name])), kind: "crossing-label", gap: 11,
      symbol: "crossing", symbolClass: "crossing",
    })),
    ...data.settlements.filter((place) => place.inScope).sort((a, b) => b.people - a.people).map((place) => ({
      at: place.at, name: place.name, kind: "place-label", gap: settlementRadius(place.people, most) + 3,
    })),
  ];
  // Symbols at one place stand side by side.
  for (const site of entries.filter((entry) => entry.symbol)) {
    const there = entries.filter((entry) => entry.symbol && String(entry.at) === String(site.at));
    site.aside = 20 * (there.indexOf(site) - (there.length - 1) / 2);
  }
  for (const entry of entries) {
    if (entry.symbol) {
      entry.mark = document.createElementNS(SVG, "svg");
      entry.mark.setAttribute("class", `map-symbol ${entry.symbolClass}`);
      const use = document.createElementNS(SVG, "use");
      use.setAttribute("href", `#symbol-${entry.symbol}`);
      entry.mark.append(use);
      layer.append(entry.mark);
    }
    entry.text = document.createElement("span");
    entry.text.className = `map-label ${entry.kind}`;
    layer.append(entry.text);
  }

  function measure() {
    for (const entry of entries) {
      entry.text.textContent = inLanguage(entry.name);
      entry.text.hidden = false;
      entry.width = entry.text.offsetWidth;
    }
    arrange();
  }

  function arrange() {
    const taken = [];
    const size = [map.getCanvas().clientWidth, map.getCanvas().clientHeight];
    const isFree = (box) => box[0] >= 0 && box[1] >= 0 && box[2] <= size[0] && box[3] <= size[1] &&
      !taken.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3]);
    for (const entry of entries) {
      entry.point = map.project(entry.at);
      entry.point.x += entry.aside || 0;
      if (entry.mark) {
        entry.mark.style.transform = `translate(${entry.point.x - 10}px, ${entry.point.y - 10}px)`;
        taken.push([entry.point.x - 10, entry.point.y - 10, entry.point.x + 10, entry.point.y + 10]);
      }
    }
    // A name may stand beside its own settlement, not on another one.
    const spots = entries.filter((entry) => !entry.mark).map(({ point }) => [point.x - 4, point.y - 4, point.x + 4, point.y + 4]);
    taken.push(...spots);
    for (const { text, width, gap, point } of entries) {
      const boxes = [
        [point.x + gap, point.y - 8], [point.x - gap - width, point.y - 8],
        [point.x - width / 2, point.y - gap - 15], [point.x - width / 2, point.y + gap],
      ].map(([left, top]) => [left, top, left + width, top + 15]);
      const box = boxes.find(isFree);
      text.style.visibility = box ? "visible" : "hidden";
      if (box) {
        taken.push(box);
        text.style.transform = `translate(${box[0]}px, ${box[1]}px)`;
      }
    }
  }

  map.on("move", arrange);
  map.on("resize", arrange);
  measure();
  return { speak: measure };
}

function createWebglMap(onFailure) {
  const container = byId("map");
  let map = null;
  let labels = null;
  let carLayer = null;
  let ready = false;
  let latest = null;
  const shown = { levels: [], shares: [] };

  function open(bounds) {
    ready = false;
    shown.levels = [];
    shown.shares = [];
    map = new maplibregl.Map({
      container, style: mapStyle(), bounds, fitBoundsOptions: { padding: 44 }, attributionControl: false,
      dragRotate: false, pitchWithRotate: false, touchPitch: false, cooperativeGestures: true, fadeDuration: 0,
      maxZoom: 15, renderWorldCopies: false,
      locale: {
        "Map.Title": say("map"), "NavigationControl.ZoomIn": say("zoomIn"), "NavigationControl.ZoomOut": say("zoomOut"),
        "CooperativeGesturesHandler.WindowsHelpText": say("scrollHelp"),
        "CooperativeGesturesHandler.MacHelpText": say("scrollHelpMac"),
        "CooperativeGesturesHandler.MobileHelpText": say("touchHelp"),
      },
    });
    map.touchZoomRotate.disableRotation();
    map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
    map.on("load", () => {
      carLayer = createCarLayer();
      map.addLayer(carLayer.layer, "vehicles");
      ready = true;
      if (latest) show(latest);
      container.dataset.ready = "true";
    });
    map.on("webglcontextlost", onFailure);
    labels = createLabels(map);
  }

  function boundsOf([west, south, east, north]) {
    return [[west, south], [east, north]];
  }

  function show(state) {
    latest = state;
    if (!ready) return;
    state.levels.forEach((level, k) => {
      if (shown.levels[k] === level) return;
      shown.levels[k] = level;
      map.setFeatureState({ source: "loads", id: k }, { level });
    });
    data.settlements.forEach((place, k) => {
      const share = place.people ? Math.max(0, state.left[k] / place.people) : 0;
      if (shown.shares[k] === share) return;
      shown.shares[k] = share;
      map.setFeatureState({ source: "settlements", id: k }, { share });
    });
    carLayer.show(state.cars);
    map.getSource("vehicles").setData(
      collection(state.vehicles.map(({ trip, people, at }) =>
        feature(pointAt(at), { mode: trip.mode, loaded: people > 0 }))),
    );
  }

  /** MapLibre reads its words when it is made, so another language needs another map at the same place. */
  function reopen() {
    const bounds = map.getBounds();
    const camera = { center: map.getCenter(), zoom: map.getZoom() };
    map.remove();
    open(bounds);
    map.jumpTo(camera);
  }

  function look(view) {
    map.fitBounds(boundsOf(data.boxes[view]), { padding: 44, animate: !reducedMotion.matches });
  }

  container.hidden = false;
  open(boundsOf(data.boxes.district));
  return { show, showAll() {}, speak: reopen, recolour: reopen, look, map: () => map };
}
