// What may be typed into each field. Everything that is wrong is told at once, each at its field, before anything is sent; the server looks again.
import { fieldsOf } from "./dom.js";
import { t } from "./text.js";

const largestId = Number.MAX_SAFE_INTEGER;
const largestQuantity = 2 ** 30;

/** A whole number in digits alone, or what an empty field means; undefined for anything else. */
function whole(text, min, max, empty) {
  const typed = text.trim();
  if (typed === "")
    return empty;
  const value = /^\d{1,16}$/.test(typed) ? Number(typed) : NaN;
  return value >= min && value <= max ? value : undefined;
}

/** The moment of a `datetime-local`. Browsers take years of six digits, which no time of the API has. */
function time({ value }) {
  const date = new Date(value);
  const iso = isNaN(date) ? undefined : date.toISOString();
  return iso?.length === 24 ? iso : undefined;
}

const values = {
  // The server counts for itself; this is only so that nothing is sent in vain.
  title: ({ value }) => value !== "" && [...value].length <= 255 ? value : undefined,
  totalQuantity: ({ value }) => whole(value, 0, largestQuantity, null),
  discountAmount: ({ value }) => whole(value, 0, largestId),
  minAvailableAmount: ({ value }) => whole(value, 0, largestId),
  vendorId: ({ value }) => whole(value, 1, largestId, null),
  dateIssueStart: time,
  dateIssueEnd: time,
  userId: ({ value }) => whole(value, 1, largestId),
  couponId: ({ value }) => whole(value, 1, largestId),
  orderId: ({ value }) => whole(value, 1, largestId),
  orderAmount: ({ value }) => whole(value, 0, largestId, null),
};

/** What the form's fields hold, and the message of each that holds nothing sensible. */
export function read(form) {
  const body = {};
  const errors = {};
  for (const input of fieldsOf(form)) {
    const value = values[input.name](input);
    if (value === undefined)
      errors[input.name] = t(`rule.${input.name}`);
    else
      body[input.name] = value;
  }
  if (body.dateIssueStart && body.dateIssueEnd && body.dateIssueEnd <= body.dateIssueStart)
    errors.dateIssueEnd = t("rule.order");
  return { body, errors, ok: Object.keys(errors).length === 0 };
}
