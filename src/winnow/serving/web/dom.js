/* Elements: found, made, and told aloud. Text is only ever set as text, so nothing that a file or a model is called
   can become a part of the page. */

const NEWS_KEPT = 4;

export const find = (id) => document.getElementById(id);

/** Make an element. `on…` are listeners, true is an attribute without a value, null and false are left out. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Make a bar. Its length is set as a property: the page's policy forbids styles in attributes. */
export function makeBar(share) {
  const bar = make("span", { class: "bar", "aria-hidden": "true" });
  bar.style.setProperty("--share", String(Math.min(1, Math.max(0, share))));
  return bar;
}

/** Make a list of terms; entries without a value are left out. */
export function makeTerms(kind, entries) {
  const known = entries.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return make(
    "dl",
    { class: kind },
    ...known.map(([term, value]) => make("div", {}, make("dt", {}, term), make("dd", {}, value))),
  );
}

/** Say something to those who listen to the page. */
export function announce(sentence) {
  const news = find("news");
  news.append(make("p", {}, sentence));
  while (news.children.length > NEWS_KEPT) news.firstChild.remove();
}

/** Show what went wrong with the page itself; an empty text takes it back. */
export function complain(sentence = "") {
  find("complaint").textContent = sentence;
}
