// Creates coupons, anew or like one that there is.
import { callAsAdmin, errorsOf, explain } from "./api.js";
import { isMeantUnlimited } from "./change.js";
import { byId, onSubmit, say, showErrors } from "./dom.js";
import { localTime } from "./format.js";
import { bringIntoSight } from "./list.js";
import { read } from "./rules.js";
import { saw, selected } from "./selected.js";
import { t } from "./text.js";

function fillPeriod() {
  const time = new Date();
  // Without its seconds this is the minute that has begun: the coupon is open as soon as it is there.
  byId("create-start").value = localTime(time);
  time.setDate(time.getDate() + 1);
  byId("create-end").value = localTime(time);
}

async function create(form) {
  const { body, errors, ok } = read(form);
  if (!ok) {
    showErrors(form, errors);
    return say(form, t("invalid"), false);
  }
  if (body.totalQuantity === null && !await isMeantUnlimited(form))
    return;
  const answer = await callAsAdmin("POST", "coupons", body);
  if (!answer.ok) {
    showErrors(form, errorsOf(answer));
    return say(form, explain(answer), false);
  }
  const { couponId } = answer.body;
  fillPeriod();
  location.hash = `#coupon-${couponId}`;
  saw(answer.body, answer.etag);
  bringIntoSight(couponId);
  say(form, t("create.done", { id: couponId }));
}

/** Fills the form with what the selected coupon has, and goes there. */
function copy() {
  const { coupon } = selected();
  byId("create-title").value = coupon.title;
  byId("create-total").value = coupon.totalQuantity ?? "";
  byId("create-discount").value = coupon.discountAmount;
  byId("create-min").value = coupon.minAvailableAmount;
  byId("create-vendor").value = coupon.vendorId ?? "";
  byId("create-start").value = localTime(coupon.dateIssueStart);
  byId("create-end").value = localTime(coupon.dateIssueEnd);
  byId("create").open = true;
  showErrors(byId("create-form"));
  say(byId("create-form"), t("create.copied", { id: coupon.couponId }));
  byId("create-title").focus();
}

export function start() {
  fillPeriod();
  onSubmit(byId("create-form"), create);
  byId("copy").addEventListener("click", copy);
}
