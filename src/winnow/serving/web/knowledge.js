/* What the page has learned of the service, and the key that it may want. */

import { announce, find } from "./dom.js";
import { useKey } from "./asking.js";

const REFUSED = "This key was not accepted. ";
const KEPT = "It is kept in this page's memory and forgotten with it.";

export const knowledge = { labels: [], takesFeedback: false, isKeyGiven: false };

/** Ask for a key; all who want one are told when there is one. */
export function wantKey() {
  const form = find("key");
  find("key-hint").textContent = (knowledge.isKeyGiven ? REFUSED : "") + KEPT;
  if (!form.hidden) return;
  form.hidden = false;
  announce("The service asks for a key.");
  find("key-value").focus();
}

/** Call `retry` whenever a key was given. */
export function startKey(retry) {
  find("key").addEventListener("submit", (event) => {
    event.preventDefault();
    const field = find("key-value");
    useKey(field.value);
    knowledge.isKeyGiven = true;
    field.value = "";
    find("key").hidden = true;
    find("choose").focus();
    retry();
  });
}
