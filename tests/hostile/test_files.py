"""Every file of the corpus, alone."""

import base64
import contextlib
import io
import json
import subprocess
import sys
import time

import pytest
from corpus_files import FINE, HostileFile, corpus
from corpus_pictures import plain
from law import MAX_PIXELS, breach, outcome
from PIL import Image

from winnow.ingest.quarantine import Refusal
from winnow.transforms.decode import ImageProblem, decode
from winnow.transforms.preprocess import preprocess
from winnow.transforms.spec import PreprocessSpec

FAMILIES = (
    "alien",
    "bomb",
    "byte",
    "comment",
    "cut",
    "exif",
    "liar",
    "mode",
    "segment",
    "several",
    "unwanted",
    "whole",
    "xmp",
)

SMALL = PreprocessSpec(
    size=32, channels=3, fit="stretch", resample="bilinear", alpha="composite", background=[255, 255, 255]
)

# A file takes milliseconds; a busy machine many times as long.
PATIENCE_S = 5.0


def family(name: str) -> list[HostileFile]:
    return [file for file in corpus() if file.name.partition("-")[0] == name]


def small_picture(content: bytes) -> bytes:
    """Return a picture as a network would see it."""
    return preprocess(decode(content, max_pixels=MAX_PIXELS), SMALL).tobytes()


def test_the_corpus_is_large_and_every_name_is_there_once() -> None:
    assert len(corpus()) >= 1_000
    assert len({file.name for file in corpus()}) == len(corpus())
    assert {file.name.partition("-")[0] for file in corpus()} == set(FAMILIES)


@pytest.mark.parametrize("name", FAMILIES)
def test_every_file_is_accepted_exactly_or_refused_with_a_reason(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    found, took = {}, {}
    for file in family(name):
        start = time.perf_counter()
        found[file] = outcome(file.content)
        took[file.name] = time.perf_counter() - start
    # Nor does a library of Pillow's talk about a file behind our back.
    assert capfd.readouterr() == ("", "")
    assert {file: seconds for file, seconds in took.items() if seconds > PATIENCE_S} == {}
    verdicts = {file: got.check if isinstance(got, Refusal) else FINE for file, got in found.items()}
    assert {file.name: got for file, got in verdicts.items() if file.expected and got not in file.expected} == {}
    breaches = {file.name: breach(file.content, got) for file, got in found.items()}
    assert {file: said for file, said in breaches.items() if said} == {}


@pytest.mark.parametrize("name", FAMILIES)
def test_removing_metadata_changes_no_verdict_and_no_picture(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    different = {}
    for file in family(name):
        kept, stripped = (outcome(file.content, strip_metadata=strips) for strips in (False, True))
        # The mode may be another, where a format had to be exchanged: 16-bit gray has several.
        same = [
            (found.check,) if isinstance(found, Refusal) else (found.width, found.height, small_picture(found.bytes))
            for found in (kept, stripped)
        ]
        if same[0] != same[1]:
            different[file.name] = same
    assert different == {}
    assert capfd.readouterr() == ("", "")


def test_a_cut_file_is_whole_or_refused_but_never_padded() -> None:
    whole = {name: decode(content, max_pixels=MAX_PIXELS).tobytes() for name, content in plain().items()}
    padded = []
    for file in family("cut"):
        name = file.name.removeprefix("cut-").rpartition("-")[0]
        with contextlib.suppress(ImageProblem):
            if decode(file.content, max_pixels=MAX_PIXELS).tobytes() != whole[name]:
                padded.append(file.name)
    assert padded == []


MEASURE = """
import json, sys, base64
from winnow.transforms.decode import ImageProblem, decode
from winnow.transforms.preprocess import preprocess
from winnow.transforms.spec import PreprocessSpec

def peak_bytes():
    if sys.platform == "win32":
        import psutil
        return psutil.Process().memory_info().peak_wset
    import resource
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

files = [base64.b64decode(line) for line in sys.stdin]
before = peak_bytes()
for content in files:
    try:
        decode(content, max_pixels=2_000_000)
    except ImageProblem:
        pass
print(json.dumps(peak_bytes() - before))
"""


def test_no_bomb_fills_memory() -> None:
    files = [base64.b64encode(file.content) for file in family("bomb") + family("liar")]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", MEASURE], input=b"\n".join(files), capture_output=True, check=True
    )
    # Pillow's own bound for the texts of one PNG is 64 MB.
    assert json.loads(done.stdout) < 120_000_000
    assert done.stderr == b""


def test_an_image_of_the_largest_size_allowed_is_accepted() -> None:
    stream = io.BytesIO()
    Image.new("L", (MAX_PIXELS, 1)).save(stream, "PNG")
    assert breach(stream.getvalue(), outcome(stream.getvalue())) == ""
    stream = io.BytesIO()
    Image.new("L", (MAX_PIXELS // 2, 3)).save(stream, "PNG")
    assert outcome(stream.getvalue()).check == "Q104"
