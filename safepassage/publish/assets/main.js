// Puts the parts of the page together.

const NARROW_PX = 832;
// The drawing is painted anew for every frame; with thousands of dots that takes too long without a graphics card.
const MOST_CARS_IN_DRAWING = 800;
const drawing = createSvgMap();
let map = drawing;

function useDrawing() {
  cars.thin(MOST_CARS_IN_DRAWING);
  map = drawing;
  byId("map").hidden = true;
  byId("map-tools").hidden = true;
  document.documentElement.classList.remove("has-webgl");
}

function useWebgl() {
  try {
    document.documentElement.classList.add("has-webgl");
    map = createWebglMap(useDrawing);
    byId("map-tools").hidden = false;
  } catch (error) {
    console.info("No WebGL map, the drawing serves instead:", error.message);
    useDrawing();
  }
}

if (hasWebgl()) useWebgl();
else useDrawing();
document.documentElement.classList.add("has-chart");
const curves = createCurves((timeS) => {
  player.pause();
  player.show(timeS);
});
const player = createPlayer((timeS) => {
  const state = stateAt(timeS);
  map.show(state);
  curves.show(timeS);
  return state;
});
const table = createTable();

for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => {
    speak(button.dataset.language);
    map.speak();
    curves.reopen();
    table.speak();
    player.again();
  });
}
for (const button of document.querySelectorAll("[data-view]")) {
  button.addEventListener("click", () => {
    for (const other of document.querySelectorAll("[data-view]")) other.setAttribute("aria-pressed", String(other === button));
    map.look(button.dataset.view);
  });
}
darkScheme.addEventListener("change", () => {
  map.recolour();
  curves.reopen();
  player.again();
});
const more = document.querySelector(".more");
more.open = window.innerWidth > NARROW_PX;
window.addEventListener("beforeprint", () => {
  more.open = true;
  drawing.showAll();
});
window.addEventListener("afterprint", () => player.again());
player.show(0);
document.documentElement.dataset.started = "true";
