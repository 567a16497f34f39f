/* Asking the service: a key where it wants one, another try where it says when, and problems as sentences. */

import { sentence } from "./words.js";

const TRIES = 5;
const LONGEST_WAIT_S = 30;
const TOO_MANY = 429;
const AWAY = 503;
const AT_ONCE = 4;
const UNREACHED = "The service did not answer: it may be away, or the file may be larger than it takes.";

let key = ""; // in memory alone

/** Why the service did not do what was asked. */
export class Refusal extends Error {
  constructor(message, status = 0, afterS = null) {
    super(message);
    this.status = status;
    this.afterS = afterS;
  }

  get wantsKey() {
    return this.status === 401;
  }
}

export function useKey(value) {
  key = value.trim();
}

/** Ask for `path` and return the answer's JSON, with the seconds it took.
 *
 * While the service has too much to do (429, 503), it is asked again when it wants to be; `onWait` hears of it. Throws
 * Refusal, and AbortError when `signal` says so. */
export function ask(path, told = {}) {
  return askAgain(async (options) => {
    const started = performance.now();
    const answer = await (await askOnce(path, options)).json();
    return { answer, seconds: (performance.now() - started) / 1000 };
  }, told);
}

/** Ask for a picture and return its bytes, as patiently; the browser may have kept them. */
export function askPicture(path) {
  return askAgain(async () => (await askOnce(path, { cache: "default" })).blob(), {});
}

async function askAgain(work, { onWait = () => {}, tries = TRIES, ...options }) {
  for (let turn = 1; ; turn += 1) {
    try {
      return await work(options);
    } catch (error) {
      if (!(error instanceof Refusal) || error.afterS === null || turn >= tries) throw error;
      onWait(error.afterS);
      // A little later than told, each at a moment of its own: those who were refused together do not meet again.
      await pause(error.afterS * (1 + Math.random() / 4), options.signal);
    }
  }
}

/** Ask once, and return the response. */
export async function askOnce(path, options = {}) {
  let response;
  try {
    const headers = key ? { ...options.headers, "X-API-Key": key } : options.headers;
    response = await fetch(path, { cache: "no-store", ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(UNREACHED);
  }
  if (!response.ok) throw await refusalOf(response);
  return response;
}

async function refusalOf(response) {
  let problem = {};
  try {
    problem = await response.json();
  } catch {
    // a proxy's page, or nothing
  }
  const title = problem.title ?? `The service answered with ${response.status}`;
  const detail = problem.detail && problem.detail !== title ? problem.detail : "";
  return new Refusal([title, detail].map(sentence).filter(Boolean).join(" "), response.status, waitOf(response));
}

function waitOf(response) {
  if (response.status !== TOO_MANY && response.status !== AWAY) return null;
  const seconds = Number(response.headers.get("Retry-After") ?? 1);
  return Number.isFinite(seconds) ? Math.min(LONGEST_WAIT_S, Math.max(0.2, seconds)) : 1;
}

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

const waiting = [];
let numBusy = 0;

/** Do something when its turn comes: a folder full of pictures shall not be an overload of its own. */
export function inTurn(work) {
  return new Promise((resolve, reject) => {
    waiting.push(() => work().then(resolve, reject));
    next();
  });
}

function next() {
  if (numBusy >= AT_ONCE || waiting.length === 0) return;
  numBusy += 1;
  waiting.shift()().finally(() => {
    numBusy -= 1;
    next();
  });
}

export const post = (body, extra = {}) => ({
  method: "POST",
  body,
  ...extra,
  headers: { "Content-Type": "application/octet-stream", ...extra.headers },
});
