// What happens to anything: coupons, products, orders, vendors. A line each, newest first, and only while somebody looks.
import { byId, make, setText } from "./dom.js";
import { dateTime } from "./format.js";
import { onLanguage, t } from "./text.js";

const mostLines = 50;
const renderMs = 250;
const retryMs = 5_000;

let lines = [];
let last = null;
let source = null;
let opening = null;
let rendering = null;
let reached = true;

function render() {
  rendering = null;
  byId("notification-list").replaceChildren(...lines.map(({ at, text }) => make("li", make("time", dateTime(at)), ` ${text}`)));
  setText(byId("notification-note"), !reached ? t("notifications.away") : lines.length === 0 ? t("notifications.none") : "");
}

// A crowd makes thousands of lines a second.
const renderSoon = () => rendering ??= setTimeout(render, renderMs);

function learn(line) {
  reached = true;
  last = line.n;
  lines = [line, ...lines].slice(0, mostLines);
  renderSoon();
}

function close() {
  clearTimeout(opening);
  source?.close();
  opening = source = null;
}

function open() {
  close();
  if (document.hidden || !byId("notifications").open)
    return;
  source = new EventSource(`notifications/stream?${last === null ? `last=${mostLines}` : `after=${last}`}`);
  source.addEventListener("message", event => learn(JSON.parse(event.data)));
  source.addEventListener("open", () => { reached = true; renderSoon(); });
  source.addEventListener("error", event => {
    // What was lost the browser asks for again by itself; what was refused it does not.
    if (event.target.readyState !== EventSource.CLOSED)
      return;
    reached = false;
    renderSoon();
    opening = setTimeout(open, retryMs);
  });
}

export function start() {
  byId("notifications").addEventListener("toggle", open);
  document.addEventListener("visibilitychange", open);
  onLanguage(render);
}
