// Numbers and times as people read them. Each time is on the clock of whoever looks, and says which clock that is.
import { isKorean, t } from "./text.js";

const day = { year: "numeric", month: "short", day: "numeric" };
const minute = { ...day, hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" };
const made = {};

function formats() {
  const locale = isKorean() ? "ko-KR" : "en-GB";
  return made[locale] ??= {
    number: new Intl.NumberFormat(locale),
    rate: new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }),
    minute: new Intl.DateTimeFormat(locale, minute),
    second: new Intl.DateTimeFormat(locale, { ...minute, second: "2-digit" }),
  };
}

export const number = value => formats().number.format(value);
export const rate = value => formats().rate.format(value);
export const dateTime = time => time ? formats().second.format(new Date(time)) : "–";
export const period = (start, end) => formats().minute.formatRange(new Date(start), new Date(end));

/** The zone that all times here are in, like "Asia/Seoul, GMT+9". */
export function zone() {
  const offset = formats().minute.formatToParts(new Date()).find(part => part.type === "timeZoneName").value;
  return `${Intl.DateTimeFormat().resolvedOptions().timeZone}, ${offset}`;
}

/** The two largest units of a time span. */
export function duration(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const parts = { d: Math.floor(seconds / 86_400), h: Math.floor(seconds / 3_600) % 24, m: Math.floor(seconds / 60) % 60, s: seconds % 60 };
  const first = Object.values(parts).findIndex(count => count > 0);
  return Object.entries(parts).slice(first < 0 ? 3 : first).slice(0, 2).map(([unit, count]) => `${count}${t(`unit.${unit}`)}`).join(" ");
}

/** A time as `datetime-local` has it: without a zone. */
export const localTime = time => {
  const date = new Date(time);
  return new Date(date - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};
