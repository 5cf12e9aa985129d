// How fast a coupon goes: now, and over the last two minutes.
import { number } from "./format.js";
import { t } from "./text.js";

const windowMs = 10_000;
const barMs = 5_000;
const bars = 24;
const height = 40;

export class Pace {
  #samples = [];

  /** So many were issued at this time, in milliseconds of a clock that is never set back. */
  add(at, issued) {
    this.#samples.push({ at, issued });
    while (at - this.#samples[0].at > barMs * bars)
      this.#samples.shift();
  }

  /** Units a second, over the last ten seconds. */
  perSecond() {
    const last = this.#samples.at(-1);
    const first = this.#samples.find(({ at }) => last.at - at <= windowMs);
    return last.at === first.at ? 0 : (last.issued - first.issued) * 1000 / (last.at - first.at);
  }

  /** Units in each five seconds, the newest last. */
  counts() {
    const last = this.#samples.at(-1);
    const counts = Array(bars).fill(0);
    for (let i = 1; i < this.#samples.length; i++) {
      const bar = bars - 1 - Math.floor((last.at - this.#samples[i].at) / barMs);
      if (bar >= 0)
        counts[bar] += this.#samples[i].issued - this.#samples[i - 1].issued;
    }
    return counts;
  }

  draw(chart, note) {
    const counts = this.counts();
    const most = Math.max(...counts);
    const words = t("chart", { most: number(most) });
    chart.ariaLabel = words;
    // An SVG element has the attribute only, no property of that name.
    chart.toggleAttribute("hidden", most === 0);
    note.hidden = most === 0;
    note.textContent = words;
    chart.querySelector("path").setAttribute("d", counts.map((count, i) => {
      const tall = most === 0 ? 0 : count / most * height;
      return `M${i * 10 + 1} ${height}v${-tall}h8v${tall}z`;
    }).join(""));
  }
}
