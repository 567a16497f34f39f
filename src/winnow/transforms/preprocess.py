"""From a decoded picture of any mode to the fixed array that a model sees.

One deterministic function serves prepare, evaluate, predict and the service, so that a model meets the same pixels in
production as in training. Pillow resizes 8-bit images in integers, hence the same array on every system.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from winnow.transforms.spec import PreprocessSpec

_RESAMPLE = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
_BLOCK_PIXELS = 1 << 20
_MODE = {1: "L", 3: "RGB", 4: "RGBA"}


def preprocess(image: Image.Image, spec: PreprocessSpec) -> NDArray[np.uint8]:
    """Return `image` as uint8 [size, size, channels], as `spec` says; `image` is left as it was.

    Gray becomes RGB by repetition, RGB becomes gray by ITU-R 601-2 luma (Pillow's `convert`). 16-bit gray is scaled by
    its full range, 65535 to 255, never by the picture's own extremes: brightness keeps its meaning across pictures.
    """
    picture = _to_8_bit(image)
    if spec.alpha == "composite":
        picture = _composite(picture, spec)
    picture = _fit(_converted(picture, _MODE[spec.channels]), spec)
    pixels = np.array(picture, dtype=np.uint8).reshape(spec.size, spec.size, spec.channels)
    if spec.alpha == "keep":
        # Colour under full transparency is whatever an editor left there; two files that look equal must be equal.
        pixels[pixels[..., 3] == 0, :3] = spec.background
    return pixels


def _to_8_bit(image: Image.Image) -> Image.Image:
    """Return `image` as L, LA, RGB or RGBA: with alpha exactly where the file knows transparency."""
    if image.mode == "I" or image.mode.startswith("I;16"):
        return _from_16_bit(image)
    is_gray = image.mode in ("1", "L", "LA")
    if image.has_transparency_data:
        return _converted(image, "LA" if is_gray else "RGBA")
    return _converted(image, "L" if is_gray else "RGB")


def _converted(image: Image.Image, mode: str) -> Image.Image:
    """Return `image` in this mode: itself when it has it already, for nothing here draws into what it was given."""
    return image if image.mode == mode else image.convert(mode)


def _from_16_bit(image: Image.Image) -> Image.Image:
    values = np.asarray(image)
    transparent = image.info.get("transparency")
    is_keyed = isinstance(transparent, int)
    gray = np.empty((*values.shape, 2 if is_keyed else 1), dtype=np.uint8)
    # Block by block: 32-bit copies of a large scan would take many times its own memory.
    step = max(1, _BLOCK_PIXELS // image.width)
    for top in range(0, image.height, step):
        block = values[top : top + step].astype(np.uint32)
        # v * 255 / 65535 = v / 257, rounded to the nearest.
        gray[top : top + step, :, 0] = (block + 128) // 257
        if is_keyed:
            gray[top : top + step, :, 1] = np.where(block == transparent, 0, 255)
    return Image.fromarray(gray if is_keyed else gray[..., 0])


def _composite(picture: Image.Image, spec: PreprocessSpec) -> Image.Image:
    """Draw a picture that has alpha over the background colour."""
    if picture.mode not in ("LA", "RGBA"):
        return picture
    canvas = Image.new("RGBA", picture.size, (*spec.background, 255))
    return Image.alpha_composite(canvas, picture.convert("RGBA")).convert("RGB")


def _fit(picture: Image.Image, spec: PreprocessSpec) -> Image.Image:
    """Return `picture` at size x size. Pillow weighs colour by alpha when it resizes RGBA."""
    resample = _RESAMPLE[spec.resample]
    square = (spec.size, spec.size)
    width, height = picture.size
    if spec.fit == "stretch":
        return picture.resize(square, resample)
    if spec.fit == "crop":
        side = min(width, height)
        left, top = (width - side) / 2, (height - side) / 2
        return picture.resize(square, resample, box=(left, top, left + side, top + side))
    longest = max(width, height)
    inner = (max(1, _scaled(width, spec.size, longest)), max(1, _scaled(height, spec.size, longest)))
    # Beside a picture whose transparency is kept there is nothing: the background's colour, transparent.
    canvas = Image.new("RGBA", square, (*spec.background, 0)).convert(picture.mode)
    canvas.paste(picture.resize(inner, resample), ((spec.size - inner[0]) // 2, (spec.size - inner[1]) // 2))
    return canvas


def _scaled(length: int, size: int, longest: int) -> int:
    """Return length * size / longest, rounded to the nearest (in integers: the same on every system)."""
    return (2 * length * size + longest) // (2 * longest)
