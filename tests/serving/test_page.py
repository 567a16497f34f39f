"""The page as files, and as somebody with a browser meets it."""

import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from starlette.testclient import TestClient

from winnow.serving.page import INDEX, POLICY, read_web
from winnow.serving.settings import Access, Collecting, Settings
from winnow.traffic.entry import FeedbackEntry
from winnow.traffic.reading import TrafficLog
from winnow.traffic.target import Folder

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

ROOT = Path(__file__).parents[2]
WEB = ROOT / "src" / "winnow" / "serving" / "web"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
NAMESPACE = 'xmlns="http://www.w3.org/2000/svg"'

Picture = Callable[..., bytes]
Open = Callable[..., AbstractContextManager[Any]]


def text_of(name: str) -> str:
    return read_web()[name].content.decode()


def test_every_file_of_the_page_is_served_with_its_type_and_may_load_only_its_like(client: TestClient) -> None:
    web = read_web()
    assert sorted(web) == sorted(path.name for path in WEB.iterdir())
    expected = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
    for path, name in (("/", INDEX), *((f"/web/{name}", name) for name in web)):
        answer = client.get(path)
        assert (answer.status_code, answer.content) == (200, web[name].content)
        assert answer.headers["content-type"].partition(";")[0] == expected[name.rpartition(".")[2]]
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["cache-control"] == "no-cache"
        assert (answer.headers["x-content-type-options"], answer.headers["x-frame-options"]) == ("nosniff", "DENY")
        assert client.head(path).status_code == 200


def test_the_policy_lets_nothing_in_that_is_written_into_the_page() -> None:
    assert "unsafe" not in POLICY
    assert POLICY.startswith("default-src 'none'")
    assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=", text_of(INDEX))


