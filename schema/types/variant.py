"""One rendering of an image: an address, and what its bytes are."""

from dataclasses import replace

import strawberry

from app.domain import image as domain
from app.domain import placing, variant
from app.domain.errors import InvalidInput
from app.services.presets import Presets
from schema.context import Info
from schema.scalars import URL, BigInt, HexColor

DEFAULT_FORMATS = (variant.VariantFormat.AVIF, variant.VariantFormat.WEBP, variant.VariantFormat.AUTO)

strawberry.enum(
    domain.ThumbnailSize, description="A thumbnail by its longer side at most: 150, 400 or 800 px; never enlarged."
)
strawberry.enum(
    variant.VariantFormat,
    description="The format of a rendering's bytes. AUTO follows what the client accepts: AVIF before WEBP before "
    "JPEG, or PNG where something is transparent.",
)
strawberry.enum(
    variant.Fit,
    description="How a picture gets into a box of `width` x `height`; a side that is not given follows from the "
    "proportions. INSIDE is as large as the box allows, and never enlarged. CONTAIN is INSIDE on a canvas that fills "
    "the box. COVER fills the box and cuts off what is over; FILL fills it and gives the proportions up.",
)
strawberry.enum(
    placing.Gravity,
    description="What COVER keeps, and where CONTAIN puts the picture. ATTENTION keeps what draws the eye: edges, "
    "vivid colours and the colours of skin; to CONTAIN it is CENTER.",
)


@strawberry.type(description="A rendering of an image; its size and format are those of its bytes.")
class Variant:
    url: URL = strawberry.field(description="Where its bytes are, or will be once the image is ready.")
    width: int = strawberry.field(description="Width in px.")
    height: int = strawberry.field(description="Height in px.")
    format: variant.VariantFormat = strawberry.field(description="The format of its bytes.")
    byte_size: BigInt | None = strawberry.field(
        description="Size in bytes; null until it is made, and for AUTO, which has several."
    )


@strawberry.type(description="The renderings of an image in one format, as a browser chooses among them.")
class SrcSet:
    format: variant.VariantFormat = strawberry.field(description="The format of all of them.")
    mime_type: str | None = strawberry.field(description="For the `type` of a <source>; null for AUTO.")
    value: str = strawberry.field(description="The `srcset`: addresses, each with its width.")


@strawberry.type(description="What an <img> or <picture> needs for an image of several widths.")
class Responsive:
    src: URL = strawberry.field(description="The widest rendering, in the last of the formats.")
    src_set: list[SrcSet] = strawberry.field(description="One for each format, in the order that was asked for.")
    sizes: str = strawberry.field(description="The `sizes` of an image that is as wide as the page, up to its own.")
    width: int = strawberry.field(description="Width of `src` in px.")
    height: int = strawberry.field(description="Height of `src` in px.")


@strawberry.input(description="A part of the picture as shown, in px from its upper left corner.")
class CropInput:
    x: int = strawberry.field(description="Its left edge.")
    y: int = strawberry.field(description="Its upper edge.")
    width: int = strawberry.field(description="Its width.")
    height: int = strawberry.field(description="Its height.")


@strawberry.input(description="A point of the picture as shown, before it is cropped and rotated.")
class FocalPointInput:
    x: float = strawberry.field(description="From the left edge, 0, to the right one, 1; to a thousandth.")
    y: float = strawberry.field(description="From the upper edge, 0, to the lower one, 1; to a thousandth.")


