"""Draws docs/images/page-{light,dark}.png: the service's page, with three digits and the model of this project.

`python docs/page_picture.py` after `dvc repro` and `winnow card`, with a Chromium on the path. With two arguments,
MODEL and FOLDER, it takes another model and writes into another folder; there a phone's picture, too.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from sklearn.datasets import load_digits

ROOT = Path(__file__).parents[1]
MODEL = ROOT / "models" / "onnx"
IMAGES = ROOT / "docs" / "images"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars"]
DIGITS = (1658, 1701, 1790)
EXPLAINED = 0
SIZES = {"light": (1360, 940), "dark": (1360, 940), "phone": (390, 844)}


def main(words: list[str]) -> int:
    """Draw the pictures; return 1 where something for that is missing."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    model, target = (Path(words[0]), Path(words[1])) if words else (MODEL, IMAGES)
    if chromium is None or not model.exists():
        print("expected a Chromium on the path and a model (dvc repro)", file=sys.stderr)
        return 1
    with service(model) as address, tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        pictures = write_digits(Path(folder))
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for name, (width, height) in SIZES.items():
            if name == "phone" and not words:
                continue
            draw(browser, address, pictures, target / f"page-{name}.png", (width, height))
        browser.close()
    return 0


@contextmanager
def service(model: Path) -> Iterator[str]:
    """Serve a model; yield the address."""
    command = [sys.executable, "-m", "winnow", "serve", str(model), "--port", "0", "--drain-s", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None, "it was asked for"
    try:
        found = next(found for line in process.stderr if (found := re.search(r"http://\S+", line)))
        yield found[0]
    finally:
        process.terminate()
        process.wait(60)
        process.stderr.close()


def write_digits(folder: Path) -> list[Path]:
    """Write a few of scikit-learn's digits as files."""
    digits = load_digits()
    paths = []
    for index in DIGITS:
        path = folder / f"digit-{index}.png"
        Image.fromarray((digits.images[index] / 16 * 255).astype("uint8")).save(path)
        paths.append(path)
    return paths


def draw(browser: Browser, address: str, pictures: list[Path], target: Path, size: tuple[int, int]) -> None:
    """Visit the page with pictures, ask why once, and keep what is seen."""
    scheme = "dark" if target.stem.endswith("dark") else "light"
    page = browser.new_page(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
        has_touch=target.stem.endswith("phone"),
        is_mobile=target.stem.endswith("phone"),
        reduced_motion="reduce",
    )
    page.goto(address)
    page.wait_for_selector(".labels li")
    page.set_input_files("#files", pictures)
    settled = "number => document.querySelectorAll('.is-answered').length === number"
    page.wait_for_function(settled, arg=len(pictures))
    explain(page)
    page.screenshot(path=target, full_page=target.stem.endswith("phone"))
    page.close()


def explain(page: Page) -> None:
    """Press "Why?" on one card, and look at the top of the page again."""
    page.get_by_role("button", name="Why?").nth(EXPLAINED).click()
    page.locator(".heat").nth(EXPLAINED).wait_for(state="visible")
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    page.wait_for_timeout(400)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
