// Which language the page speaks. English stands in index.html, or beside the Korean in sentences.js.
import { korean, sentences } from "./sentences.js";

const key = "couponakka.language";
const listeners = [];
let language = remembered() ?? (navigator.language.toLowerCase().startsWith("ko") ? "ko" : "en");

export const isKorean = () => language === "ko";

/** The sentence in the page's language, with the values put in. */
export function t(name, values = {}) {
  const [english, inKorean] = sentences[name];
  return (isKorean() ? inKorean : english).replace(/\{(\w+)\}/g, (_, value) => values[value]);
}

export const has = name => name in sentences;

/** Calls back after each change of the language, to say again what was said. */
export const onLanguage = listener => listeners.push(listener);

export function speak(chosen = language) {
  language = chosen;
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-t]")) {
    element.dataset.english ??= element.textContent;
    element.textContent = isKorean() ? korean[element.dataset.t] : element.dataset.english;
  }
  for (const element of document.querySelectorAll("[data-label]"))
    element.ariaLabel = t(element.dataset.label);
  for (const listener of listeners)
    listener();
}

export function choose(chosen) {
  try {
    localStorage.setItem(key, chosen);
  } catch {
    // A browser that keeps nothing forgets this too.
  }
  speak(chosen);
}

function remembered() {
  try {
    const kept = localStorage.getItem(key);
    return kept === "ko" || kept === "en" ? kept : null;
  } catch {
    return null;
  }
}
