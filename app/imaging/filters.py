"""Filters of RGB and RGBA pictures, which let no colour of what is transparent be seen."""

from typing import Final

from PIL import Image, ImageFilter

SHARPEN_RADIUS_PX: Final = 1


def blur(picture: Image.Image, sigma: float) -> Image.Image:
    """Blur with colours weighed by their alpha, so that what is transparent gives no colour away."""
    gaussian = ImageFilter.GaussianBlur(sigma)
    if picture.mode == "RGBA":
        return picture.convert("RGBa").filter(gaussian).convert("RGBA")
    return picture.filter(gaussian)


def sharpen(picture: Image.Image, percent: int, radius: float) -> Image.Image:
    """Sharpen the colours; edges of what is transparent stay as they are."""
    mask = ImageFilter.UnsharpMask(radius, percent, threshold=0)
    sharpened = picture.convert("RGB").filter(mask)
    if picture.mode == "RGBA":
        sharpened.putalpha(picture.getchannel("A"))
    return sharpened


def flatten_over(picture: Image.Image, color: str) -> Image.Image:
    """Return the picture over a colour, mode RGB."""
    if picture.mode != "RGBA":
        return picture
    canvas = Image.new("RGB", picture.size, color)
    canvas.paste(picture, mask=picture.getchannel("A"))
    return canvas
