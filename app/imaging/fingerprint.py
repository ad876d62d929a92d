"""A fingerprint that stays close when a picture is scaled or encoded anew."""

from PIL import Image
from PIL.Image import Resampling


def difference_hash(image: Image.Image) -> str:
    """Return the 64-bit difference hash of a picture as 16 hex digits.

    Bits go row by row over 8 x 8 pairs of neighbours, set where the right one is lighter, as in the `dhash` of
    ImageHash (http://www.hackerfactor.com/blog/index.php?/archives/529-Kind-of-Like-That.html).
    """
    gray = image.convert("L").resize((9, 8), Resampling.LANCZOS).tobytes()
    bits = 0
    for row in range(0, 72, 9):
        for left in range(row, row + 8):
            bits = bits << 1 | (gray[left + 1] > gray[left])
    return f"{bits:016x}"
