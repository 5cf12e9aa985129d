// The dashboard: a client of the HTTP API and of nothing else. What comes from the server is only ever set as
// text, never as HTML: a coupon's title may be anything.

const pageSize = 10;
const ticketsShown = 10;
const pollMs = 1_000;
const timeoutMs = 10_000;
const crowdSize = 100;
// Few enough that a crowd meets itself: some of its users come twice and are told so.
const crowdIds = 1_000;

const byId = id => document.getElementById(id);
const number = new Intl.NumberFormat("en");
const dateTime = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const timeOfDay = time => time ? clock.format(new Date(time)) : "–";

/** An element with others, or with text: a string that is appended is never read as HTML. */
function make(tag, ...children) {
  const element = document.createElement(tag);
  element.append(...children);
  return element;
}

/** Leaves alone what is right already, so that screen readers and a marked text are not disturbed every second. */
function setText(element, text) {
  if (element.textContent !== text)
    element.textContent = text;
}

// ---- Asking the API

/** Asks the API. Never throws: no answer at all is status 0, and reads like any other refusal. */
async function call(method, path, body, headers = {}) {
  if (body !== undefined)
    headers["Content-Type"] = "application/json";
  try {
    const response = await fetch(path, { method, headers, body: JSON.stringify(body), signal: AbortSignal.timeout(timeoutMs) });
    return { method, path, status: response.status, ok: response.ok, body: await response.json() };
  } catch {
    const detail = "The server can't be reached, or took too long. If this was a write, ask again: the answer will tell.";
    return { method, path, status: 0, ok: false, body: { title: "No answer", detail } };
  }
}

const get = path => call("GET", path);

function callAsAdmin(method, path, body) {
  const key = byId("admin-key").value;
  // The browser refuses to send such a header, which would look as if the server were gone.
  if (/[^\x20-\x7e]/.test(key))
    return { method, path, status: "not sent", ok: false, body: { title: "Admin key", detail: "It may hold ASCII characters only." } };
  return call(method, path, body, key ? { "X-Api-Key": key } : {});
}

const explain = problem => `${problem.title}. ${problem.detail}`;

// ---- What is looked at

// The page's `after`, and those of the pages before it: the list can only be read forwards.
const pages = [0];
let nextPage = null;
let selected = null;
// The selected coupon as last seen; null until it was.
let current = null;

let polling = false;
let askedAgain = false;
let timer;

/** Looks at once, and then every second while the tab can be seen. One look at a time: a slow server is not pressed. */
async function refresh() {
  clearTimeout(timer);
  askedAgain = polling;
  if (polling)
    return;
  polling = true;
  await look().finally(() => {
    polling = false;
    if (!document.hidden)
      timer = setTimeout(refresh, askedAgain ? 0 : pollMs);
  });
}

async function look() {
  const id = selected;
  const after = pages.at(-1);
  const health = await get("/health/ready");
  showHealth(health);
  if (health.status === 0)
    return;
  const list = await get(`/coupons?after=${after}&limit=${pageSize}`);
  const coupons = list.ok ? list.body.items : [];
  const [detail, ...states] = await Promise.all([
    id && lookAt(id),
    ...coupons.map(coupon => get(`/coupons/${coupon.couponId}/status`)),
  ]);
  // Something else was chosen meanwhile: the next look, which follows at once, shows that.
  if (id !== selected || after !== pages.at(-1))
    return;
  showList(list, coupons, states);
  showSelected(detail);
}

async function lookAt(id) {
  const [status, coupon] = await Promise.all([get(`/coupons/${id}/status`), get(`/coupons/${id}`)]);
  // Tickets have no holes, so the last ones can be asked for by number.
  const after = coupon.ok ? Math.max(0, coupon.body.issuedQuantity - ticketsShown) : 0;
  return { status, coupon, tickets: await get(`/coupons/${id}/issues?after=${after}&limit=${ticketsShown}`) };
}

// ---- Showing it

let lastSeen = null;
function showHealth({ status, body }) {
  const reached = status !== 0;
  if (reached)
    lastSeen = timeOfDay(Date.now());
  byId("main").classList.toggle("stale", !reached);
  byId("connection").hidden = reached;
  setText(byId("connection"), reached ? ""
    : `The server can't be reached. Trying again every second${lastSeen ? `; what you see is from ${lastSeen}` : ""}.`);

  const state = reached ? body.status ?? "Unhealthy" : "Unreachable";
  showBadge(byId("health"), state, { Healthy: "Ready", Unhealthy: "Not ready" }[state] ?? state);
  byId("checks").replaceChildren(...Object.entries(body.checks ?? {}).map(([name, check]) => {
    const item = make("li", `${name}: ${[check.status.toLowerCase(), check.description].filter(Boolean).join(", ")}`);
    item.dataset.state = check.status;
    return item;
  }));
}

function showBadge(badge, state, text) {
  badge.hidden = false;
  badge.dataset.state = state;
  setText(badge, text);
}