def test_a_browser_that_has_a_file_is_not_sent_it_again(client: TestClient) -> None:
    first = client.get("/")
    again = client.get("/", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert client.get("/", headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("name", ["nothing.js", "..%2fpage.py", "%2e%2e/page.py", "page.py", ""])
def test_nothing_but_the_page_is_below_its_folder(client: TestClient, name: str) -> None:
    answer = client.get(f"/web/{name}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_the_page_needs_no_key_and_is_no_part_of_the_api(open_client: Open, colors: Path) -> None:
    with open_client(colors, Settings(access=Access(api_keys=("key-1",)))) as client:
        assert client.get("/").status_code == client.get("/web/start.js").status_code == 200
        assert client.get("/v1/model").status_code == 401
        assert [path for path in client.get("/openapi.json").json()["paths"] if not path.startswith("/v1/")] == [
            "/livez",
            "/readyz",
        ]


@pytest.mark.parametrize("name", sorted(read_web()))
def test_a_file_names_no_other_place_sets_no_html_and_is_short(name: str) -> None:
    text = text_of(name).replace(NAMESPACE, "")
    assert re.findall(r"(?:https?:|wss?:)?//[\w.-]+", text) == []
    assert (
        re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|\bcookie", text) == []
    )
    assert len(text.splitlines()) < 250


def test_every_file_is_loaded_and_whatever_is_loaded_is_there() -> None:
    loaded, found = set(), [INDEX]
    while found:
        name = found.pop()
        loaded.add(name)
        named = re.findall(r'(?:href|src)="web/([^"]+)"|from "\./([^"]+)"', text_of(name))
        found += [first or second for first, second in named if (first or second) not in loaded]
    assert loaded == set(read_web())


@pytest.mark.slow
def test_the_page_is_in_the_wheel(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {name.rpartition("/")[2] for name in archive.namelist() if name.startswith("winnow/serving/web/")}
    assert held == set(read_web())


# In a browser: pytest -m slow tests/serving/test_page.py

needs_browser = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path"),
    pytest.mark.skipif(find_spec("playwright") is None, reason="Playwright is not installed"),
]


def in_browser(test: Any) -> Any:
    for mark in needs_browser:
        test = mark(test)
    return test


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: "Browser", open_socket: Open, colors: Path) -> Iterator[Callable[..., "Page"]]:
    """Return a function that opens the page of a service; at the end nothing may have gone wrong or elsewhere."""
    asked: list[str] = []
    wrong: list[str] = []
    closing: list[Callable[[], object]] = []

    def go(
        settings: Settings | None = None,
        prepare: Callable[["Page"], None] | None = None,
        model: Path = colors,
        **options: Any,
    ) -> "Page":
        served = open_socket(model, settings)
        address = served.__enter__()
        closing.append(lambda: served.__exit__(None, None, None))
        context = browser.new_context(reduced_motion="reduce", **options)
        closing.append(context.close)
        page = context.new_page()
        page.set_default_timeout(30_000)  # where everything runs at once
        page.on("request", lambda request: asked.append(request.url.replace(address, "")))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if is_wrong(message) else None)
        if prepare:
            prepare(page)
        page.goto(address)
        return page

    yield go
    for close in reversed(closing):
        close()
    assert wrong == []
    assert [url for url in asked if not url.startswith(("/", "blob:/"))] == []


def is_wrong(message: Any) -> bool:
    # A refusal is a part of the game; what the policy forbids is not.
    return message.type in {"error", "warning"} and "Failed to load resource" not in message.text


def upload(page: "Page", *files: tuple[str, bytes]) -> None:
    page.set_input_files("#files", [{"name": name, "mimeType": "", "buffer": content} for name, content in files])


def headings(page: "Page") -> list[str]:
    return [text.strip() for text in page.locator(".card h3 > span:first-child").all_inner_texts()]


def wait_for_answers(page: "Page", number: int) -> None:
    page.wait_for_function("number => document.querySelectorAll('.is-answered').length === number", arg=number)


def look_now(page: "Page") -> None:
    """Let the page look at the service as when somebody comes back to it, not after five seconds."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def halves() -> bytes:
    """Return a picture that is red on the left, black on the right."""
    image, stream = Image.new("RGB", (64, 32)), io.BytesIO()
    image.paste((255, 0, 0), (0, 0, 32, 32))
    image.save(stream, "PNG")
    return stream.getvalue()


@in_browser
def test_a_picture_is_chosen_and_answered_with_bars_and_the_time_it_took(
    visit: Callable[..., "Page"], picture: Picture
) -> None:
    page = visit()
    upload(page, ("cat <b>.png", picture((250, 0, 0))))
    wait_for_answers(page, 1)
    card = page.locator(".card")
    assert re.fullmatch(r"red\s+\d\d\.\d %", card.locator("h3").inner_text())
    shares = card.locator(".bar").evaluate_all(
        "bars => bars.map((bar) => Number(bar.style.getPropertyValue('--share')))"
    )
    assert len(shares) == 3
    assert sum(shares) == pytest.approx(1, abs=1e-4)
    assert re.search(r"\d (ms|s)$", card.locator(".origin .number").inner_text())
    assert "cat <b>.png: red, " in page.locator("#news").inner_text()
    page.select_option("#shown", "1")
    assert card.locator(".bar").count() == 1


@in_browser
def test_several_pictures_keep_their_order_and_one_that_is_none_harms_no_other(
    visit: Callable[..., "Page"], picture: Picture
) -> None:
    page = visit()
    upload(page, ("1.png", picture((250, 0, 0))), ("2.txt", b"no picture"), ("3.png", picture((0, 0, 250))))
    wait_for_answers(page, 2)
    page.wait_for_selector(".is-refused")
    assert headings(page) == ["red", "No answer", "blue"]
    reason = page.locator(".is-refused .reason").inner_text()
    assert reason.startswith("This is no image that can be read. ")
    assert page.locator("#tally").inner_text() == "3 pictures: 1 \u00d7 red, 1 \u00d7 blue"
    upload(page, ("4.png", picture((0, 250, 0))))
    wait_for_answers(page, 3)
    assert headings(page)[0] == "green"
    page.click("#clear")
    assert page.locator("#answers").is_hidden()


@in_browser
@pytest.mark.parametrize(("kind", "holder"), [("paste", "clipboardData"), ("drop", "dataTransfer")])
def test_a_picture_is_pasted_or_dropped(visit: Callable[..., "Page"], picture: Picture, kind: str, holder: str) -> None:
    page = visit()
    page.evaluate(
        """([kind, holder, bytes]) => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], "came.png", { type: "image/png" }));
            const made = kind === "paste" ? ClipboardEvent : DragEvent;
            document.body.dispatchEvent(new made(kind, { [holder]: data, bubbles: true, cancelable: true }));
        }""",
        [kind, holder, list(picture((0, 250, 0)))],
    )
    wait_for_answers(page, 1)
    assert headings(page) == ["green"]


@in_browser
def test_why_draws_where_a_class_is_seen_and_says_it_in_words(visit: Callable[..., "Page"]) -> None:
    page = visit()
    upload(page, ("halves.png", halves()))
    wait_for_answers(page, 1)
    heat = page.locator(".heat")
    assert heat.is_hidden()
    page.get_by_role("button", name="Why?").click()
    heat.wait_for(state="visible")
    said = page.locator(".why p").inner_text()
    assert re.fullmatch(r"What speaks most for red is at the top left: covering it takes away \d\.\d points\.", said)
    alphas = heat.evaluate(
        """(canvas) => {
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            return [data[3], data[(canvas.width - 1) * 4], data[0]];
        }"""
    )
    assert alphas[0] > 200
    assert alphas[2] == 255, "orange speaks for it"
    shown, picture = heat.bounding_box(), page.locator(".picture img").bounding_box()
    assert shown == pytest.approx(picture, abs=1)
    page.get_by_label("Strength").fill("30")
    assert heat.evaluate("(canvas) => canvas.style.opacity") == "0.3"
    page.get_by_role("combobox", name="Class", exact=True).select_option("blue")
    page.locator(".why p", has_text="for blue").wait_for()
    page.get_by_role("button", name="Why?").click()
    assert heat.is_hidden()


@in_browser
def test_a_busy_service_is_asked_again_when_it_says_so(visit: Callable[..., "Page"], picture: Picture) -> None:
    refusals: list[int] = []

    def refuse_twice(route: "Route") -> None:
        if len(refusals) == 2:
            route.continue_()
            return
        refusals.append(503)
        problem = {"title": "The service has too much to do", "detail": "the queue is full", "status": 503}
        headers = {"Retry-After": "1", "Content-Type": "application/problem+json"}
        route.fulfill(status=503, headers=headers, body=json.dumps(problem))

    page = visit(prepare=lambda page: page.route("**/v1/predict*", refuse_twice))
    upload(page, ("cat.png", picture((250, 0, 0))))
    page.get_by_text("Busy; again in 1 s").wait_for()
    wait_for_answers(page, 1)
    assert len(refusals) == 2


@in_browser
def test_a_service_that_is_away_is_said_to_be_and_can_be_asked_again(
    visit: Callable[..., "Page"], picture: Picture
) -> None:
    page = visit()
    page.wait_for_selector("body[data-state=ready]")
    page.route("**/v1/predict*", lambda route: route.abort())
    page.route("**/readyz", lambda route: route.abort())
    upload(page, ("cat.png", picture((250, 0, 0))))
    page.wait_for_selector(".is-refused")
    assert "did not answer" in page.locator(".reason").inner_text()
    look_now(page)
    page.wait_for_selector("body[data-state=away]")
    page.unroute("**/v1/predict*")
    page.unroute("**/readyz")
    page.get_by_role("button", name="Try again").click()
    wait_for_answers(page, 1)
    page.wait_for_selector("body[data-state=ready]")


@in_browser
def test_the_model_and_the_service_stand_beside_the_pictures(visit: Callable[..., "Page"], picture: Picture) -> None:
    page = visit()
    page.locator(".labels li").first.wait_for()
    model = page.locator("#model").inner_text()
    assert all(word in model for word in ("classifier", "v1.0.0", "fp32", "4 \u00d7 4, colour", "red", "green", "blue"))
    assert page.locator(".standing").inner_text() == "ready, classifier@v1.0.0"
    page.locator("#program", has_text=re.compile(r"winnow \d")).wait_for()
    upload(page, ("cat.png", picture((250, 0, 0))))
    wait_for_answers(page, 1)
    look_now(page)
    page.locator("#health .facts > div", has_text=re.compile(r"answered since its start\s*1$")).wait_for()


def asked_for_examples(page: "Page") -> list[str]:
    """Return the places that were asked for, all of the model that the page shows."""
    names = page.evaluate("performance.getEntriesByType('resource').map(({ name }) => name)")
    places = [name.partition("/v1/examples/")[2] for name in names if "/v1/examples/" in name]
    assert all(re.search(r"\?file_sha256=[0-9a-f]{64}$", place) for place in places)
    return sorted(place.partition("?")[0] for place in places)


def wait_for_examples(page: "Page", number: int) -> None:
    seen = "[...document.querySelectorAll('.examples img')].filter((image) => image.naturalWidth > 0).length"
    page.wait_for_function(f"number => {seen} === number", arg=number)


@in_browser
def test_each_class_shows_its_examples_and_a_class_without_any_its_name_alone(
    visit: Callable[..., "Page"], pictured: Path
) -> None:
    page = visit(model=pictured)
    wait_for_examples(page, 5)
    rows = page.locator(".labels li")
    assert [row.inner_text().strip() for row in rows.all()] == ["red", "green", "blue"]
    assert [row.locator("img").count() for row in rows.all()] == [2, 3, 0]
    first = rows.first.locator("img").first
    assert first.evaluate("(image) => [image.naturalWidth, getComputedStyle(image).imageRendering]") == [8, "pixelated"]
    drawn = """(image) => {
        const canvas = new OffscreenCanvas(8, 8).getContext("2d");
        canvas.drawImage(image, 0, 0);
        return [...canvas.getImageData(4, 4, 1, 1).data];
    }"""
    assert first.evaluate(drawn) == pytest.approx([250, 0, 0, 255], abs=2)
    # The label says it already, so the pictures are silent.
    assert rows.first.locator("img").evaluate_all("(images) => images.map(({ alt }) => alt)") == ["", ""]
    assert "as it sees them" in page.locator("#model").inner_text()


@in_browser
def test_examples_are_asked_for_when_their_row_comes_into_sight(
    visit: Callable[..., "Page"], write_model: Callable[..., Path], tmp_path: Path, examples: list[list[bytes]]
) -> None:
    num_classes = 60
    model = write_model(tmp_path, examples=[examples[0]] * num_classes, num_classes=num_classes)
    page = visit(model=model)
    fold = page.locator("summary", has_text="What it tells apart")
    fold.locator("text=60 classes").wait_for()
    page.wait_for_timeout(300)
    assert asked_for_examples(page) == [], "a long list is closed at first"
    fold.click()
    page.wait_for_function("() => document.querySelector('.examples img').naturalWidth > 0")
    page.wait_for_timeout(300)
    seen = asked_for_examples(page)
    assert "0/0" in seen
    assert len(seen) < num_classes
    assert not any(place.startswith("59/") for place in seen)
    page.locator(".labels").evaluate("(list) => list.scrollTo(0, list.scrollHeight)")
    page.wait_for_function("() => [...document.querySelectorAll('.examples img')].at(-1).naturalWidth > 0")
    assert {"59/0", "59/1"} <= set(asked_for_examples(page))


@in_browser
def test_examples_that_could_not_be_had_are_asked_for_again_and_nothing_else_suffers(
    visit: Callable[..., "Page"], pictured: Path
) -> None:
    refused: list[str] = []

    def refuse(route: "Route") -> None:
        refused.append(route.request.url)
        route.abort()

    page = visit(model=pictured, prepare=lambda page: page.route("**/v1/examples/**", refuse))
    page.locator(".labels li").first.wait_for()
    page.wait_for_timeout(300)
    assert 1 <= len(refused) <= 5, "not again and again"
    page.unroute("**/v1/examples/**")
    fold = page.locator("summary", has_text="What it tells apart")
    fold.click()
    fold.click()
    wait_for_examples(page, 5)


@in_browser
def test_examples_need_the_key_that_everything_needs(visit: Callable[..., "Page"], pictured: Path) -> None:
    page = visit(Settings(access=Access(api_keys=("key-1",))), model=pictured)
    field = page.get_by_label("Key", exact=True)
    field.fill("key-1")
    field.press("Enter")
    wait_for_examples(page, 5)


@in_browser
def test_a_model_without_examples_has_its_labels_and_asks_for_nothing(visit: Callable[..., "Page"]) -> None:
    page = visit()
    page.locator(".labels li").first.wait_for()
    assert page.locator(".examples").count() == 0
    assert asked_for_examples(page) == []


@in_browser
def test_a_service_with_keys_is_given_one_that_is_kept_nowhere(visit: Callable[..., "Page"], picture: Picture) -> None:
    page = visit(Settings(access=Access(api_keys=("key-1",))))
    field = page.get_by_label("Key", exact=True)
    field.wait_for()
    upload(page, ("cat.png", picture((250, 0, 0))))
    page.wait_for_selector(".is-refused")
    field.fill("key-2")
    field.press("Enter")
    page.get_by_text("This key was not accepted.").wait_for()
    field.fill("key-1")
    field.press("Enter")
    wait_for_answers(page, 1)
    page.locator(".labels li").first.wait_for()
    assert page.locator("#key").is_hidden()
    kept = page.evaluate(
        "[document.cookie, JSON.stringify(localStorage), JSON.stringify(sessionStorage), location.href]"
    )
    assert not any("key-1" in each for each in kept)


@in_browser
def test_a_service_without_a_log_wants_no_feedback_and_keeps_nothing(
    visit: Callable[..., "Page"], picture: Picture
) -> None:
    page = visit()
    page.locator("#program", has_text=re.compile(r"winnow \d")).wait_for()
    page.get_by_text("Neither pictures nor answers are kept.").wait_for()
    upload(page, ("cat.png", picture((250, 0, 0))))
    wait_for_answers(page, 1)
    assert page.get_by_role("button", name="Not right?").count() == 0


@in_browser
@pytest.mark.parametrize(
    ("has_images", "words"), [(False, "the pictures are not."), (True, "Pictures are kept for a time")]
)
def test_a_service_with_a_log_says_so_and_notes_what_a_person_knows_better(
    visit: Callable[..., "Page"], picture: Picture, tmp_path: Path, has_images: bool, words: str
) -> None:
    log = tmp_path / "log"
    collecting = Collecting(str(log), tmp_path / "buffer", max_segment_s=0.1, has_images=has_images, level="pictures")
    page = visit(Settings(collecting=collecting))
    page.locator("#logged", has_text=words).wait_for()
    page.locator("#program", has_text=re.compile(r"winnow \d")).wait_for()
    upload(page, ("cat.png", picture((250, 0, 0))))
    wait_for_answers(page, 1)
    page.get_by_role("button", name="Not right?").click()
    page.get_by_role("combobox", name="It is").select_option("blue")
    page.get_by_role("button", name="Send").click()
    page.locator(".wrong").get_by_text("Noted: blue.").wait_for()
    said: list[FeedbackEntry] = []
    while not said:
        said = list(TrafficLog(Folder(log)).feedback())
        page.wait_for_timeout(50)
    assert [(each.image, each.label, len(each.request_id)) for each in said] == [(0, "blue", 32)]


def press_until(page: "Page", is_there: str) -> None:
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate(f"(() => {{ const at = document.activeElement; return {is_there}; }})()"):
            return
    raise AssertionError(f"the tabulator does not lead to {is_there}")


@in_browser
def test_all_of_it_works_by_keyboard(visit: Callable[..., "Page"]) -> None:
    page = visit()
    # Choosers are caught from now on: Playwright begins it beside the next key, and the real one opens before that.
    page.on("filechooser", lambda _: None)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id === 'intake'")  # the browser follows a link at its next frame
    press_until(page, "at.id === 'choose'")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    with page.expect_file_chooser() as chosen:
        page.keyboard.press("Enter")
    chosen.value.set_files({"name": "halves.png", "mimeType": "image/png", "buffer": halves()})
    wait_for_answers(page, 1)
    press_until(page, "at.textContent === 'Why?'")
    page.keyboard.press("Enter")
    page.locator(".heat").wait_for(state="visible")
    press_until(page, "at.type === 'range'")
    before = page.get_by_label("Strength").input_value()
    page.keyboard.press("ArrowLeft")
    assert int(page.get_by_label("Strength").input_value()) < int(before)
    page.keyboard.press("Shift+Tab")
    for _ in range(10):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.textContent.startsWith('Remove ')"):
            break
    page.keyboard.press("Enter")
    assert page.locator(".card").count() == 0
    assert page.evaluate("document.activeElement.id") == "choose"


@in_browser
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_is_wider_than_the_window(
    visit: Callable[..., "Page"], picture: Picture, width: int, pictured: Path
) -> None:
    page = visit(model=pictured, viewport={"width": width, "height": 740}, has_touch=width < 500, is_mobile=width < 500)
    upload(page, (f"{'long' * 30}.png", picture((250, 0, 0), size=(300, 20))), ("no", b"picture"))
    wait_for_answers(page, 1)
    page.get_by_role("button", name="Why?").click()
    page.locator(".heat").wait_for(state="visible")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("#photograph").is_visible() == (width < 500)
    if width < 500:
        boxes = [button.bounding_box() for button in page.locator(".actions .button, .ways .button:visible").all()]
        assert min(box["height"] for box in boxes if box) >= 40


@in_browser
def test_light_and_dark_follow_the_system_until_somebody_chooses(visit: Callable[..., "Page"]) -> None:
    page = visit(color_scheme="dark")

    def is_dark() -> bool:
        return bool(page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark")

    assert is_dark()
    page.emulate_media(color_scheme="light")
    assert not is_dark()
    page.get_by_label("Dark").check(force=True)
    assert is_dark()
    page.reload()
    assert is_dark()
    page.get_by_label("Auto").check(force=True)
    assert not is_dark()


@in_browser
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 360)])
def test_axe_finds_nothing_serious(
    visit: Callable[..., "Page"], picture: Picture, scheme: str, width: int, pictured: Path
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = visit(model=pictured, color_scheme=scheme, viewport={"width": width, "height": 800})
    page.locator(".labels li").last.scroll_into_view_if_needed()
    wait_for_examples(page, 5)
    assert serious(Axe().run(page).response) == []
    upload(page, ("halves.png", halves()), ("2.png", picture()), ("no.txt", b"picture"))
    wait_for_answers(page, 2)
    page.wait_for_selector(".is-refused")
    page.get_by_role("button", name="Why?").first.click()
    page.locator(".heat").first.wait_for(state="visible")
    assert serious(Axe().run(page).response) == []


def serious(response: dict[str, Any]) -> list[str]:
    found = [each for each in response["violations"] if each["impact"] in {"serious", "critical"}]
    return [f"{each['id']}: {node['html']} {node['failureSummary']}" for each in found for node in each["nodes"]]
