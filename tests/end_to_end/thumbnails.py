"""Small pictures, as they lie beside an exported model."""

import io

from PIL import Image


def webp(color: int | tuple[int, int, int], size: int = 8) -> bytes:
    """Return a WebP of one colour, or of one gray, with a white dot at its top left."""
    image = Image.new("L" if isinstance(color, int) else "RGB", (size, size), color)
    image.putpixel((0, 0), 255 if isinstance(color, int) else (255, 255, 255))
    stream = io.BytesIO()
    image.save(stream, "WEBP", lossless=True)
    return stream.getvalue()
