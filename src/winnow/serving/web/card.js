/* One picture and what the model says of it. */

import { ask, inTurn, post } from "./asking.js";
import { announce, make, makeBar } from "./dom.js";
import { makeHeat } from "./heat.js";
import { knowledge } from "./knowledge.js";
import { duration, percent } from "./words.js";
import { makeWhy } from "./why.js";
import { makeWrong } from "./wrong.js";

const MOST_CLASSES = 10;
const TINY_PX = 96;
let numCards = 0;

export class Card {
  /** `told` has `settled(card)`, called after each answer and refusal, and `removed(card)`. */
  constructor(file, numShown, told) {
    numCards += 1;
    this.id = `card-${numCards}`;
    this.file = file;
    this.named = null;
    this.wantsKey = false;
    this.numShown = numShown;
    this.told = told;
    this.stop = new AbortController();
    this.address = URL.createObjectURL(file);
    this.heat = makeHeat();
    this.picture = this.#makePicture();
    this.verdict = make("div", { class: "verdict" });
    this.others = make("ol", { class: "others", role: "list", "aria-label": "Further classes" });
    this.seconds = make("span", { class: "number" });
    this.actions = make("div", { class: "actions" });
    const name = make("span", { class: "name", title: file.name }, file.name);
    const origin = make("p", { class: "origin" }, name, this.seconds);
    const about = make("div", { class: "about" }, this.verdict, this.others, origin, this.actions);
    const attributes = { class: "card", id: this.id, tabindex: "-1", "aria-labelledby": `${this.id}-title` };
    this.element = make("li", attributes, make("div", { class: "frame" }, this.picture), about);
    this.#settle("is-pending");
  }

  #makePicture() {
    const image = make("img", { src: this.address, alt: this.file.name, decoding: "async", draggable: "false" });
    const picture = make("div", { class: "picture" }, image, this.heat);
    image.addEventListener("load", () => {
      picture.style.setProperty("--ratio", String(image.naturalWidth / image.naturalHeight));
      picture.classList.toggle("is-tiny", Math.max(image.naturalWidth, image.naturalHeight) < TINY_PX);
    });
    image.addEventListener("error", () => {
      picture.replaceWith(make("p", { class: "unseeable" }, "This browser cannot show it."));
    });
    return picture;
  }

  /** Ask the service, and show what it says. */
  async ask() {
    this.wantsKey = false;
    this.#title("Looking…", makeBar(0));
    this.#settle("is-pending");
    const onWait = (seconds) => this.#title(`Busy; again in ${Math.ceil(seconds)} s`, makeBar(0));
    const options = post(this.file, { signal: this.stop.signal, onWait });
    try {
      const { answer, seconds } = await inTurn(() => ask(`v1/predict?top=${MOST_CLASSES}`, options));
      this.#answered(answer, seconds);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.#refused(error);
    }
    this.told.settled(this);
  }

  #answered({ predictions, request_id: requestId }, seconds) {
    this.top = predictions[0].top;
    this.named = this.top[0].label;
    this.seconds.textContent = duration(seconds);
    this.seconds.title = "From sending it to the answer, the way included";
    this.show(this.numShown);
    const { id, file, picture, heat, named } = this;
    const { signal } = this.stop;
    const labels = this.top.map(({ label }) => label);
    const folds = [makeWhy({ id: `${id}-why`, file, labels, picture, heat, signal })];
    if (knowledge.takesFeedback) {
      folds.push(makeWrong({ id: `${id}-wrong`, requestId, labels: knowledge.labels, named, signal }));
    }
    this.#settle("is-answered", folds);
    announce(`${file.name}: ${named}, ${percent(this.top[0].probability)}.`);
  }

  #refused(error) {
    this.named = null;
    this.wantsKey = error.wantsKey === true;
    this.#title("No answer", make("p", { class: "reason" }, error.message));
    this.others.replaceChildren();
    const again = make("button", { type: "button", class: "button quiet", onclick: () => this.#again() }, "Try again");
    this.#settle("is-refused", [{ button: again }]);
    announce(`${this.file.name}: ${error.message}`);
  }

  #again() {
    this.element.focus();
    this.ask();
  }

  /** Show so many classes, as far as the model has them. */
  show(numShown) {
    this.numShown = numShown;
    if (this.named === null) return;
    const [{ label, probability }, ...others] = this.top;
    this.#title(label, makeBar(probability), percent(probability));
    this.others.replaceChildren(
      ...others.slice(0, numShown - 1).map((each) =>
        make(
          "li",
          {},
          make("span", { class: "label" }, each.label),
          make("span", { class: "number" }, percent(each.probability)),
          makeBar(each.probability),
        ),
      ),
    );
  }

  #title(text, below, number = "") {
    const title = make("h3", { id: `${this.id}-title` }, make("span", {}, text), " ");
    if (number) title.append(make("span", { class: "number" }, number));
    this.verdict.replaceChildren(title, below);
  }

  #settle(state, folds = []) {
    this.element.className = `card ${state}`;
    const removal = { type: "button", class: "button quiet away", onclick: () => this.told.removed(this) };
    const name = make("span", { class: "unseen" }, ` ${this.file.name}`);
    const remove = make("button", removal, "Remove", name);
    this.actions.replaceChildren(...folds.map(({ button }) => button), remove);
    for (const old of this.element.querySelectorAll(".why, .wrong")) old.remove();
    this.actions.after(...folds.map(({ panel }) => panel).filter(Boolean));
  }

  /** End what goes on for this picture, and let go of it. */
  close() {
    this.stop.abort();
    this.element.remove();
    URL.revokeObjectURL(this.address);
  }
}
