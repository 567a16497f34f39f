/* How pictures come in: chosen, photographed, dropped, pasted. */

import { complain, find } from "./dom.js";

const DROPPED = ["Files", "text/uri-list"];
const NO_FILE = "That held no file. Save the picture first, then drop the file, or copy the picture itself.";

/** Call `take` with the files that come, whichever way. */
export function startIntake(take) {
  const accept = (files) => {
    complain();
    if (files.length > 0) take([...files]);
  };
  startChoosing(accept);
  startDropping(accept);
  startPasting(accept);
}

function startChoosing(accept) {
  for (const [button, input] of [["choose", "files"], ["photograph", "camera"]]) {
    find(button).addEventListener("click", () => find(input).click());
    find(input).addEventListener("change", ({ target }) => {
      accept(target.files);
      target.value = ""; // the same file may be chosen again
    });
  }
}

function startDropping(accept) {
  const mark = (isDropping) => document.body.classList.toggle("is-dropping", isDropping);
  document.addEventListener("dragover", (event) => {
    if (!DROPPED.some((type) => event.dataTransfer.types.includes(type))) return; // text, for a field
    event.preventDefault(); // else the browser leaves the page for the file
    event.dataTransfer.dropEffect = "copy";
    mark(true);
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) mark(false);
  });
  document.addEventListener("drop", (event) => {
    mark(false);
    if (!DROPPED.some((type) => event.dataTransfer.types.includes(type))) return;
    event.preventDefault();
    const { files } = event.dataTransfer;
    if (files.length > 0) accept(files);
    else complain(NO_FILE);
  });
}

function startPasting(accept) {
  document.addEventListener("paste", (event) => {
    const files = event.clipboardData?.files ?? [];
    if (files.length === 0) return; // text, for a field
    event.preventDefault();
    accept(files);
  });
  const button = find("paste");
  button.hidden = !navigator.clipboard?.read;
  button.addEventListener("click", () => paste(accept));
}

async function paste(accept) {
  try {
    const files = [];
    for (const item of await navigator.clipboard.read()) {
      const type = item.types.find((each) => each.startsWith("image/"));
      if (type) files.push(new File([await item.getType(type)], "pasted picture", { type }));
    }
    if (files.length > 0) accept(files);
    else complain("There is no picture on the clipboard.");
  } catch {
    complain("The browser keeps its clipboard to itself here; Ctrl+V, or ⌘V, works.");
  }
}
