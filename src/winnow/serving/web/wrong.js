/* "Not right?": a person tells the service which class it is. Only where the service takes feedback. */

import { askOnce } from "./asking.js";
import { announce, make } from "./dom.js";
import { makeButton, makeField, makeSelect } from "./why.js";

const CHOOSE = "choose the right class";

/** Return the button and the panel for an answer. `labels` are all classes, `named` the one that was named first. */
export function makeWrong({ id, requestId, labels, named, signal }) {
  const others = labels.filter((label) => label !== named);
  const label = makeSelect([["", CHOOSE], ...others.map((each) => [each, each])]);
  const send = make("button", { type: "button", class: "button quiet", disabled: true }, "Send");
  const said = make("p", { hidden: true });
  const panel = make("div", { class: "wrong", id, hidden: true }, makeField("It is", label), send, said);
  const button = makeButton("Not right?", id);

  const say = (text) => {
    said.hidden = false;
    said.textContent = text;
    announce(text);
  };

  const tell = async () => {
    send.disabled = true;
    try {
      const body = JSON.stringify({ request_id: requestId, image: 0, label: label.value });
      await askOnce("v1/feedback", { method: "POST", body, signal, headers: { "Content-Type": "application/json" } });
      button.focus();
      panel.replaceChildren(said);
      say(`Noted: ${label.value}. Thank you.`);
    } catch (error) {
      if (error.name === "AbortError") return;
      send.disabled = false;
      say(error.message);
    }
  };

  label.addEventListener("change", () => {
    send.disabled = label.value === "";
  });
  send.addEventListener("click", tell);
  button.addEventListener("click", () => {
    panel.hidden = !panel.hidden;
    button.setAttribute("aria-expanded", String(!panel.hidden));
  });
  return { button, panel };
}
