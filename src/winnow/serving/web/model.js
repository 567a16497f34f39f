/* The model's card: which one answers, how good it is, what it is for, where it came from. */

import { find, make, makeTerms } from "./dom.js";
import { makeExamples } from "./examples.js";
import { count, METRIC_ORDER, metricName, plural, size } from "./words.js";

const IN_FULL = 12;
const DIGITS = 3;
const SHARES = new Set(["accuracy", "balanced_accuracy", "macro_f1", "auroc"]);

/** Show what `GET /v1/model` said. */
export function showModel(model) {
  const card = model.card ?? {};
  const parts = [
    makeTitle(model),
    makeMetrics(model.metrics ?? {}),
    makeTerms("facts", [
      ["test images", model.metrics?.num_test === undefined ? null : count(model.metrics.num_test)],
      ["size", size(model.num_bytes)],
      ["precision", model.precision],
      ["sees", sees(model.preprocessing)],
    ]),
    makeLabels(model),
    makeWords(card),
    makeLimits(card),
    makeOrigin(model),
  ];
  find("model-body").replaceChildren(...parts.filter(Boolean));
}

function makeTitle({ name, version, stage, is_registered: isRegistered }) {
  const tags = [make("span", { class: "tag" }, isRegistered ? version : "not registered")];
  if (stage) tags.push(make("span", { class: "tag stage" }, stage));
  return make("p", { class: "title" }, make("strong", {}, name), ...tags);
}

const number = (value) => (Math.abs(value) >= 100 ? count(value) : value.toFixed(DIGITS));

function makeMetrics(metrics) {
  const known = Object.keys(metrics).filter((name) => `${name}_low` in metrics && `${name}_high` in metrics);
  const rank = (name) => (METRIC_ORDER.includes(name) ? METRIC_ORDER.indexOf(name) : METRIC_ORDER.length);
  const sorted = known.sort((one, other) => rank(one) - rank(other));
  if (sorted.length === 0) return make("p", { class: "small" }, "Its scores did not come with the file.");
  const table = (names) => make("dl", { class: "metrics" }, ...names.map((name) => makeMetric(name, metrics)));
  const [shares, others] = [true, false].map((isShare) => sorted.filter((name) => SHARES.has(name) === isShare));
  if (shares.length === 0) return table(others);
  if (others.length === 0) return table(shares);
  return make("div", {}, table(shares), makeFold("Further scores", count(others.length), table(others)));
}

function makeMetric(name, metrics) {
  const [value, low, high] = ["", "_low", "_high"].map((end) => metrics[name + end]);
  const level = metrics.confidence ? `${Math.round(metrics.confidence * 100)} % interval` : "interval";
  const interval = make("span", { class: "interval number" }, `${level} ${number(low)} to ${number(high)}`);
  const row = make("div", {}, make("dt", {}, metricName(name)), make("dd", { class: "number" }, number(value)));
  const description = make("dd", { class: "interval" });
  if (SHARES.has(name)) description.append(makeRange({ low, value, high }));
  description.append(interval);
  row.append(description);
  return row;
}

function makeRange(shares) {
  const range = make("span", { class: "range", "aria-hidden": "true" });
  for (const [name, value] of Object.entries(shares)) {
    range.style.setProperty(`--${name}`, String(Math.min(1, Math.max(0, value))));
  }
  return range;
}

function sees({ size: side, channels }) {
  const kinds = { 1: "gray", 3: "colour", 4: "colour, alpha" };
  return `${side} × ${side}, ${kinds[channels] ?? channels}`;
}

function makeFold(title, aside, ...content) {
  const summary = make("summary", {}, title, " ", make("span", { class: "count" }, aside));
  return make("details", { class: "fold" }, summary, ...content);
}

function makeLabels({ labels, num_examples: numExamples, file_sha256: file }) {
  const most = numExamples.reduce((one, other) => Math.max(one, other), 0);
  const kind = most > 0 ? "labels pictured" : "labels";
  // Focusable, because a long list scrolls.
  const attributes = { class: kind, tabindex: "0", role: "list", "aria-label": "Classes" };
  const row = (label, index) =>
    make("li", {}, makeExamples(index, numExamples[index], file), make("span", { class: "label" }, label));
  const list = make("ul", attributes, ...labels.map(row));
  list.style.setProperty("--most", String(most));
  const told = most > 0 ? make("p", { class: "told" }, "Training pictures, as it sees them.") : null;
  const fold = makeFold("What it tells apart", plural(labels.length, "class", "classes"), told, list);
  fold.open = labels.length <= IN_FULL;
  return fold;
}

function makeWords({ owner_part: owner }) {
  if (!owner) return null;
  const terms = makeTerms("words", [
    ["Meant for", owner.intended_use],
    ["Not for", owner.not_for],
    ["Pictures from", owner.data_source],
    ["Their licence", owner.data_licence],
    ["Answers for it", owner.owner],
  ]);
  return makeFold("What it is for", "", terms);
}

function makeLimits({ owner_part: owner, limits = [] }) {
  const all = [owner?.known_limits, ...limits].filter(Boolean);
  if (all.length === 0) return null;
  const list = make("ul", {}, ...all.map((limit) => make("li", {}, limit)));
  const fold = makeFold("Limits", count(all.length), make("div", { class: "words" }, list));
  fold.open = true;
  return fold;
}

function makeOrigin(model) {
  const code = (text) => (text ? make("code", {}, text.slice(0, IN_FULL)) : null);
  const terms = makeTerms("words", [
    ["Commit", code(model.commit)],
    ["Data", code(model.data_hash)],
    ["Weights", code(model.weights_hash)],
    ["File (SHA-256)", code(model.file_sha256)],
    ["Signature of the tag", model.signature],
  ]);
  return makeFold("Where it comes from", "", terms);
}
