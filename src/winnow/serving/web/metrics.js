/* Prometheus' text, as far as this page needs it. */

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** Return all samples: name, labels, value. */
export function readMetrics(text) {
  const samples = [];
  for (const line of text.split("\n")) {
    const found = LINE.exec(line);
    if (found === null || line.startsWith("#")) continue;
    const labels = Object.fromEntries([...(found[2] ?? "").matchAll(LABEL)].map(([, name, value]) => [name, value]));
    samples.push({ name: found[1], labels, value: Number(found[3].replace("Inf", "Infinity")) });
  }
  return samples;
}

/** Return the sum of the samples of a name that carry these labels. */
export function sumOf(samples, name, wanted = {}) {
  return samples
    .filter((sample) => sample.name === name && matches(sample, wanted))
    .reduce((sum, { value }) => sum + value, 0);
}

/** Return a histogram's buckets, [upper end, number up to it], ends rising. */
export function bucketsOf(samples, name, wanted = {}) {
  return samples
    .filter((sample) => sample.name === `${name}_bucket` && matches(sample, wanted))
    .map(({ labels, value }) => [Number(labels.le.replace("Inf", "Infinity")), value])
    .sort(([one], [other]) => one - other);
}

/** Return the quantile of what came into the buckets since `before`; NaN when nothing did. */
export function quantile(share, buckets, before = []) {
  const numBefore = new Map(before);
  const grown = buckets.map(([end, number]) => [end, number - (numBefore.get(end) ?? 0)]);
  const total = grown.at(-1)?.[1] ?? 0;
  if (total <= 0) return NaN;
  let [start, below] = [0, 0];
  for (const [end, number] of grown) {
    if (number >= share * total) {
      if (!Number.isFinite(end)) return start;
      return start + ((end - start) * (share * total - below)) / Math.max(1, number - below);
    }
    [start, below] = [end, number];
  }
  return start;
}

const matches = ({ labels }, wanted) => Object.entries(wanted).every(([name, value]) => labels[name] === value);
