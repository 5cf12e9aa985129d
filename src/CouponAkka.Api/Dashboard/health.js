// Whether the service is well, in an operator's words.
import { byId, make, setText, showBadge } from "./dom.js";
import { news } from "./coupons.js";
import { dateTime, number } from "./format.js";
import { has, onLanguage, t } from "./text.js";

let health = null;
let reached = null;
let lastSeen = null;

/** What a check means; what it says itself is told where something is wrong, for whoever is called then. */
function words(name, { status, description }) {
  const behind = Number(/^(\d+) events? behind/.exec(description ?? "")?.[1]);
  if (name === "projection" && status === "Healthy" && behind > 0)
    return t("check.projection.behind", { count: number(behind) });
  const own = `check.${name}.${status === "Healthy" ? "well" : "unwell"}`;
  const meaning = has(own) ? t(own) : `${name}: ${t(`health.${status}`)}`;
  return status === "Healthy" || !description ? meaning : `${meaning} (${description})`;
}

function render() {
  byId("main").classList.toggle("stale", reached === false);
  byId("connection").hidden = reached !== false;
  setText(byId("connection"), reached === false ? t(lastSeen ? "unreachable.since" : "unreachable", { time: dateTime(lastSeen) }) : "");
  const state = reached === false ? "Unreachable" : health?.status;
  showBadge(byId("health"), state ?? "", state ? t(`health.${state}`) : t("checking"));
  byId("checks").replaceChildren(...Object.entries(reached === false ? {} : health?.checks ?? {}).map(([name, check]) => {
    const item = make("li", words(name, check));
    item.dataset.state = check.status;
    return item;
  }));
}

export function start() {
  news.addEventListener("health", ({ detail }) => {
    // What does not tell of its health, a proxy say, is not well.
    health = detail.checks ? detail : { status: "Unhealthy", checks: {} };
    render();
  });
  news.addEventListener("reach", ({ detail }) => {
    if (detail)
      lastSeen = Date.now();
    if (reached !== detail) {
      reached = detail;
      render();
    }
  });
  onLanguage(render);
}
