"""Edits: what is done to a picture, and what was done."""

from __future__ import annotations

import strawberry

from app.domain import edit as domain
from app.domain import placing
from app.domain.errors import InvalidInput
from schema.scalars import HexColor
from schema.types.variant import CropInput

EditKind = strawberry.enum(domain.EditKind, description="What an edit does; named as in `EditOperation`.")
FlipDirection = strawberry.enum(
    domain.FlipDirection, description="HORIZONTAL exchanges left and right, VERTICAL top and bottom."
)


@strawberry.type(description="One of the edits that are done on an original, in their order.")
class Edit:
    kind: domain.EditKind = strawberry.field(description="What it does.")
    parameters: strawberry.scalars.JSON = strawberry.field(
        description="Its values by their names, as in the input of the same kind."
    )

    @classmethod
    def from_domain(cls, operation: domain.EditOperation) -> Edit:
        parameters = strawberry.scalars.JSON(domain.parameters_of(operation))
        return cls(kind=domain.kind_of(operation), parameters=parameters)


@strawberry.input(description="Turn clockwise. What is no multiple of 90 degrees gets a larger canvas.")
class RotateInput:
    degrees: float = strawberry.field(description="-360 to 360.")
    background: HexColor | None = strawberry.field(
        default=None, description="Of the corners; without it they are transparent, and white in a JPEG."
    )


@strawberry.input(description="Mirror.")
class FlipInput:
    direction: domain.FlipDirection = strawberry.field(description="Which way.")


@strawberry.input(description="Bring to a size; a side that is not given follows from the proportions.")
class ResizeInput:
    width: int | None = strawberry.field(default=None, description="px, 1 to 20,000.")
    height: int | None = strawberry.field(default=None, description="px, 1 to 20,000.")


@strawberry.input(description="As `brightness()` of CSS.")
class BrightnessInput:
    amount: float = strawberry.field(description="0 to 5: 1 changes nothing, 0 is black.")


@strawberry.input(description="As `contrast()` of CSS.")
class ContrastInput:
    amount: float = strawberry.field(description="0 to 5: 1 changes nothing, 0 is gray.")


@strawberry.input(description="As `saturate()` of CSS.")
class SaturationInput:
    amount: float = strawberry.field(description="0 to 5: 1 changes nothing, 0 takes all colour away.")


@strawberry.input(description="An unsharp mask.")
class SharpenInput:
    amount: int = strawberry.field(default=100, description="Percent, 0 to 500.")
    radius: float = strawberry.field(default=1.0, description="px, 0.1 to 20.")


@strawberry.input(description="A Gaussian blur, as `blur()` of CSS.")
class BlurInput:
    radius: float = strawberry.field(description="Standard deviation in px, 0 to 100.")


@strawberry.input(description="As `grayscale()` of CSS.")
class GrayscaleInput:
    amount: float = strawberry.field(default=1.0, description="0 to 1: 1 takes all colour away.")


@strawberry.input(description="As `sepia()` of CSS.")
class SepiaInput:
    amount: float = strawberry.field(default=1.0, description="0 to 1: 1 is all of it.")


@strawberry.input(description="As `hue-rotate()` of CSS.")
class HueInput:
    degrees: float = strawberry.field(description="-360 to 360.")


@strawberry.input(description="Grain; a seed always gives the same.")
class NoiseInput:
    amount: float = strawberry.field(description="Standard deviation in steps of 255, 0 to 100.")
    seed: int = strawberry.field(default=0, description="0 to 2147483647.")


@strawberry.input(description="Words on the picture, in Aileron (Latin letters) or the font that the server is set to.")
class TextInput:
    text: str = strawberry.field(description="1 to 500 printable characters and line feeds.")
    x: int = strawberry.field(default=0, description="Their left edge, px.")
    y: int = strawberry.field(default=0, description="Their upper edge, px.")
    size: float = strawberry.field(default=32.0, description="px, 4 to 2,000.")
    color: HexColor = strawberry.field(default=HexColor("#ffffff"), description="Their colour.")
    opacity: float = strawberry.field(default=1.0, description="0 to 1.")


@strawberry.input(description="The watermark of the server; what is not given is as the server is set.")
class WatermarkInput:
    position: placing.Gravity | None = strawberry.field(default=None, description="Where it is.")
    opacity: float | None = strawberry.field(default=None, description="0 to 1.")
    scale: float | None = strawberry.field(default=None, description="Its width as a part of the picture's, 0.01 to 1.")
    margin: float = strawberry.field(
        default=0.03, description="Its distance from the edges as a part of the shorter side, 0 to 0.5."
    )


@strawberry.input(one_of=True, description="Exactly one edit of what is shown. Colours are changed as CSS filters do.")
class EditOperation:
    crop: CropInput | None = strawberry.field(default=strawberry.UNSET, description="Keep a part.")
    rotate: RotateInput | None = strawberry.field(default=strawberry.UNSET, description="Turn.")
    flip: FlipInput | None = strawberry.field(default=strawberry.UNSET, description="Mirror.")
    resize: ResizeInput | None = strawberry.field(default=strawberry.UNSET, description="Bring to a size.")
    brightness: BrightnessInput | None = strawberry.field(default=strawberry.UNSET, description="Lighter or darker.")
    contrast: ContrastInput | None = strawberry.field(default=strawberry.UNSET, description="More or less contrast.")
    saturation: SaturationInput | None = strawberry.field(default=strawberry.UNSET, description="More or less colour.")
    sharpen: SharpenInput | None = strawberry.field(default=strawberry.UNSET, description="Sharpen edges.")
    blur: BlurInput | None = strawberry.field(default=strawberry.UNSET, description="Blur.")
    grayscale: GrayscaleInput | None = strawberry.field(default=strawberry.UNSET, description="Take colour away.")
    sepia: SepiaInput | None = strawberry.field(default=strawberry.UNSET, description="Tint as old photographs are.")
    hue: HueInput | None = strawberry.field(default=strawberry.UNSET, description="Turn all colours.")
    noise: NoiseInput | None = strawberry.field(default=strawberry.UNSET, description="Add grain.")
    text: TextInput | None = strawberry.field(default=strawberry.UNSET, description="Write words.")
    watermark: WatermarkInput | None = strawberry.field(default=strawberry.UNSET, description="Add the watermark.")


def to_operations(operations: list[EditOperation]) -> tuple[domain.EditOperation, ...]:
    """Return what is asked for. Raises: InvalidInput, with the place of the operation that is out of its range."""
    return tuple(_to_operation(number, operation) for number, operation in enumerate(operations))


def _to_operation(number: int, operation: EditOperation) -> domain.EditOperation:
    [(name, values)] = [(name, values) for name, values in vars(operation).items() if values]
    try:
        return domain.make_operation(domain.EditKind(name.upper()), vars(values))
    except InvalidInput as error:
        raise InvalidInput(error.message, field=("operations", str(number), name, *error.field)) from error