@strawberry.input(
    description="What else a variant can be. The order: crop, rotate, fit, blur, sharpen, background, watermark."
)
class VariantOptions:
    gravity: placing.Gravity = strawberry.field(
        default=placing.Gravity.CENTER, description="What COVER keeps, and where CONTAIN puts the picture."
    )
    focal_point: FocalPointInput | None = strawberry.field(
        default=None, description="What COVER keeps in its middle as far as there is room, whatever the gravity."
    )
    background: HexColor | None = strawberry.field(
        default=None, description="Behind what is transparent; without it, that stays so, and is white in a JPEG."
    )
    blur: float = strawberry.field(
        default=0.0, description="Standard deviation in px of the result: 0 to 100, to a tenth."
    )
    sharpen: int = strawberry.field(default=0, description="Strength in percent, 0 to 500.")
    rotate: int = strawberry.field(default=0, description="Clockwise: 0, 90, 180 or 270 degrees.")
    frame: int = strawberry.field(default=0, description="Of an animation, counted from 0.")
    animated: bool = strawberry.field(
        default=False,
        description="All frames of an animation, as WEBP; with AUTO for clients that accept it, and the first frame "
        f"for others. At most {variant.MAX_MOVING_PIXELS:,} px of all frames together.",
    )
    crop: CropInput | None = strawberry.field(default=None, description="The part to be shown.")
    watermark: bool = strawberry.field(
        default=False, description="The watermark of this server over it, where the server puts it on edited pictures."
    )


def make_spec(
    *,
    width: int | None,
    height: int | None,
    fit: variant.Fit | None,
    format: variant.VariantFormat | None,
    quality: int | None,
    options: VariantOptions | None,
) -> variant.VariantSpec:
    """Return what is asked for. Raises: InvalidInput."""
    options = options or VariantOptions()
    crop, point = options.crop, options.focal_point
    return variant.VariantSpec(
        width=width,
        height=height,
        fit=fit or variant.Fit.INSIDE,
        gravity=options.gravity,
        format=format or variant.VariantFormat.AUTO,
        quality=quality,
        background=options.background,
        blur=options.blur,
        sharpen=options.sharpen,
        rotate=options.rotate,
        frame=options.frame,
        is_animated=options.animated,
        is_marked=options.watermark,
        crop=placing.Crop(crop.x, crop.y, crop.width, crop.height) if crop else None,
        focal_point=variant.FocalPoint(point.x, point.y) if point else None,
    )


def preset_spec(
    presets: Presets, name: str, asked: variant.VariantSpec, format: variant.VariantFormat | None
) -> variant.VariantSpec:
    """Return a preset, in another format when one is asked for. Raises: NotFound, InvalidInput."""
    spec = presets.get(name)
    if replace(asked, format=variant.VariantFormat.AUTO) != variant.VariantSpec():
        raise InvalidInput("Beside `preset` only `format` can be given.", field=("preset",))
    return spec if format is None else replace(spec, format=format)


async def make_variant(info: Info, image: domain.Image, spec: variant.VariantSpec) -> Variant:
    """Return a variant's address and size, which follow from the image before the variant is made."""
    variants = info.context.services.variants
    width, height = variants.frame(image, spec).canvas
    byte_size = await variants.find_byte_size(image, spec)
    return Variant(
        url=URL(info.context.media(variants.path(image, spec))),
        width=width,
        height=height,
        format=spec.format,
        byte_size=None if byte_size is None else BigInt(byte_size),
    )


def make_responsive(
    info: Info, image: domain.Image, widths: list[int] | None, formats: list[variant.VariantFormat] | None
) -> Responsive:
    """Return the addresses of an image in several widths, each once, and formats."""
    variants = info.context.services.variants
    specs = variants.responsive(
        image,
        None if widths is None else tuple(widths),
        DEFAULT_FORMATS if formats is None else tuple(formats),
    )
    addresses = [
        [(URL(info.context.media(variants.path(image, spec))), spec) for spec in of_format] for of_format in specs
    ]
    src, widest = addresses[-1][-1]
    width, height = variants.frame(image, widest).canvas
    return Responsive(
        src=src,
        src_set=[
            SrcSet(
                format=of_format[0][1].format,
                mime_type=of_format[0][1].format.mime_type,
                value=", ".join(f"{url} {variants.frame(image, spec).canvas[0]}w" for url, spec in of_format),
            )
            for of_format in addresses
        ],
        sizes=f"(max-width: {width}px) 100vw, {width}px",
        width=width,
        height=height,
    )
