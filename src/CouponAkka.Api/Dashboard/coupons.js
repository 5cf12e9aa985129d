// What is known of the coupons. Views read it, and hear by `news` what changed: "coupons", "status" (detail: the id), "health", "reach".
import { get } from "./api.js";

/** How many coupons are listed at most: the API gives them by id, 200 at a time. */
export const cap = 10_000;
const pageSize = 200;

export const news = new EventTarget();
const tell = (type, detail) => news.dispatchEvent(new CustomEvent(type, { detail }));

const known = new Map();
const statuses = new Map();
let clockAheadMs = 0;

/** Whether there are more coupons than are listed; why the list could not be read, or null. */
export const list = { read: false, more: false, trouble: null };

export const all = () => [...known.values()];
export const find = id => known.get(id);
export const statusOf = id => statuses.get(id);
export const selectedId = () => Number(/^#coupon-(\d{1,16})$/.exec(location.hash)?.[1]) || null;

/** What time the server has, which opens and ends sales. */
export const serverNow = () => Date.now() + clockAheadMs;
export const learnTime = now => clockAheadMs = new Date(now) - Date.now();

/** Whether `coupon` is older than `than`: lists are a moment behind what a coupon itself has answered. */
export const isOlder = (coupon, than) => than !== undefined && coupon.dateUpdated < than.dateUpdated;

function keep(coupon) {
  const before = known.get(coupon.couponId);
  if (!isOlder(coupon, before))
    known.set(coupon.couponId, { ...coupon, issuedQuantity: Math.max(coupon.issuedQuantity, before?.issuedQuantity ?? 0) });
}

export function learn(...coupons) {
  coupons.forEach(keep);
  tell("coupons");
}

export function learnStatus(status) {
  statuses.set(status.couponId, status);
  tell("status", status.couponId);
}

/** Reads all coupons, up to the cap. None is ever deleted, so what is known stays. */
export async function readAll() {
  let after = 0;
  let read = 0;
  do {
    const page = await get(`coupons?after=${after}&limit=${pageSize}`);
    list.trouble = page.ok ? null : page;
    if (!page.ok)
      break;
    page.body.items.forEach(keep);
    read += page.body.items.length;
    after = page.body.next;
  } while (after !== null && read < cap);
  list.more = list.trouble === null ? after !== null : list.more;
  list.read ||= list.trouble === null;
  tell("coupons");
}

/** How a coupon stands: as it says itself if it is watched, else as its list entry and the clock say. */
export function standing(coupon, watched) {
  const status = statuses.get(coupon.couponId);
  if (status?.state && watched)
    return status;
  const { couponId, issuedQuantity, totalQuantity } = coupon;
  const now = serverNow();
  const state = coupon.stopped ? "STOPPED"
    : totalQuantity !== null && issuedQuantity >= totalQuantity ? "SOLD_OUT"
    : now < new Date(coupon.dateIssueStart) ? "NOT_OPEN"
    : now >= new Date(coupon.dateIssueEnd) ? "ENDED"
    : "OPEN";
  return { couponId, state, issuedQuantity, totalQuantity };
}
