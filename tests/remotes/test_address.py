from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from winnow.errors import UsageError
from winnow.remotes.address import Address, parse_address, require_folder


def refusal(url: str) -> str:
    with pytest.raises(UsageError) as caught:
        parse_address(url)
    assert caught.value.hint
    return str(caught.value)


def test_a_bucket_is_taken_apart() -> None:
    assert parse_address("gs://pictures/winnow/main/") == Address(
        "gs", "gs://pictures/winnow/main/", "pictures", "winnow/main"
    )
    assert parse_address("s3://pictures") == Address("s3", "s3://pictures", "pictures", "")
    assert parse_address("s3://pictures").is_cloud


@pytest.mark.parametrize("folder", ["../storage", "/mnt/storage", "storage", r"D:\storage", r"\\nas\storage", "C:/s"])
def test_what_has_no_scheme_is_a_folder(folder: str) -> None:
    address = parse_address(folder)
    assert (address.kind, address.path, address.is_cloud) == ("folder", folder, False)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("gs:/pictures/winnow", "gs://pictures/winnow"),
        ("gs:pictures", "gs://pictures"),
        ("GS//pictures", "gs://pictures"),
        ("gcs://pictures/winnow", "gs://pictures/winnow"),
        ("S3://pictures", "s3://pictures"),
        ("s3a://pictures", "s3://pictures"),
        ("https://storage.googleapis.com/pictures/winnow", "gs://pictures/winnow"),
        ("https://console.cloud.google.com/storage/browser/pictures;tab=objects?project=x", "gs://pictures"),
        ("https://pictures.s3.eu-central-1.amazonaws.com/winnow", "s3://pictures/winnow"),
        ("https://s3.amazonaws.com/pictures/winnow/", "s3://pictures/winnow"),
    ],
)
def test_a_near_miss_is_answered_with_what_was_meant(written: str, meant: str) -> None:
    assert f"did you mean {meant}?" in refusal(written)


@pytest.mark.parametrize(
    "nonsense",
    [
        *("", " ", "gs://", "gs:///path", "gs://No Bucket", "gs://ab", "gs://pictures//twice", "gs://pictures/a?b"),
        *("s3://-x-", "gs://pictures\n", "ftp://host/path", "https://example.org/x", "file:///mnt/storage"),
    ],
)
def test_nonsense_is_refused_with_a_hint(nonsense: str) -> None:
    refusal(nonsense)


@pytest.mark.parametrize("scheme", ["s3://", "S3://", "s3:/", "https://"])
def test_a_password_in_the_address_is_refused_and_not_repeated(scheme: str) -> None:
    assert "hunter2" not in refusal(f"{scheme}user:hunter2@pictures/winnow")


@given(st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_any_text_is_taken_or_refused_with_a_hint(text: str) -> None:
    try:
        address = parse_address(text)
    except UsageError as error:
        assert error.hint  # noqa: PT017 - either outcome is right, each in its form
    else:
        assert address.url == text


def test_a_folder_may_be_new_but_not_out_of_nowhere(tmp_path: Path) -> None:
    assert require_folder(parse_address("storage"), tmp_path) == tmp_path / "storage"
    with pytest.raises(UsageError, match="found neither"):
        require_folder(parse_address("bucket/path"), tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="got the file"):
        require_folder(parse_address("file"), tmp_path)
