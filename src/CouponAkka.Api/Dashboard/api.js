// Asks the HTTP API. Paths are relative, so that the page works under any path that a proxy gives it.
import { byId } from "./dom.js";
import { dateTime, number } from "./format.js";
import { has, isKorean, t } from "./text.js";

const timeoutMs = 10_000;

// The server takes administrators by a key, or anyone by a token where it asks who they are.
const key = () => byId("admin-key").value.trim();
const isToken = text => /^ey[\w-]+\.[\w-]+\.[\w-]+$/.test(text);

/** Never throws: no answer at all is status 0, and reads like any other refusal. */
export async function call(method, path, body, headers = {}) {
  if (body !== undefined)
    headers["Content-Type"] = "application/json";
  if (isToken(key()))
    headers.Authorization = `Bearer ${key()}`;
  try {
    const response = await fetch(path, { method, headers, body: JSON.stringify(body), signal: AbortSignal.timeout(timeoutMs) });
    const answer = { status: response.status, ok: response.ok, etag: response.headers.get("ETag"), retryAfter: response.headers.get("Retry-After") };
    return { ...answer, body: await response.json() };
  } catch {
    return refusal("NO_ANSWER");
  }
}

export const get = path => call("GET", path);

export function callAsAdmin(method, path, body, headers = {}) {
  // The browser refuses to send such a header, which would look as if the server were gone.
  if (/[^\x20-\x7e]/.test(key()))
    return refusal("ADMIN_KEY_NOT_ASCII");
  return call(method, path, body, key() && !isToken(key()) ? { ...headers, "X-Api-Key": key() } : headers);
}

const refusal = code => ({ status: 0, ok: false, etag: null, body: { code } });

/** Why not, for people; with what a programmer would ask for. */
export function explain({ status, body }) {
  const own = `problem.${body.code}`;
  // The API tells in English, and most exactly; only what it does not tell is said here.
  const words = has(own) && (isKorean() || !body.title) ? t(own) : `${body.title ?? t("problem.UNKNOWN")}. ${body.detail ?? ""}`;
  const held = body.issue ? ` ${describe(body.issue)}` : "";
  return status === 0 ? words : `${words}${held}\n${[status, body.code, body.traceId].filter(Boolean).join(" · ")}`;
}

/** The messages of a refusal by field, in the page's words where it has some. */
export const errorsOf = ({ body }) => Object.fromEntries(
  Object.entries(body.errors ?? {}).map(([field, messages]) => [field, has(`rule.${field}`) ? t(`rule.${field}`) : messages.join("; ")]));

/** A unit that a user holds, in a sentence. */
export const describe = ({ userId, ticket, dateIssued, dateUsed }) =>
  t(dateUsed ? "unit.used" : "unit.unused", { user: userId, ticket: number(ticket), issued: dateTime(dateIssued), used: dateTime(dateUsed) });
