// Hears from the server what changes, over one stream, for the coupons that are shown and only while the page is.
import { get } from "./api.js";
import { learnStatus, learnTime, news } from "./coupons.js";

// The server sends something every 15 s; a connection may die without a word.
const silenceMs = 40_000;
const retryMs = 5_000;

let ids = [];
let source = null;
let heard = 0;
let opening = null;

/** Hears of these coupons from now on. */
export function watch(wanted) {
  const sorted = [...new Set(wanted)].sort((a, b) => a - b);
  if (sorted.join() === ids.join() && (source || opening))
    return;
  ids = sorted;
  open();
}

const tell = (type, detail) => news.dispatchEvent(new CustomEvent(type, { detail }));

function close() {
  clearTimeout(opening);
  source?.close();
  opening = source = null;
}

function open(afterMs = 50) {
  close();
  // Who goes through the list page by page wants a stream for the last one only.
  opening = setTimeout(connect, afterMs);
}

function connect() {
  opening = null;
  if (document.hidden)
    return;
  heard = Date.now();
  source = new EventSource(`events?coupons=${ids.join()}`);
  hear("clock", ({ now }) => learnTime(now));
  hear("status", learnStatus);
  hear("refusal", learnStatus);
  hear("health", health => tell("health", health));
  source.addEventListener("error", event => {
    // What was lost the browser asks for again by itself; what was refused it does not.
    if (event.target.readyState !== EventSource.CLOSED)
      return tell("reach", false);
    open(retryMs);
    look();
  });
}

function hear(name, learn) {
  source.addEventListener(name, event => {
    heard = Date.now();
    tell("reach", true);
    learn(JSON.parse(event.data));
  });
}

/** One look without a stream: the server has no more of them to give, or something between here and there lets none through. */
async function look() {
  const health = await get("health/ready");
  tell("reach", health.status !== 0);
  if (health.status === 0)
    return;
  tell("health", health.body);
  for (const id of ids) {
    const { ok, body } = await get(`coupons/${id}/status`);
    learnStatus(ok ? body : { couponId: id, code: body.code });
  }
}

setInterval(() => source && Date.now() - heard > silenceMs && open(), 5_000);
document.addEventListener("visibilitychange", () => document.hidden ? close() : open());
