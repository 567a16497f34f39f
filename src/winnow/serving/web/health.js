/* How the service is: asked every few seconds while somebody looks at the page. */

import { askOnce } from "./asking.js";
import { announce, find, makeTerms } from "./dom.js";
import { bucketsOf, quantile, readMetrics, sumOf } from "./metrics.js";
import { count, duration, plural, sentence } from "./words.js";

const CALM_MS = 5000;
const HURRIED_MS = 1500;
const WINDOW_MS = 60_000;
const ROUTE = { route: "/v1/predict" };

export class Health {
  /** `ready(model)` is called when the service is ready, and when another model answers; `wantsKey()` for a key. */
  constructor({ ready, wantsKey }) {
    this.told = { ready, wantsKey };
    this.state = "unknown";
    this.model = null;
    this.past = [];
    this.timer = 0;
  }

  start() {
    document.addEventListener("visibilitychange", () => this.#look());
    this.#look();
  }

  /** Look now, and take the model for unknown. */
  again() {
    this.model = null;
    this.#look();
  }

  async #look() {
    clearTimeout(this.timer);
    if (document.hidden) return;
    await this.#askState();
    if (this.state === "ready") await this.#askMetrics();
    clearTimeout(this.timer); // another look may have begun meanwhile
    this.timer = setTimeout(() => this.#look(), this.state === "ready" ? CALM_MS : HURRIED_MS);
  }

  async #askState() {
    try {
      const { model } = await (await askOnce("readyz")).json();
      this.#tell("ready", `ready, ${model}`);
      if (model !== this.model) {
        this.model = model;
        this.told.ready(model);
      }
    } catch (error) {
      const isThere = error.status > 0;
      this.#tell(isThere ? "waiting" : "away", isThere ? error.message : "The service does not answer.");
    }
  }

  #tell(state, text) {
    document.body.dataset.state = state;
    find("standing-text").textContent = text;
    if (state !== this.state && this.state !== "unknown") announce(sentence(text));
    if (state !== "ready") this.#show([["state", text]]);
    this.state = state;
  }

  async #askMetrics() {
    try {
      this.#showMetrics(readMetrics(await (await askOnce("metrics")).text()));
    } catch (error) {
      if (error.wantsKey) this.told.wantsKey();
      this.#show([["state", "ready"]]);
    }
  }

  #showMetrics(samples) {
    const now = Date.now();
    const buckets = bucketsOf(samples, "winnow_request_seconds", ROUTE);
    const answered = sumOf(samples, "winnow_requests_total", { ...ROUTE, status: "200" });
    this.past = [...this.past.filter(({ at }) => now - at <= WINDOW_MS), { at: now, buckets }];
    const [{ buckets: before }] = this.past;
    const [median, high] = [0.5, 0.95].map((share) => quantile(share, buckets, before));
    const isIdle = Number.isNaN(median);
    this.#show([
      ["state", "ready"],
      ["waiting", plural(sumOf(samples, "winnow_queue_length"), "picture")],
      ["to be explained", plural(sumOf(samples, "winnow_explain_queue_length"), "picture")],
      ["answered since its start", count(answered)],
      ["half within", isIdle ? "–" : duration(median)],
      ["95 % within", isIdle ? "–" : duration(high)],
    ]);
  }

  #show(entries) {
    find("health-body").replaceChildren(makeTerms("facts", entries));
  }
}
