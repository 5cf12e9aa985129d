// All tickets of the selected coupon as a CSV file, made here from the pages of the API.
import { explain, get } from "./api.js";
import { byId, onSubmit, say } from "./dom.js";
import { number } from "./format.js";
import { selected } from "./selected.js";
import { t } from "./text.js";

const pageSize = 1_000;
const tries = 5;
const columns = ["couponId", "title", "ticket", "userId", "dateIssued", "dateUsed"];

/** A cell that no spreadsheet takes for a formula, nor for the end of the cell. */
export function cell(value) {
  const text = String(value ?? "");
  const harmless = /^[\s]*[=+\-@\t\r＝＋－＠]/.test(text) ? `'${text}` : text;
  return `"${harmless.replaceAll('"', '""')}"`;
}

const line = cells => `${cells.map(cell).join(",")}\r\n`;

/** A page of the tickets; who is busy is asked again, when it says. */
async function readPage(id, after) {
  for (let left = tries; ; left--) {
    const page = await get(`coupons/${id}/issues?after=${after}&limit=${pageSize}`);
    if (left === 1 || ![0, 429, 503].includes(page.status))
      return page;
    await new Promise(passed => setTimeout(passed, 1000 * (Number(page.retryAfter) || 1)));
  }
}

async function save(form) {
  const { coupon: { couponId, title } } = selected();
  // Without the mark spreadsheets take UTF-8 for something else.
  const lines = ["\uFEFF", line(columns)];
  let count = 0;
  for (let after = 0; after !== null;) {
    const page = await readPage(couponId, after);
    // Half a file would be taken for a whole one.
    if (!page.ok)
      return say(form, `${t("csv.failed")} ${explain(page)}`, false);
    for (const { ticket, userId, dateIssued, dateUsed } of page.body.items)
      lines.push(line([couponId, title, ticket, userId, dateIssued, dateUsed]));
    count += page.body.items.length;
    after = page.body.next;
    say(form, t("csv.reading", { count: number(count) }));
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(lines, { type: "text/csv" }));
  link.download = `coupon-${couponId}-tickets.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  say(form, t("csv.done", { count: number(count) }));
}

export const start = () => onSubmit(byId("csv-form"), save);
