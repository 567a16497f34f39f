/* Light, dark, or what the system wants. Runs before anything is drawn, so no module; only the choice is kept. */
"use strict";
(() => {
  const MEDIA = { auto: "(prefers-color-scheme: dark)", light: "not all", dark: "all" };
  const NAME = "winnow-theme";

  const remembered = () => {
    try {
      const theme = localStorage.getItem(NAME);
      return theme in MEDIA ? theme : "auto";
    } catch {
      return "auto"; // a browser that keeps nothing
    }
  };

  const apply = (theme) => {
    document.getElementById("dark").media = MEDIA[theme];
  };

  const remember = (theme) => {
    try {
      localStorage.setItem(NAME, theme);
    } catch {
      // it holds until the page is left
    }
  };

  apply(remembered());
  document.addEventListener("DOMContentLoaded", () => {
    for (const choice of document.querySelectorAll("input[name=theme]")) {
      choice.checked = choice.value === remembered();
      choice.addEventListener("change", () => {
        apply(choice.value);
        remember(choice.value);
      });
    }
  });
})();
