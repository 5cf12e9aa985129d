// The list of coupons: searched, filtered, sorted and cut into pages here, for the API gives them by id only.
import { byId, make, setText, showBadge } from "./dom.js";
import { explain } from "./api.js";
import * as coupons from "./coupons.js";
import { number, period } from "./format.js";
import { onLanguage, t } from "./text.js";

const pageSize = 10;

const orders = {
  newest: (a, b) => b.dateCreated.localeCompare(a.dateCreated) || b.couponId - a.couponId,
  title: (a, b) => a.title.localeCompare(b.title) || a.couponId - b.couponId,
  issued: (a, b) => b.issuedQuantity - a.issuedQuantity || b.couponId - a.couponId,
  start: (a, b) => b.dateIssueStart.localeCompare(a.dateIssueStart) || b.couponId - a.couponId,
};

let page = 0;
let rows = [];

/** The ids of the coupons on the page that is shown. */
export const shownIds = () => rows.map(coupon => coupon.couponId);

/** Makes sure that a coupon can be seen, whatever was searched for. */
export function bringIntoSight(couponId) {
  if (shownIds().includes(couponId))
    return;
  byId("find-form").reset();
  page = 0;
  render();
}

export function render() {
  const text = byId("find-text").value.trim().toLowerCase();
  const state = byId("find-state").value;
  const found = coupons.all()
    .filter(coupon => coupon.title.toLowerCase().includes(text) || String(coupon.couponId).includes(text))
    .filter(coupon => !state || coupons.standing(coupon, shownIds().includes(coupon.couponId)).state === state)
    .sort(orders[byId("find-order").value]);
  const pages = Math.max(1, Math.ceil(found.length / pageSize));
  page = Math.min(page, pages - 1);
  const before = shownIds().join();
  rows = found.slice(page * pageSize, (page + 1) * pageSize);

  setText(byId("list-note"), note(found));
  // Rows stay as long as they show the same coupons, so that the focus stays where it is.
  if (before !== shownIds().join())
    byId("list").replaceChildren(...rows.map(() => byId("row").content.cloneNode(true)));
  rows.forEach((_, at) => renderRow(at));
  byId("pager").hidden = pages === 1;
  byId("previous").disabled = page === 0;
  byId("next").disabled = page === pages - 1;
  setText(byId("page"), t("page", { page: number(page + 1), pages: number(pages) }));
  coupons.news.dispatchEvent(new Event("shown"));
}

function note(found) {
  const { read, more, trouble } = coupons.list;
  const count = coupons.all().length;
  return trouble ? explain(trouble)
    : !read ? t("loading")
    : count === 0 ? t("list.none")
    : found.length === 0 ? t("list.nothing")
    : more ? t("list.capped", { count: number(found.length), cap: number(coupons.cap) })
    : found.length < count ? t("list.found", { count: number(found.length), all: number(count) })
    : t("list.all", { all: number(count) });
}

function renderRow(at) {
  const coupon = rows[at];
  const link = byId("list").children[at].querySelector("a");
  link.href = `#coupon-${coupon.couponId}`;
  link.ariaCurrent = coupon.couponId === coupons.selectedId() ? "true" : null;
  showCoupon(link, coupon);
}

/** One coupon, in the list or by itself: `root` holds the parts. */
export function showCoupon(root, coupon) {
  const { state, issuedQuantity: issued, totalQuantity: total } = coupons.standing(coupon, true);
  setText(root.querySelector(".title"), coupon.title);
  showBadge(root.querySelector(".badge"), state, t(`state.${state}`));
  setText(root.querySelector(".count"), total === null
    ? t("count.unlimited", { issued: number(issued) })
    : t("count.limited", { issued: number(issued), total: number(total) }));
  setText(root.querySelector(".period"), period(coupon.dateIssueStart, coupon.dateIssueEnd));
  const bar = root.querySelector("progress");
  bar.hidden = total === null;
  bar.ariaLabel = t("progress");
  // Nothing to give is all given; a bar of 0 out of 0 would be a mistake in HTML.
  bar.max = total || 1;
  bar.value = total === 0 ? 1 : issued;
  bar.dataset.state = state;
}

function fromStart() {
  page = 0;
  render();
}

export function start() {
  byId("find-text").addEventListener("input", fromStart);
  byId("find-state").addEventListener("change", fromStart);
  byId("find-order").addEventListener("change", fromStart);
  byId("find-form").addEventListener("submit", event => {
    event.preventDefault();
    // Whatever its number, a coupon that is not listed can be looked at too.
    const id = byId("find-text").value.trim();
    if (/^\d{1,16}$/.test(id))
      location.hash = `#coupon-${id}`;
  });
  byId("next").addEventListener("click", () => { page++; render(); });
  byId("previous").addEventListener("click", () => { page--; render(); });
  coupons.news.addEventListener("coupons", () => {
    // A newcomer is led to the form; only at the first look, so that it can be closed.
    if (coupons.list.read && coupons.all().length === 0 && !byId("create").dataset.offered) {
      byId("create").dataset.offered = "yes";
      byId("create").open = true;
    }
    render();
  });
  coupons.news.addEventListener("status", ({ detail: id }) => {
    const at = shownIds().indexOf(id);
    if (at >= 0)
      renderRow(at);
  });
  onLanguage(render);
}
