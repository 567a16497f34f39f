"""The page at `/`: a handful of files that ship with the package, read once, and allowed to load only each other."""

import hashlib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import NamedTuple

from fastapi import FastAPI, Request, Response

from winnow.serving.problems import NOT_FOUND, Problem

FOLDER = "web"
INDEX = "index.html"
_TYPES = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
# A picture that was chosen is shown from the browser's memory: `blob:`.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    # Asked for each time, sent only when it changed: no page talks to a service of another version.
    "Cache-Control": "no-cache",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",  # a phone's camera is another program
}


class WebFile(NamedTuple):
    """A file of the page, or a picture on it."""

    content: bytes
    media_type: str
    tag: str
    """The ETag: the content's hash."""


def read_web() -> dict[str, WebFile]:
    """Return the page's files by name."""
    return dict(_read())


def _read() -> Iterator[tuple[str, WebFile]]:
    for path in (files("winnow.serving") / FOLDER).iterdir():
        media_type = _TYPES.get(path.name.rpartition(".")[2])
        if media_type is not None:
            yield path.name, web_file(path.read_bytes(), media_type)


def web_file(content: bytes, media_type: str) -> WebFile:
    """Return what is served as a file."""
    return WebFile(content, media_type, f'"{hashlib.sha256(content).hexdigest()[:20]}"')


def add_page(app: FastAPI) -> None:
    """Add `/`, and what it loads below `/web/`; both are open, because they tell nothing that is not in the package."""
    web = read_web()

    async def index(request: Request) -> Response:
        return answer_file(web[INDEX], request)

    async def part(request: Request) -> Response:
        found = web.get(request.path_params["name"])
        if found is None:
            raise Problem(NOT_FOUND, "the page has no such file")
        return answer_file(found, request)

    for path, answer in (("/", index), (f"/{FOLDER}/{{name}}", part)):
        app.add_api_route(path, answer, methods=["GET", "HEAD"], include_in_schema=False)


def answer_file(found: WebFile, request: Request, headers: Mapping[str, str] = _HEADERS) -> Response:
    """Return a file, or 304 to a browser that has it already; `headers` are those of the page."""
    headers = {**headers, "ETag": found.tag}
    if found.tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(found.content, headers=headers, media_type=found.media_type)
