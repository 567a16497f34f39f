/* A map of what speaks for a class, drawn over its picture. */

import { make } from "./dom.js";
import { place, points } from "./words.js";

// The swatches of cards.css. Orange and blue: told apart by every eye, and on a picture that is gray underneath.
const FOR = [255, 145, 0];
const AGAINST = [30, 111, 255];
const OPAQUE = 235;
const CONTRAST = 0.8;
const NEGLIGIBLE = 0.005;

export const makeHeat = () => make("canvas", { class: "heat", hidden: true, "aria-hidden": "true" });

/** Draw `heat`, rows of numbers, where `region` (left, top, right, bottom as parts of the picture) says. */
export function drawHeat(canvas, heat, [left, top, right, bottom]) {
  const strongest = Math.max(NEGLIGIBLE, ...heat.flat().map(Math.abs));
  canvas.width = heat[0].length;
  canvas.height = heat.length;
  const pixels = new ImageData(canvas.width, canvas.height);
  heat.flat().forEach((value, index) => {
    const alpha = OPAQUE * (Math.abs(value) / strongest) ** CONTRAST;
    pixels.data.set([...(value > 0 ? FOR : AGAINST), alpha], index * 4);
  });
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  const parts = { left, top, width: right - left, height: bottom - top };
  for (const [name, part] of Object.entries(parts)) canvas.style.setProperty(name, `${part * 100}%`);
}

/** What the map shows, in a sentence. */
export function describeHeat({ heat, label, method }) {
  const columns = heat[0].length;
  const flat = heat.flat();
  const strongest = Math.max(...flat);
  if (Math.max(...flat.map(Math.abs)) < NEGLIGIBLE) {
    return `No single part of the picture matters much for ${label}.`;
  }
  if (strongest < NEGLIGIBLE) return `Nothing here speaks for ${label}; what is blue speaks against it.`;
  const index = flat.indexOf(strongest);
  const where = place(Math.floor(index / columns), index % columns, heat.length, columns);
  if (method === "rise") return `What speaks most for ${label} is ${where}.`;
  return `What speaks most for ${label} is ${where}: covering it takes away ${points(strongest)}.`;
}