/** One coupon, in the list or by itself: `root` holds the parts. */
function showCoupon(root, coupon, status) {
  // The entity counts every answered issue; the read model is a moment behind, and serves when the entity is silent.
  const { state, issuedQuantity: issued, totalQuantity: total } = status.ok ? status.body : { ...coupon, state: "UNKNOWN" };
  setText(root.querySelector(".title"), coupon.title);
  showBadge(root.querySelector(".badge"), state, state.replace("_", " "));
  setText(root.querySelector(".count"), `${number.format(issued)} issued ${total === null ? "· no limit" : `of ${number.format(total)}`}`);
  setText(root.querySelector(".period"), dateTime.formatRange(new Date(coupon.dateIssueStart), new Date(coupon.dateIssueEnd)));
  const bar = root.querySelector("progress");
  bar.hidden = total === null;
  // Nothing to give is all given; a bar of 0 out of 0 would be a mistake in HTML.
  bar.max = total || 1;
  bar.value = total === 0 ? 1 : issued;
  bar.dataset.state = state;
}

function showList(list, coupons, states) {
  setText(byId("list-note"), !list.ok ? explain(list.body) : coupons.length === 0 ? "No coupon yet. Create the first one above." : "");
  if (!list.ok)
    return;

  const rows = byId("list");
  const ids = coupons.map(coupon => coupon.couponId).join();
  // A newcomer is led to the form; only at the first look, so that it can be closed.
  byId("create").open ||= rows.dataset.ids === undefined && ids === "";
  // Rows stay as long as they show the same coupons, so that the focus stays where it is.
  if (rows.dataset.ids !== ids) {
    rows.replaceChildren(...coupons.map(() => byId("row").content.cloneNode(true)));
    rows.dataset.ids = ids;
  }
  for (const [at, coupon] of coupons.entries()) {
    const link = rows.children[at].querySelector("a");
    link.href = `#coupon-${coupon.couponId}`;
    link.ariaCurrent = String(coupon.couponId) === selected ? "true" : null;
    showCoupon(link, coupon, states[at]);
  }

  nextPage = list.body.next;
  byId("pager").hidden = pages.length === 1 && nextPage === null;
  byId("previous").disabled = pages.length === 1;
  byId("next").disabled = nextPage === null;
  setText(byId("page"), `Page ${pages.length}`);
}

function showSelected(detail) {
  if (!detail)
    return setText(byId("coupon-note"), "Select a coupon to issue it, look a user up, or change it.");
  const { status, coupon, tickets } = detail;
  if (coupon.ok) {
    if (current === null)
      fillChangeForm(coupon.body);
    current = coupon.body;
    setText(byId("coupon-id"), selected);
    showCoupon(byId("coupon"), current, status);
    showTickets(tickets);
  }
  // The read model learns of a new coupon a moment after the entity: only the entity can say that there is none.
  setText(byId("coupon-note"), !status.ok ? explain(status.body) : current ? "" : "Loading…");
  byId("coupon-body").hidden = current === null;
}

function showTickets({ ok, body }) {
  const issues = ok ? body.items.reverse() : [];
  setText(byId("tickets-note"), !ok ? explain(body) : issues.length === 0 ? "None yet." : "");
  byId("tickets").hidden = issues.length === 0;
  byId("tickets").tBodies[0].replaceChildren(...issues.map(({ ticket, userId, dateIssued, dateUsed }) =>
    make("tr", ...[ticket, userId, timeOfDay(dateIssued), timeOfDay(dateUsed)].map(text => make("td", text)))));
}

// ---- Choosing

function select() {
  selected = /^#coupon-(\d+)$/.exec(location.hash)?.[1] ?? null;
  current = null;
  byId("coupon-body").hidden = true;
  byId("coupon").querySelector(".badge").hidden = true;
  setText(byId("coupon-title"), selected ? `Coupon ${selected}` : "No coupon selected");
  setText(byId("coupon-note"), selected ? "Loading…" : "");
  byId("tally").replaceChildren();
  say(byId("user-form"), "");
  say(byId("change-form"), "");
  refresh();
}

byId("next").addEventListener("click", () => { pages.push(nextPage); refresh(); });
byId("previous").addEventListener("click", () => { pages.pop(); refresh(); });
addEventListener("hashchange", () => { select(); byId("coupon").focus(); });
document.addEventListener("visibilitychange", () => document.hidden ? clearTimeout(timer) : refresh());

// ---- Forms. The server alone judges what is typed; its messages are put beside the fields.

function say(form, text, { ok = true, errors = {} } = {}) {
  const result = form.querySelector(".result");
  result.textContent = text;
  result.dataset.ok = ok;
  for (const input of fieldsOf(form)) {
    const messages = errors[input.name] ?? [];
    setText(byId(input.getAttribute("aria-describedby")), messages.join("; "));
    input.ariaInvalid = messages.length > 0 ? "true" : null;
  }
  form.querySelector("[aria-invalid=true]")?.focus();
}

