import sys
import threading
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

import pytest
from storage import BUCKET, Emulator, storage, variables

from winnow.errors import InputError, MachineError, UsageError
from winnow.evaluation import object_storage
from winnow.evaluation.object_storage import list_objects, read_objects

OBJECTS = {
    "in/a.png": b"one",
    "in/b [1].png": b"three",
    "in/deep/c.png": b"",
    "in/deep/": b"",
    "inside.png": b"beside it",
}


@pytest.fixture(scope="module")
def google(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with storage(tmp_path_factory.mktemp("storage")) as (emulator, proxy), pytest.MonkeyPatch.context() as patch:
        for name, value in variables(proxy.url).items():
            patch.setenv(name, value)
        for name, content in OBJECTS.items():
            if not name.endswith("/"):
                emulator.upload(BUCKET, name, content)
        yield emulator


class S3(BaseHTTPRequestHandler):
    """As much of S3 as listing and reading take; a page has two objects."""

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        asked = dict(urllib.parse.parse_qsl(query))
        key = urllib.parse.unquote(path).removeprefix("/pictures").lstrip("/")
        if "/forbidden/" in path:
            self._answer(403, b"<Error><Code>AccessDenied</Code><Message>Forbidden</Message></Error>")
        elif "list-type" in asked:
            self._answer(200, self._page(asked).encode())
        elif key in OBJECTS:
            self._answer(200, OBJECTS[key])
        else:
            self._answer(404, b"<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>")

    do_HEAD = do_GET  # noqa: N815 - the name that http.server calls

    def _page(self, asked: dict[str, str]) -> str:
        names = [name for name in sorted(OBJECTS) if name.startswith(asked["prefix"])]
        start = int(asked.get("continuation-token", 0))
        items = "".join(
            f"<Contents><Key>{escape(name)}</Key><Size>{len(OBJECTS[name])}</Size><ETag>e{name}</ETag></Contents>"
            for name in names[start : start + 2]
        )
        is_cut = start + 2 < len(names)
        token = f"<NextContinuationToken>{start + 2}</NextContinuationToken>" if is_cut else ""
        return f"<ListBucketResult><IsTruncated>{str(is_cut).lower()}</IsTruncated>{token}{items}</ListBucketResult>"

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def amazon() -> Iterator[None]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), S3)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "tester")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "none")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        yield
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.slow
def test_google_lists_page_by_page_and_reads_many_at_once(google: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_storage, "_PAGE", 2)
    listed = list(list_objects(f"gs://{BUCKET}/in/"))
    assert [name for name, *_ in listed] == ["a.png", "b [1].png", "deep/c.png"]
    assert [size for _, _, size, _ in listed] == [3, 5, 0]
    assert len({version for *_, version in listed}) == 3
    urls = [url for _, url, *_ in listed]
    assert read_objects([*urls, f"gs://{BUCKET}/in/absent.png"]) == [b"one", b"three", b"", None]


@pytest.mark.slow
def test_a_path_without_objects_is_empty_and_an_absent_bucket_an_error(google: Emulator) -> None:
    assert list(list_objects(f"gs://{BUCKET}/nothing")) == []
    with pytest.raises(InputError, match="found nothing"):
        list(list_objects("gs://absent-bucket/in"))


@pytest.mark.slow
def test_s3_lists_page_by_page_and_reads_many_at_once(amazon: None) -> None:
    listed = list(list_objects("s3://pictures/in"))
    assert [name for name, *_ in listed] == ["a.png", "b [1].png", "deep/c.png"]
    assert [size for _, _, size, _ in listed] == [3, 5, 0]
    urls = [url for _, url, *_ in listed]
    assert read_objects([*urls, "s3://pictures/in/absent.png"]) == [b"one", b"three", b"", None]


@pytest.mark.slow
def test_an_object_that_cannot_be_read_stops_the_run_instead_of_being_refused(amazon: None) -> None:
    with pytest.raises(MachineError, match=r"s3://pictures/forbidden/a\.png cannot be read: Forbidden"):
        read_objects(["s3://pictures/in/a.png", "s3://pictures/forbidden/a.png"])


def test_another_kind_of_storage_is_refused() -> None:
    with pytest.raises(UsageError, match="expected gs:// or s3://, got ftp://"):
        list(list_objects("ftp://host/in"))


def test_without_the_clients_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import fsspec

    monkeypatch.setattr(fsspec, "filesystem", unavailable)
    with pytest.raises(MachineError, match="gs:// is not installed") as caught:
        list(list_objects(f"gs://{BUCKET}"))
    assert "winnow[cloud]" in caught.value.hint
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(MachineError, match="gs:// is not installed"):
        list(list_objects(f"gs://{BUCKET}"))


def unavailable(*_: object, **__: object) -> None:
    raise ImportError("Please install gcsfs to access Google Storage")
