// The coupon that is selected: how it stands, how fast it goes, its last tickets.
import { explain, get } from "./api.js";
import * as change from "./change.js";
import * as coupons from "./coupons.js";
import { byId, make, say, setText, showErrors } from "./dom.js";
import { dateTime, duration, number, rate } from "./format.js";
import { showCoupon } from "./list.js";
import { Pace } from "./pace.js";
import { onLanguage, t } from "./text.js";

const lookMs = 5_000;
const ticketsShown = 10;
// Those of a crowd are read once a second, not with each of its events.
const ticketsMs = 1_000;

let current = null;
let tickets = null;
let ticketsOf = null;
let pace = new Pace();
let timer;
let nextTickets = 0;

/** The selected coupon as last seen, with its ETag where the server gives one; null until it was seen. */
export const selected = () => current;

/** Takes a coupon that the server has answered with. */
export function saw(coupon, etag) {
  coupons.learn(coupon);
  if (coupon.couponId !== coupons.selectedId() || coupons.isOlder(coupon, current?.coupon))
    return;
  const known = current?.coupon.dateUpdated === coupon.dateUpdated ? current.etag : null;
  current = { coupon, etag: etag ?? known };
  change.follow(coupon);
  render();
}

export function select() {
  const id = coupons.selectedId();
  current = null;
  tickets = ticketsOf = null;
  pace = new Pace();
  change.forget();
  for (const form of byId("coupon").querySelectorAll("form")) {
    say(form, "");
    showErrors(form);
  }
  byId("tally").replaceChildren();
  const known = coupons.find(id);
  if (known)
    saw(known, null);
  render();
  look();
}

/** Looks at what the stream does not tell: what was changed, and the tickets. */
export async function look() {
  clearTimeout(timer);
  const id = coupons.selectedId();
  if (id) {
    const [answer] = await Promise.all([get(`coupons/${id}`), lookAtTickets(id)]);
    if (answer.ok)
      saw(answer.body, answer.etag);
  }
  clearTimeout(timer);
  if (!document.hidden)
    timer = setTimeout(look, lookMs);
}

async function lookAtTickets(id) {
  nextTickets = Date.now() + ticketsMs;
  // Tickets have no holes, so the last ones can be asked for by number.
  const issued = coupons.statusOf(id)?.issuedQuantity ?? current?.coupon.issuedQuantity ?? 0;
  const answer = await get(`coupons/${id}/issues?after=${Math.max(0, issued - ticketsShown)}&limit=${ticketsShown}`);
  // While the server is away, what was seen stays.
  if (id !== coupons.selectedId() || answer.status === 0 && tickets?.ok)
    return;
  tickets = answer;
  ticketsOf = issued;
  renderTickets();
}

function render() {
  const id = coupons.selectedId();
  const code = coupons.statusOf(id)?.code;
  setText(byId("coupon-note"), !id ? t("coupon.select") : code ? explain({ status: 0, body: { code } }) : current ? "" : t("loading"));
  byId("coupon-body").hidden = current === null;
  if (current === null) {
    byId("coupon").querySelector(".badge").hidden = true;
    setText(byId("coupon-title"), id ? t("coupon.id", { id }) : t("coupon.none"));
    return;
  }

  const { coupon } = current;
  const status = coupons.standing(coupon, true);
  showCoupon(byId("coupon"), coupon);
  setText(byId("coupon-id"), String(id));
  setText(byId("fact-discount"), number(coupon.discountAmount));
  setText(byId("fact-smallest"), coupon.minAvailableAmount === 0 ? t("smallest.none") : number(coupon.minAvailableAmount));
  setText(byId("fact-left"), status.totalQuantity === null ? t("left.unlimited") : number(status.totalQuantity - status.issuedQuantity));
  byId("stop").hidden = status.state === "STOPPED";
  byId("resume").hidden = status.state !== "STOPPED";
  renderPace();
}

function renderPace() {
  if (current === null)
    return;
  const now = coupons.serverNow();
  const start = new Date(current.coupon.dateIssueStart);
  const end = new Date(current.coupon.dateIssueEnd);
  const [words, left] = now < start ? ["countdown.start", start - now] : now < end ? ["countdown.end", end - now] : ["countdown.ended", now - end];
  setText(byId("fact-countdown-name"), t(words));
  setText(byId("fact-countdown"), duration(left));

  pace.add(performance.now(), coupons.standing(current.coupon, true).issuedQuantity);
  setText(byId("fact-rate"), rate(pace.perSecond()));
  pace.draw(byId("chart"), byId("chart-note"));
}

function renderTickets() {
  const issues = tickets?.ok ? [...tickets.body.items].reverse() : [];
  setText(byId("tickets-note"), !tickets ? t("loading") : !tickets.ok ? explain(tickets) : issues.length === 0 ? t("tickets.none") : "");
  byId("tickets").hidden = issues.length === 0;
  byId("tickets").tBodies[0].replaceChildren(...issues.map(({ ticket, userId, dateIssued, dateUsed }) =>
    make("tr", ...[ticket, userId, dateTime(dateIssued), dateTime(dateUsed)].map(text => make("td", text)))));
}

/** Each second: the clocks, and the tickets if there are new ones. */
function tick() {
  renderPace();
  const id = coupons.selectedId();
  const issued = coupons.statusOf(id)?.issuedQuantity;
  if (ticketsOf !== null && issued > ticketsOf && Date.now() >= nextTickets)
    lookAtTickets(id);
}

export function start() {
  coupons.news.addEventListener("status", ({ detail: id }) => {
    if (id !== coupons.selectedId())
      return;
    render();
    // The coupon itself says that it is not as it was thought to be.
    const total = coupons.statusOf(id).totalQuantity;
    if (total !== undefined && total !== current?.coupon.totalQuantity)
      look();
  });
  setInterval(() => document.hidden || tick(), 1_000);
  document.addEventListener("visibilitychange", () => {
    pace = new Pace();
    if (!document.hidden)
      look();
  });
  onLanguage(() => { render(); renderTickets(); });
}
