// Small helps for the page's elements. What comes from the server is only ever set as text, never as HTML: a coupon's title may be anything.
import { t } from "./text.js";

export const byId = id => document.getElementById(id);

/** An element with others, or with text: a string that is appended is never read as HTML. */
export function make(tag, ...children) {
  const element = document.createElement(tag);
  element.append(...children);
  return element;
}

/** Leaves alone what is right already, so that screen readers and a marked text are not disturbed every second. */
export function setText(element, text) {
  if (element.textContent !== text)
    element.textContent = text;
}

export function showBadge(badge, state, text) {
  badge.hidden = false;
  badge.dataset.state = state;
  setText(badge, text);
}

/** What came of the last attempt. */
export function say(form, text, ok = true) {
  const result = form.querySelector(".result");
  setText(result, text);
  result.dataset.ok = ok;
}

export const fieldsOf = form => [...form.querySelectorAll("[name]")];

/** Puts each message under its field, takes away those of before, and leads to the first. */
export function showErrors(form, errors = {}) {
  for (const input of fieldsOf(form)) {
    const message = errors[input.name] ?? "";
    setText(byId(`${input.id}-error`), message);
    input.ariaInvalid = message ? "true" : null;
  }
  form.querySelector("[aria-invalid=true]")?.focus();
}

/** Does what the form is for, one at a time; what was said of the attempt before is gone first. */
export function onSubmit(form, act) {
  let busy = false;
  form.addEventListener("submit", async event => {
    event.preventDefault();
    if (busy)
      return;
    busy = true;
    say(form, "");
    showErrors(form);
    await act(form, event.submitter?.value).finally(() => busy = false);
  });
}

/**
 * Asks, and waits for the answer: the name of the button, or "" for none of them. The first button does nothing yet, so that Enter by mistake
 * doesn't either.
 */
export async function ask(title, text, buttons, ...more) {
  const dialog = byId("question");
  if (dialog.open)
    return "";
  setText(byId("question-title"), title);
  setText(byId("question-text"), text);
  byId("question-more").replaceChildren(...more);
  byId("question-buttons").replaceChildren(...Object.entries({ "": t("cancel"), ...buttons }).map(([value, words]) => {
    const button = make("button", words);
    button.value = value;
    return button;
  }));
  dialog.returnValue = "";
  dialog.showModal();
  await new Promise(closed => dialog.addEventListener("close", closed, { once: true }));
  return dialog.returnValue;
}