/** Says what came of a call, and which call it was: the page is also a way to learn the API. */
function tell(form, { method, path, status, ok, body }, words) {
  const outcome = ok ? words(body) : [explain(body), body.issue && describe(body.issue)].filter(Boolean).join(" ");
  say(form, `${outcome}\n${method} ${path} → ${status || "no answer"}`, { ok, errors: body.errors });
}

function describe({ userId, ticket, dateIssued, dateUsed }) {
  const used = dateUsed ? `used at ${timeOfDay(dateUsed)}` : "not used yet";
  return `User ${userId} holds ticket ${number.format(ticket)}, issued at ${timeOfDay(dateIssued)}, ${used}.`;
}

function onSubmit(form, act) {
  let busy = false;
  form.addEventListener("submit", async event => {
    event.preventDefault();
    if (busy)
      return;
    busy = true;
    await act(form, event.submitter?.value).finally(() => busy = false);
    refresh();
  });
}

// What is no number goes to the server as it is: an empty field means null there, and a typing mistake must not.
const asNumber = text => text.trim() === "" ? null : /^\s*-?\d+\s*$/.test(text) ? Number(text) : text;
const asTime = text => text === "" ? null : new Date(text).toISOString();
const valueOf = ({ name, type, value }) => type === "datetime-local" ? asTime(value) : name === "title" ? value : asNumber(value);
const fieldsOf = form => [...form.querySelectorAll("[name]")];
const read = fields => Object.fromEntries(fields.map(field => [field.name, valueOf(field)]));

/** A time as `datetime-local` has it: on the clock of whoever looks, without a zone. */
const localTime = date => new Date(date - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);

function fillCreatePeriod() {
  const time = new Date();
  // Without its seconds this is the minute that has begun: the coupon is open as soon as it is there.
  byId("create-start").value = localTime(time);
  time.setDate(time.getDate() + 1);
  byId("create-end").value = localTime(time);
}

onSubmit(byId("create-form"), async form => {
  const answer = await callAsAdmin("POST", "/coupons", read(fieldsOf(form)));
  tell(form, answer, coupon => `Created coupon ${coupon.couponId}.`);
  if (answer.ok) {
    fillCreatePeriod();
    location.hash = `#coupon-${answer.body.couponId}`;
  }
});

// The default values hold what the server has, so that only what differs is sent, and Undo is the form's own reset.
function fillChangeForm(coupon) {
  byId("change-title").defaultValue = coupon.title;
  byId("change-total").defaultValue = coupon.totalQuantity ?? "";
  byId("change-start").defaultValue = localTime(new Date(coupon.dateIssueStart));
  byId("change-end").defaultValue = localTime(new Date(coupon.dateIssueEnd));
  byId("change-form").reset();
}

onSubmit(byId("change-form"), async form => {
  const changed = fieldsOf(form).filter(input => input.value !== input.defaultValue);
  if (changed.length === 0)
    return say(form, "Nothing was changed.");
  const id = selected;
  const answer = await callAsAdmin("PATCH", `/coupons/${id}`, read(changed));
  if (id !== selected)
    return;
  if (answer.ok)
    fillChangeForm(answer.body);
  tell(form, answer, () => "Saved.");
});

byId("change-form").addEventListener("reset", event => say(event.target, ""));

onSubmit(byId("user-form"), async (form, action) => {
  const id = selected;
  const { userId, orderAmount } = read(fieldsOf(form));
  byId("tally").replaceChildren();
  if (action === "crowd")
    return sendCrowd(form, id);
  const answer = await (
    action === "find" ? get(`/coupons/${id}/issues/${userId}`)
    : action === "use" ? call("POST", `/coupons/${id}/issues/${userId}/use`, { orderAmount })
    : call("POST", `/coupons/${id}/issues`, { userId }));
  if (id === selected)
    tell(form, answer, describe);
});

async function sendCrowd(form, id) {
  say(form, `${crowdSize} users are asking…`);
  const answers = await Promise.all(Array.from({ length: crowdSize }, () =>
    call("POST", `/coupons/${id}/issues`, { userId: 1 + Math.floor(Math.random() * crowdIds) })));
  if (id !== selected)
    return;

  const names = { DUPLICATED_COUPON_ISSUE: "duplicate", INVALID_COUPON_ISSUE_QUANTITY: "sold out" };
  const tally = { issued: 0, duplicate: 0, "sold out": 0 };
  for (const { ok, body } of answers) {
    const name = ok ? "issued" : names[body.code] ?? body.title.toLowerCase();
    tally[name] = (tally[name] ?? 0) + 1;
  }
  say(form, `${crowdSize} users asked at once.`);
  byId("tally").replaceChildren(...Object.entries(tally).map(([name, count]) => make("div", make("dt", name), make("dd", count))));
}

fillCreatePeriod();
select();
