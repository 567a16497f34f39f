/* Pictures of a class that the model learned from, where it came with some. They are asked for when somebody has their
   row in sight: a thousand classes are not three thousand requests. */

import { askPicture, inTurn } from "./asking.js";
import { make } from "./dom.js";

const TINY_PX = 32;
const asked = new WeakSet();

const sight = new IntersectionObserver((rows) => {
  for (const { isIntersecting, target } of rows) if (isIntersecting) show(target);
});

/** Make the place for so many pictures of a model's class at `index`; null where there are none. */
export function makeExamples(index, number, model) {
  if (number === 0) return null;
  // The label beside them says what they show, and words for each would only be in a listener's way.
  const image = () => make("img", { alt: "", decoding: "async", draggable: "false" });
  const row = make("span", { class: "examples" }, ...Array.from({ length: number }, image));
  row.dataset.index = String(index);
  row.dataset.model = model;
  sight.observe(row);
  return row;
}

async function show(row) {
  if (asked.has(row)) return;
  asked.add(row);
  const { index, model } = row.dataset;
  // Another model may have taken over, whose pictures do not belong to these labels.
  const place = (number) => `v1/examples/${index}/${number}?file_sha256=${encodeURIComponent(model)}`;
  try {
    await Promise.all([...row.children].map((image, number) => fill(image, place(number))));
    sight.unobserve(row);
  } catch {
    asked.delete(row); // the next time that it comes into sight
  }
}

async function fill(image, place) {
  if (image.src) return;
  const address = URL.createObjectURL(await inTurn(() => askPicture(place)));
  image.addEventListener("load", () => {
    URL.revokeObjectURL(address);
    image.classList.toggle("is-tiny", image.naturalWidth <= TINY_PX);
  });
  image.src = address;
}
