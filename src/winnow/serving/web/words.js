/* Numbers and problems in words. */

const METRICS = {
  accuracy: "accuracy",
  balanced_accuracy: "balanced accuracy",
  macro_f1: "macro F1",
  auroc: "AUROC",
  ece: "calibration error",
  brier: "Brier score",
  log_loss: "log loss",
};
const ROWS = ["top", "middle", "bottom"];
const COLUMNS = ["left", "centre", "right"];

/** The order in which metrics are shown; others come after. */
export const METRIC_ORDER = Object.keys(METRICS);

export const metricName = (name) => METRICS[name] ?? name.replaceAll("_", " ");

export function percent(probability) {
  const value = probability * 100;
  if (value > 0 && value < 0.1) return "< 0.1 %";
  if (value < 100 && value > 99.9) return "> 99.9 %";
  return `${value.toFixed(1)} %`;
}

export function points(difference) {
  const value = Math.abs(difference * 100);
  if (value < 0.1) return "less than 0.1 points";
  return `${value.toFixed(value < 10 ? 1 : 0)} points`;
}

export function duration(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 0.01) return `${(seconds * 1000).toFixed(1)} ms`;
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  return `${seconds.toFixed(1)} s`;
}

export function size(bytes) {
  const units = ["bytes", "kB", "MB", "GB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

export const count = (number) => Math.round(number).toLocaleString("en");

export const plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;

/** "the queue is full" as a sentence. */
export function sentence(text) {
  const trimmed = text.trim();
  if (!trimmed) return "";
  const end = /[.!?…]$/.test(trimmed) ? "" : ".";
  return trimmed[0].toUpperCase() + trimmed.slice(1) + end;
}

/** Where a cell of a map lies: "at the top left". */
export function place(row, column, numRows, numColumns) {
  const third = (index, length) => Math.min(2, Math.floor(((index + 0.5) / length) * 3));
  const [above, beside] = [third(row, numRows), third(column, numColumns)];
  if (above === 1 && beside === 1) return "in the middle";
  if (above === 1) return `at the ${COLUMNS[beside]}`;
  return `at the ${ROWS[above]} ${COLUMNS[beside]}`;
}
