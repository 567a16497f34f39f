/* All pictures that were asked about, the newest first. */

import { announce, complain, find } from "./dom.js";
import { Card } from "./card.js";
import { wantKey } from "./knowledge.js";
import { plural } from "./words.js";

const MOST_TOLD = 4;
const MOST_CARDS = 500;

export class Cards {
  constructor() {
    this.all = [];
    find("shown").addEventListener("change", () => this.all.forEach((card) => card.show(this.#numShown())));
    find("clear").addEventListener("click", () => this.#clear());
  }

  #numShown() {
    return Number(find("shown").value);
  }

  /** Ask about files, in their order. */
  add(files) {
    const room = MOST_CARDS - this.all.length;
    if (files.length > room) {
      complain(`This page shows ${MOST_CARDS} pictures at most; winnow predict takes whole folders.`);
    }
    const told = { settled: (card) => this.#settled(card), removed: (card) => this.#remove(card) };
    const added = files.slice(0, Math.max(0, room)).map((file) => new Card(file, this.#numShown(), told));
    this.all = [...added, ...this.all];
    find("cards").prepend(...added.map(({ element }) => element));
    this.#count();
    for (const card of added) card.ask();
  }

  /** Ask again about those that lacked a key. */
  retry() {
    for (const card of this.all.filter(({ wantsKey: isWanting }) => isWanting)) card.ask();
  }

  #settled(card) {
    if (card.wantsKey) wantKey();
    this.#count();
  }

  #remove(card) {
    const index = this.all.indexOf(card);
    this.all.splice(index, 1);
    card.close();
    this.#count();
    announce(`Removed ${card.file.name}.`);
    const neighbour = this.all[Math.min(index, this.all.length - 1)];
    if (neighbour) neighbour.element.focus();
    else find("choose").focus();
  }

  #clear() {
    for (const card of this.all) card.close();
    this.all = [];
    this.#count();
    announce("Removed all pictures.");
    find("choose").focus();
  }

  #count() {
    find("answers").hidden = this.all.length === 0;
    document.body.classList.toggle("has-answers", this.all.length > 0);
    const classes = new Map();
    for (const { named } of this.all) if (named !== null) classes.set(named, (classes.get(named) ?? 0) + 1);
    const most = [...classes].sort(([, one], [, other]) => other - one).slice(0, MOST_TOLD);
    const told = most.map(([label, number]) => `${number} × ${label}`).join(", ");
    const more = classes.size > MOST_TOLD ? " and others" : "";
    find("tally").textContent = plural(this.all.length, "picture") + (told ? `: ${told}${more}` : "");
  }
}
