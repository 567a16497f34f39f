"""Objects of Google Cloud Storage and S3: listed page by page, read many at a time (fsspec, as DVC does)."""

from collections.abc import Iterator, Sequence
from typing import Any

from winnow.errors import InputError, MachineError, UsageError

SCHEMES = ("gs", "s3")
_PAGE = 1000
_HINT = "check the address and the credential (`winnow doctor remote`); the same command goes on where it stopped"


def is_url(text: str) -> bool:
    """Return whether `text` names something in a storage, and no file."""
    return "://" in text


def list_objects(url: str) -> Iterator[tuple[str, str, int, str]]:
    """Yield name below `url`, URL, size in bytes and checksum of every object there, in the order of their names.

    A page of 1,000 is in memory at a time. Raises UsageError for an unknown kind of storage, InputError when nothing is
    there, MachineError when the storage does not answer or the extra `cloud` is not installed.
    """
    scheme, _, rest = url.partition("://")
    client = _client(scheme)
    bucket, _, prefix = rest.partition("/")
    prefix = f"{prefix.rstrip('/')}/" if prefix.strip("/") else ""
    pages = (_pages_gs if scheme == "gs" else _pages_s3)(client, bucket, prefix)
    while True:
        try:
            page = next(pages, None)
        except FileNotFoundError as error:
            raise InputError(f"expected {url}, found nothing: {error}", hint=_HINT) from None
        except Exception as error:  # the client libraries raise anything at all
            raise _no_answer(url, error) from error
        if page is None:
            return
        for name, num_bytes, version in page:
            # What ends in a slash is a folder that a browser made.
            if not name.endswith("/"):
                yield name.removeprefix(prefix), f"{scheme}://{bucket}/{name}", num_bytes, version


def read_objects(urls: Sequence[str]) -> list[bytes | None]:
    """Return the bytes of objects of one storage, None for one that is not there; they are fetched side by side.

    Raises UsageError for an unknown kind of storage, MachineError when the storage does not answer: an image must not
    be refused because the network was down.
    """
    if not urls:
        return []
    client = _client(urls[0].partition("://")[0])
    try:
        # Not `cat`: it takes a name with brackets for a pattern.
        fetched = client.cat_ranges([url.partition("://")[2] for url in urls], None, None, on_error="return")
    except Exception as error:  # the client libraries raise anything at all
        raise _no_answer(urls[0], error) from error
    return [_content(url, got) for url, got in zip(urls, fetched, strict=True)]


def _content(url: str, got: bytes | Exception) -> bytes | None:
    if isinstance(got, FileNotFoundError):
        return None
    if isinstance(got, Exception):
        raise _no_answer(url, got) from got
    return bytes(got)


def _no_answer(place: str, error: Exception) -> MachineError:
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return MachineError(f"{place} cannot be read: {reason}", hint=_HINT)


def _client(scheme: str) -> Any:
    if scheme not in SCHEMES:
        raise UsageError(f"expected gs:// or s3://, got {scheme}://", hint="copy the images into a folder first")
    try:
        import fsspec

        # Without the cache of listings, which would hold every object's description.
        return fsspec.filesystem(scheme, use_listings_cache=False)
    except ImportError as error:
        raise MachineError(
            f"the client for {scheme}:// is not installed: {error}", hint="pip install winnow[cloud]"
        ) from error


def _pages_gs(client: Any, bucket: str, prefix: str) -> Iterator[list[tuple[str, int, str]]]:
    """Yield name, size and checksum, page by page (Cloud Storage JSON API, `objects.list`)."""
    # `find` of gcsfs would return the whole bucket at once.
    query = {"prefix": prefix, "maxResults": _PAGE, "fields": "items(name,size,crc32c),nextPageToken"}
    while True:
        page = client.call("GET", "b/{}/o", bucket, json_out=True, **query)
        yield [(item["name"], int(item["size"]), item.get("crc32c", "")) for item in page.get("items", [])]
        if not page.get("nextPageToken"):
            return
        query["pageToken"] = page["nextPageToken"]


def _pages_s3(client: Any, bucket: str, prefix: str) -> Iterator[list[tuple[str, int, str]]]:
    """Yield name, size and checksum, page by page (S3 API, `ListObjectsV2`)."""
    query: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix, "MaxKeys": _PAGE}
    while True:
        page = client.call_s3("list_objects_v2", **query)
        yield [(item["Key"], int(item["Size"]), item.get("ETag", "")) for item in page.get("Contents", [])]
        if not page.get("IsTruncated"):
            return
        query["ContinuationToken"] = page["NextContinuationToken"]
