// How far an order is, and since when it was in each of its states.
import { explain, get } from "./api.js";
import { byId, make, onSubmit, say, showErrors } from "./dom.js";
import { dateTime, number } from "./format.js";
import { read } from "./rules.js";
import { onLanguage, t } from "./text.js";

let order = null;

function show() {
  if (order === null)
    return;
  const { orderId, userId, productId, quantity, amount, discount, reason, history } = order;
  const what = t("order.is", { id: orderId, user: userId, product: productId, quantity: number(quantity) });
  const costs = amount === null ? "" : ` ${t("order.costs", { amount: number(amount), discount: number(discount) })}`;
  const why = reason === null ? "" : ` ${t(`order.${reason}`)}`;
  say(byId("order-form"), what + costs + why, true);
  byId("order-history").hidden = false;
  byId("order-history").tBodies[0].replaceChildren(
    ...history.map(({ state, at }) => make("tr", ...[t(`order.${state}`), dateTime(at)].map(text => make("td", text)))));
}

async function look(form) {
  const { body, errors, ok } = read(form);
  order = null;
  byId("order-history").hidden = true;
  if (!ok)
    return showErrors(form, errors);
  const answer = await get(`orders/${body.orderId}`);
  if (!answer.ok)
    return say(form, explain(answer), false);
  order = answer.body;
  show();
}

export function start() {
  onSubmit(byId("order-form"), look);
  onLanguage(show);
}
