// The clock of the page: slider, play and pause.

const WHOLE_PLAN_PLAYS_MS = 45000;
const CALM_STEP_MS = 1000;

function createPlayer(onTime) {
  const slider = byId("time");
  const button = byId("play");
  const speed = byId("speed");
  let timeS = 0;
  let playing = false;
  let lastFrame = 0;

  function show(next) {
    timeS = Math.min(data.endS, Math.max(0, next));
    slider.value = String(timeS);
    const state = onTime(timeS);
    byId("now").textContent = clockWords(timeS);
    byId("count-home").textContent = numberWords(state.home);
    byId("count-way").textContent = numberWords(state.way);
    byId("count-out").textContent = numberWords(state.out);
    const spoken = { time: clockWords(timeS), out: numberWords(state.out), people: numberWords(data.people) };
    slider.setAttribute("aria-valuetext", say("nowSpoken", spoken));
  }

  function frame(now) {
    if (!playing) return;
    const passed = now - lastFrame;
    // People who asked for less motion see one still picture a second.
    if (!reducedMotion.matches || passed >= CALM_STEP_MS) {
      lastFrame = now;
      show(timeS + (Math.min(passed, CALM_STEP_MS) / WHOLE_PLAN_PLAYS_MS) * data.endS * Number(speed.value));
    }
    if (timeS >= data.endS) pause();
    else requestAnimationFrame(frame);
  }

  function play() {
    if (timeS >= data.endS) show(0);
    playing = true;
    lastFrame = performance.now();
    button.setAttribute("aria-pressed", "true");
    requestAnimationFrame(frame);
  }

  function pause() {
    playing = false;
    button.setAttribute("aria-pressed", "false");
  }

  slider.addEventListener("input", () => {
    pause();
    show(Number(slider.value));
  });
  button.addEventListener("click", () => (playing ? pause() : play()));
  return { show, pause, again: () => show(timeS) };
}
