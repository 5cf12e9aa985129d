// What users get and hold: one user of the selected coupon, everything that a user holds, and a crowd to test with.
import { call, describe, errorsOf, explain, get } from "./api.js";
import * as coupons from "./coupons.js";
import { ask, byId, make, onSubmit, say, setText, showErrors } from "./dom.js";
import { dateTime, number } from "./format.js";
import { read } from "./rules.js";
import { selected } from "./selected.js";
import { onLanguage, t } from "./text.js";

const crowdSize = 100;
// Few enough that a crowd meets itself: some of its users come twice and are told so.
const crowdIds = 1_000;

async function askForOne(form, action) {
  const id = coupons.selectedId();
  const { body: { userId, orderAmount }, errors } = read(form);
  // What is typed for the use of a unit is of no matter to others.
  if (action !== "use")
    delete errors.orderAmount;
  if (Object.keys(errors).length > 0)
    return showErrors(form, errors);
  const answer = await (
    action === "find" ? get(`coupons/${id}/issues/${userId}`)
    : action === "use" ? call("POST", `coupons/${id}/issues/${userId}/use`, { orderAmount })
    : call("POST", `coupons/${id}/issues`, { userId }));
  if (id !== coupons.selectedId())
    return;
  showErrors(form, errorsOf(answer));
  say(form, answer.ok ? describe(answer.body) : explain(answer), answer.ok);
}

// ---- What does a user hold?

let holder = null;
let held = [];
let nextHeld = null;

async function readHeld(form) {
  const page = await get(`users/${holder}/coupons?limit=50${nextHeld ? `&after=${encodeURIComponent(nextHeld)}` : ""}`);
  if (!page.ok)
    return say(form, explain(page), false);
  held = [...held, ...page.body.items];
  nextHeld = page.body.next;
  showHeld();
}

function showHeld() {
  if (holder === null)
    return;
  say(byId("holder-form"), held.length === 0 ? t("holder.nothing", { user: holder })
    : t(nextHeld ? "holder.more" : "holder.holds", { user: holder, count: number(held.length) }));
  byId("held").hidden = held.length === 0;
  byId("held-more").hidden = nextHeld === null;
  byId("held").tBodies[0].replaceChildren(...held.map(({ couponId, ticket, dateIssued, dateUsed }) => {
    const link = make("a", coupons.find(couponId)?.title ?? t("coupon.id", { id: couponId }));
    link.href = `#coupon-${couponId}`;
    return make("tr", make("td", make("bdi", link)), ...[ticket, dateTime(dateIssued), dateTime(dateUsed)].map(text => make("td", text)));
  }));
}

async function showHolder(form) {
  const { body, errors, ok } = read(form);
  if (!ok)
    return showErrors(form, errors);
  holder = body.userId;
  held = [];
  nextHeld = null;
  byId("held").hidden = byId("held-more").hidden = true;
  await readHeld(form);
}

// ---- A crowd

async function sendCrowd(form) {
  const { coupon } = selected();
  const { issuedQuantity, totalQuantity } = coupons.standing(coupon, true);
  const most = Math.min(crowdSize, totalQuantity === null ? crowdSize : totalQuantity - issuedQuantity);
  const left = totalQuantity === null ? t("left.unlimited") : number(totalQuantity - issuedQuantity);
  byId("tally").replaceChildren();
  const choice = await ask(
    t("crowd.title", coupon), t("crowd.text", { ...coupon, most: number(most), left }), { yes: t("crowd.yes", { most: number(most) }) });
  if (choice !== "yes" || coupon.couponId !== coupons.selectedId())
    return;
  say(form, t("crowd.asking", { size: crowdSize }));
  const answers = await Promise.all(Array.from({ length: crowdSize }, () =>
    call("POST", `coupons/${coupon.couponId}/issues`, { userId: 1 + Math.floor(Math.random() * crowdIds) })));
  if (coupon.couponId !== coupons.selectedId())
    return;

  const names = {
    ISSUED: t("crowd.issued"), DUPLICATED_COUPON_ISSUE: t("crowd.duplicate"), INVALID_COUPON_ISSUE_QUANTITY: t("crowd.soldOut"), COUPON_STOPPED: t("state.STOPPED"),
  };
  const tally = { ISSUED: 0, DUPLICATED_COUPON_ISSUE: 0, INVALID_COUPON_ISSUE_QUANTITY: 0 };
  for (const { ok, body } of answers) {
    const code = ok ? "ISSUED" : body.code;
    tally[code] = (tally[code] ?? 0) + 1;
  }
  say(form, t("crowd.asked", { size: crowdSize }));
  byId("tally").replaceChildren(...Object.entries(tally).map(([code, count]) => make("div", make("dt", names[code] ?? code), make("dd", number(count)))));
}

export function start() {
  onSubmit(byId("user-form"), askForOne);
  onSubmit(byId("holder-form"), showHolder);
  byId("held-more").addEventListener("click", () => readHeld(byId("holder-form")));
  onSubmit(byId("crowd-form"), sendCrowd);
  onLanguage(showHeld);
}
