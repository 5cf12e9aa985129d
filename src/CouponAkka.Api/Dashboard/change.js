// Changes the selected coupon, and stops and resumes it. The form follows what others change meanwhile: a field's default value is what the server has,
// so only what differs from it is sent, and Undo is the form's own reset.
import { callAsAdmin, errorsOf, explain, get } from "./api.js";
import * as coupons from "./coupons.js";
import { ask, byId, fieldsOf, make, onSubmit, say, setText, showErrors } from "./dom.js";
import { dateTime, localTime, number } from "./format.js";
import { read } from "./rules.js";
import { saw, selected } from "./selected.js";
import { onLanguage, t } from "./text.js";

const form = () => byId("change-form");
const typed = {
  title: coupon => coupon.title,
  totalQuantity: coupon => String(coupon.totalQuantity ?? ""),
  dateIssueStart: coupon => localTime(coupon.dateIssueStart),
  dateIssueEnd: coupon => localTime(coupon.dateIssueEnd),
};
const told = {
  title: ({ title }) => title,
  totalQuantity: ({ totalQuantity }) => totalQuantity === null ? t("left.unlimited") : number(totalQuantity),
  dateIssueStart: ({ dateIssueStart }) => dateTime(dateIssueStart),
  dateIssueEnd: ({ dateIssueEnd }) => dateTime(dateIssueEnd),
};

// The coupon that the form was last filled from, and the names of the fields that were changed here and elsewhere.
let base = null;
let conflicts = new Set();

const touched = input => input.value !== input.defaultValue;

/** Another coupon is selected. */
export function forget() {
  base = null;
  conflicts = new Set();
  byId("change").open = false;
}

/** Takes over what the server has: in the form too, but for what was typed, where it says that it was changed elsewhere. */
export function follow(coupon) {
  for (const input of fieldsOf(form())) {
    const now = typed[input.name](coupon);
    if (base !== null && touched(input) && now !== input.value) {
      if (now !== input.defaultValue)
        conflicts.add(input.name);
      input.defaultValue = now;
    } else {
      conflicts.delete(input.name);
      input.defaultValue = now;
      // Once typed in, a field does not take its default value by itself.
      input.value = now;
    }
  }
  base = coupon;
  showConflicts();
}

function showConflicts() {
  for (const input of fieldsOf(form()))
    setText(byId(`${input.id}-note`), conflicts.has(input.name) ? t("change.elsewhere", { value: told[input.name](base) }) : "");
}

async function save() {
  const { coupon: { couponId: id }, etag } = selected();
  const changed = fieldsOf(form()).filter(touched).map(input => input.name);
  if (changed.length === 0)
    return say(form(), t("change.nothing"));
  const { body, errors, ok } = read(form());
  if (!ok) {
    showErrors(form(), errors);
    return say(form(), t("invalid"), false);
  }
  if (changed.includes("totalQuantity") && body.totalQuantity === null && !await isMeantUnlimited(form()))
    return;
  await send(id, Object.fromEntries(changed.map(name => [name, body[name]])), etag);
}

/** `before` is the coupon as it was when the operator chose to send this. */
async function send(id, body, etag, before = base) {
  const answer = await callAsAdmin("PATCH", `coupons/${id}`, body, etag ? { "If-Match": etag } : {});
  if (id !== coupons.selectedId())
    return;
  if (answer.ok) {
    // What was sent is what is there now, and so is no change any more.
    base = null;
    saw(answer.body, answer.etag);
    return say(form(), t("change.saved"));
  }
  if (answer.status === 412)
    return settle(id, body, before, answer);
  showErrors(form(), answer.body.code === "INVALID_COUPON_ISSUE_QUANTITY" ? { totalQuantity: t("rule.belowIssued") } : errorsOf(answer));
  say(form(), explain(answer), false);
}

/** Somebody else was first: says what differs, and lets the operator choose. */
async function settle(id, body, before, answer) {
  const found = answer.body.coupon && answer.etag ? { body: answer.body.coupon, etag: answer.etag } : await get(`coupons/${id}`);
  if (id !== coupons.selectedId() || !found.body.couponId)
    return say(form(), explain(answer), false);
  const theirs = found.body;
  const differs = Object.keys(typed).filter(name => typed[name](theirs) !== typed[name](before));
  saw(theirs, found.etag);
  // It was stopped, say: nothing that this form shows.
  if (differs.length === 0)
    return send(id, body, found.etag);

  const mine = { ...before, ...body };
  const names = Object.keys(typed).filter(name => differs.includes(name) || name in body);
  const choice = await ask(
    t("conflict.title"), t("conflict.text"), { theirs: t("conflict.theirs"), mine: t("conflict.mine") },
    table(["conflict.field", "conflict.now", "conflict.yours"].map(name => t(name)),
      names.map(name => [t(`field.${name}`), told[name](theirs), name in body ? told[name](mine) : "–"])));
  if (id !== coupons.selectedId())
    return;
  if (choice === "mine")
    return send(id, body, found.etag);
  if (choice === "theirs")
    form().reset();
  say(form(), t(choice === "theirs" ? "conflict.taken" : "conflict.open"), false);
}

function table(heads, rows) {
  const cell = (tag, text) => make(tag, text);
  const head = heads.map(text => { const th = cell("th", text); th.scope = "col"; return th; });
  return make("table", make("thead", make("tr", ...head)), make("tbody", ...rows.map(row => make("tr", ...row.map(text => cell("td", text))))));
}

/** An emptied field is easily a mistake. */
export async function isMeantUnlimited(of) {
  const choice = await ask(t("unlimited.title"), t("unlimited.text"), { yes: t("unlimited.yes") });
  if (choice !== "yes")
    showErrors(of, { totalQuantity: t("unlimited.no") });
  return choice === "yes";
}

async function stopOrResume(of, action) {
  const { coupon } = selected();
  const { issuedQuantity, totalQuantity } = coupons.standing(coupon, true);
  const left = totalQuantity === null ? t("left.unlimited") : number(totalQuantity - issuedQuantity);
  const choice = await ask(
    t(`${action}.title`, coupon), t(`${action}.text`, { issued: number(issuedQuantity), left }), { yes: t(`${action}.yes`) });
  if (choice !== "yes" || coupon.couponId !== coupons.selectedId())
    return;
  const answer = await callAsAdmin("POST", `coupons/${coupon.couponId}/${action}`);
  if (coupon.couponId !== coupons.selectedId())
    return;
  if (answer.ok) {
    saw(answer.body, answer.etag);
    const status = await get(`coupons/${coupon.couponId}/status`);
    if (status.ok)
      coupons.learnStatus(status.body);
  }
  say(of, answer.ok ? t(`${action}.done`) : explain(answer), answer.ok);
}

export function start() {
  onSubmit(form(), save);
  form().addEventListener("reset", () => {
    conflicts = new Set();
    showConflicts();
    showErrors(form());
    say(form(), "");
  });
  onSubmit(byId("sale-form"), stopOrResume);
  onLanguage(showConflicts);
}
