// What every part of the page shares: the data, the language, and numbers and times in words.

const data = JSON.parse(document.getElementById("report-data").textContent);
const LANGUAGES = Object.keys(data.strings);
const THIN_SPACE = "\u202f";
const reducedMotion = window.matchMedia("(prefers-reduced-motion: reduce)");
const darkScheme = window.matchMedia("(prefers-color-scheme: dark)");

const byId = (id) => document.getElementById(id);
const language = () => document.documentElement.lang;

function say(key, values = {}) {
  return data.strings[language()][key].replace(/\{(\w+)\}/g, (_whole, name) => String(values[name]));
}

function inLanguage(texts) {
  return texts[language()] || texts[LANGUAGES[0]];
}

function numberWords(value) {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, THIN_SPACE);
}

/** Hours, minutes and day of a moment of the plan, on the scenario's clock. */
function clockParts(timeS) {
  let shiftS = 0;
  for (const [fromS, offsetS] of data.clock.offsets) {
    if (timeS >= fromS) shiftS = offsetS;
  }
  const local = data.clock.startOfDayS + shiftS + timeS;
  const minutes = Math.floor((((local % 86400) + 86400) % 86400) / 60);
  const two = (value) => String(value).padStart(2, "0");
  return { time: `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`, day: Math.floor(local / 86400) + 1 };
}

function clockWords(timeS) {
  const { time, day } = clockParts(timeS);
  return day === 1 ? time : say("clockDay", { time, day });
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Change the language of everything that is not text in the document: labels, title, column names. */
function speak(code) {
  document.documentElement.lang = code;
  document.title = data.titles[code];
  for (const element of document.querySelectorAll(`[data-label-${code}]`)) {
    element.setAttribute("aria-label", element.getAttribute(`data-label-${code}`));
  }
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === code));
  }
}
