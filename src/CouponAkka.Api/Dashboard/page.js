// Puts the parts of the page together.
import * as change from "./change.js";
import * as coupons from "./coupons.js";
import * as create from "./create.js";
import { byId, setText } from "./dom.js";
import * as csv from "./export.js";
import { zone } from "./format.js";
import * as health from "./health.js";
import * as list from "./list.js";
import { watch } from "./live.js";
import * as notifications from "./notifications.js";
import * as orders from "./orders.js";
import * as selected from "./selected.js";
import { choose, isKorean, onLanguage, speak } from "./text.js";
import * as users from "./users.js";

const eachPageMs = 3_000;
const atLeastMs = 10_000;

function watchWhatIsShown() {
  watch([...list.shownIds(), coupons.selectedId()].filter(Boolean));
}

let timer;
/** Reads the list again and again, the longer it is the more seldom. */
async function readList() {
  clearTimeout(timer);
  await coupons.readAll();
  clearTimeout(timer);
  if (!document.hidden)
    timer = setTimeout(readList, atLeastMs + eachPageMs * coupons.all().length / 200);
}

function showLanguage() {
  const other = byId("language");
  other.lang = isKorean() ? "en" : "ko";
  setText(other, isKorean() ? "English" : "한국어");
  for (const element of document.querySelectorAll("[data-zone]"))
    setText(element, zone());
}

for (const part of [list, selected, change, create, users, orders, notifications, csv, health])
  part.start();
onLanguage(showLanguage);
byId("language").addEventListener("click", () => choose(isKorean() ? "en" : "ko"));
coupons.news.addEventListener("shown", watchWhatIsShown);
addEventListener("hashchange", () => { selected.select(); list.render(); byId("coupon").focus(); });
document.addEventListener("visibilitychange", () => document.hidden ? clearTimeout(timer) : readList());

speak();
selected.select();
readList();
