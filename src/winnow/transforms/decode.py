"""From an image file's bytes to an upright picture in memory, or a refusal that says why.

The same gate stands before `add`, `prepare`, `predict` and the service: what was let in once is always readable.
"""

import io
import logging
import re
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from PIL import Image, UnidentifiedImageError

from winnow.errors import InputError
from winnow.transforms.tiff import require_all_strips, require_modest_tags, silent_libtiff

T = TypeVar("T")

# What Pillow decodes itself and knows by a signature: PostScript would start a program, TGA has no signature, an ICO
# holds several pictures. A phone's MPO is a JPEG.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "JPEG2000", "AVIF")

# Pillow reads the header of a PPM byte by byte, and comments in it may be of any length.
_PPM = (b"P4", b"P5", b"P6")
_MAX_PPM_HEADER = 1 << 16
_COMMENT = re.compile(rb"#[^\r\n]*")

# PPM's variants whose pixels are text: Pillow reads them number by number, minutes for a large file.
_PLAIN_PPM = re.compile(rb"P[123]\s")

# A file that begins like an image, yet has no readable header, is cut or broken.
_SIGNATURE = re.compile(
    rb"\xff\xd8\xff|\x89PNG|GIF8|II\*\0|MM\0\*|RIFF....WEBP|\0\0\0\x0cjP  |....ftypavi[fs]", re.DOTALL
)

MODES = frozenset(
    ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "RGBa", "CMYK", "YCbCr", "I", "I;16", "I;16L", "I;16B", "I;16N")
)
_MAX_UINT16 = 65535
_MAX_REASON = 200

# Pillow's limit is one for the whole process: threads take turns with it.
_TURN = threading.Lock()

# EXIF tag 0x0112 (CIPA DC-008, "Orientation"): how the stored rows and columns must be turned to stand upright.
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class ImageProblem(InputError):  # noqa: N818 - it is the image that has the problem, not the program
    """An image that is refused; `check` is the stable id under which it is quarantined."""

    def __init__(self, check: str, message: str, *, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.check = check


def decode(content: bytes, *, max_pixels: int) -> Image.Image:
    """Return the picture in `content`, every pixel loaded, turned upright, in the mode of the file.

    Raises ImageProblem: Q101 no image, Q102 empty, Q103 truncated or corrupt, Q104 more than `max_pixels` (told from
    the header: no pixel has been decoded by then), Q105 animated or several pages, Q106 a mode that cannot be brought
    to 8 bits.
    """
    if not content:
        raise ImageProblem("Q102", "expected an image, got an empty file", hint="copy the file again")
    _quiet_pillow()
    image = _open(content, max_pixels)
    # A phone's MPO holds a preview or a depth map beside the picture, which comes first: no animation.
    if image.format != "MPO" and _load(lambda: getattr(image, "is_animated", False)):
        message = f"expected one picture, got a {image.format} with several frames or pages"
        raise ImageProblem("Q105", message, hint="save the frame you mean as a file of its own")
    _load(lambda: _load_tiff(image) if image.format == "TIFF" else image.load())
    _require_mode(image)
    return _upright(image)


def _quiet_pillow() -> None:
    """Keep Pillow's remarks about a file off the screen: the verdict on the file is ours."""
    # Not `catch_warnings`: it swaps global state, and the threads of a service would restore one another's.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    logging.getLogger("PIL").setLevel(logging.CRITICAL)


def _open(content: bytes, max_pixels: int) -> Image.Image:
    """Read the header only, and refuse by it."""
    if _PLAIN_PPM.match(content):
        raise ImageProblem("Q101", "expected an image, got a PPM in plain text", hint="save it as a PNG")
    if content.startswith(_PPM) and not _has_ppm_header(content[:_MAX_PPM_HEADER]):
        raise _corrupt("its header cannot be read")
    _load(lambda: require_modest_tags(content))
    try:
        with _pillows_limit(max_pixels):
            image: Image.Image = Image.open(io.BytesIO(content), formats=FORMATS)
    except UnidentifiedImageError:
        if _SIGNATURE.match(content):
            raise _corrupt("its header cannot be read") from None
        message = f"expected an image, got {len(content)} bytes that begin with {content[:8]!r}"
        raise ImageProblem("Q101", message, hint=f"readable formats: {', '.join(FORMATS)}") from None
    except Image.DecompressionBombError as error:
        raise _too_large(_told(error)) from None
    except Exception as error:  # noqa: BLE001 - Pillow's plugins raise anything at all on hostile bytes
        raise _corrupt(_told(error)) from None
    if image.width * image.height > max_pixels:
        raise _too_large(f"expected at most {max_pixels} pixels, got {image.width} x {image.height}")
    if image.width == 0 or image.height == 0:
        raise _corrupt(f"{image.width} x {image.height} pixels")
    return image


def _has_ppm_header(head: bytes) -> bool:
    """Return whether width, height and (but for P4) the largest value are in the beginning of the file."""
    num_words = 3 if head.startswith(b"P4") else 4
    return len(_COMMENT.sub(b"", head).split(maxsplit=num_words)) >= num_words


def _load(read: Callable[[], T]) -> T:
    """Run one of Pillow's readers; whatever goes wrong inside is the file's fault."""
    try:
        return read()
    except Exception as error:  # noqa: BLE001 - as in `_open`
        raise _corrupt(_told(error)) from None


def _load_tiff(image: Image.Image) -> None:
    require_all_strips(image)
    with silent_libtiff():
        image.load()


@contextmanager
def _pillows_limit(max_pixels: int) -> Iterator[None]:
    """Let Pillow refuse what is larger than `max_pixels`, and nothing else: some plugins allocate while they open."""
    with _TURN:
        usual = Image.MAX_IMAGE_PIXELS
        # Pillow warns beyond its limit and refuses beyond twice its limit.
        Image.MAX_IMAGE_PIXELS = (max_pixels + 1) // 2
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = usual


def _require_mode(image: Image.Image) -> None:
    if image.mode == "I":
        low, high = (int(value) for value in image.getextrema())  # type: ignore[arg-type] # of one band: two numbers
        if low < 0 or high > _MAX_UINT16:
            message = f"expected gray values of at most 16 bits, got {low} to {high}"
            raise ImageProblem("Q106", message, hint="scale the values to 0-65535 and save as a 16-bit PNG")
    elif image.mode not in MODES:
        message = f"expected gray, palette, RGB or CMYK pixels, got Pillow's mode {image.mode!r}"
        raise ImageProblem("Q106", message, hint="save it as an 8-bit RGB or a 16-bit gray PNG")


def _upright(image: Image.Image) -> Image.Image:
    try:
        require_modest_tags(image.info.get("exif", b"").removeprefix(b"Exif\0\0"))
        orientation = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - broken metadata does not spoil whole pixels: the picture stays as stored
        orientation = 1
    method = _UPRIGHT.get(orientation)
    if method is None:
        return image
    upright = image.transpose(method)
    upright.format = image.format
    return upright


def _told(error: Exception) -> str:
    """Return what an error says, on one short line: it may quote the file."""
    text = str(error) or type(error).__name__
    return "".join(letter if letter.isprintable() else "?" for letter in text[:_MAX_REASON])


def _corrupt(reason: str) -> ImageProblem:
    return ImageProblem("Q103", f"the image is truncated or corrupt: {reason}", hint="copy or export the file again")


def _too_large(message: str) -> ImageProblem:
    return ImageProblem("Q104", message, hint="shrink the image, or raise add.max_pixels if you trust its source")
