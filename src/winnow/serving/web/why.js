/* "Why?": where in a picture a class is seen. Asked for only when somebody wants to know: it costs fifty predictions
   and more. */

import { ask, post } from "./asking.js";
import { announce, make } from "./dom.js";
import { describeHeat, drawHeat } from "./heat.js";

const METHODS = { occlusion: "covering parts", rise: "random masks" };
const STRENGTH = 80;

/** Return the button and the panel for a picture that was answered. `labels` are the classes to choose from. */
export function makeWhy({ id, file, labels, picture, heat, signal }) {
  const label = makeSelect(labels.map((each) => [each, each]));
  const method = makeSelect(Object.entries(METHODS));
  const strength = make("input", { type: "range", min: "0", max: "100", value: String(STRENGTH), step: "5" });
  const caption = make("p", {});
  const panel = make(
    "div",
    { class: "why", id, hidden: true },
    caption,
    makeField("Class", label),
    makeField("Asked by", method),
    makeField("Strength", strength),
    makeLegend(),
  );
  const button = makeButton("Why?", id);
  const found = new Map();

  const fade = () => heat.style.setProperty("opacity", String(strength.value / 100));

  const hide = () => {
    heat.hidden = true;
    picture.classList.remove("is-explained");
  };

  const draw = (explained) => {
    drawHeat(heat, explained.heat, explained.region);
    fade();
    heat.hidden = false;
    picture.classList.add("is-explained");
    caption.textContent = describeHeat(explained);
    announce(caption.textContent);
  };

  const show = async () => {
    const query = new URLSearchParams({ label: label.value, method: method.value }).toString();
    const isStillWanted = () => panel.dataset.query === query && !panel.hidden;
    panel.dataset.query = query;
    caption.textContent = "Looking where it is seen. Everybody's predictions go first, so this may take a moment.";
    const onWait = (seconds) => {
      caption.textContent = `Others are being explained; again in ${Math.ceil(seconds)} s.`;
    };
    try {
      if (!found.has(query)) {
        const { answer } = await ask(`v1/explain?${query}`, post(file, { signal, onWait }));
        found.set(query, answer);
      }
      if (isStillWanted()) draw(found.get(query));
    } catch (error) {
      if (error.name === "AbortError" || !isStillWanted()) return;
      hide();
      caption.textContent = error.message;
      announce(error.message);
    }
  };

  strength.addEventListener("input", fade);
  for (const select of [label, method]) select.addEventListener("change", show);
  button.addEventListener("click", () => {
    panel.hidden = !panel.hidden;
    button.setAttribute("aria-expanded", String(!panel.hidden));
    if (panel.hidden) hide();
    else show();
  });
  return { button, panel };
}

export function makeButton(text, controlled) {
  const attributes = { type: "button", class: "button quiet", "aria-expanded": "false", "aria-controls": controlled };
  return make("button", attributes, text);
}

export const makeSelect = (entries) =>
  make("select", {}, ...entries.map(([value, text]) => make("option", { value }, text)));

export const makeField = (text, control) => make("label", { class: "field" }, make("span", {}, text), control);

function makeLegend() {
  const entry = (kind, text) =>
    make("li", {}, make("span", { class: `swatch ${kind}`, "aria-hidden": "true" }), text);
  const attributes = { class: "legend", role: "list", "aria-label": "Colours" };
  return make("ul", attributes, entry("for", "for it"), entry("against", "against it"));
}
