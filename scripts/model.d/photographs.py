"""Pictures with the statistics of photographs: things that hide each other, textures, light, blur and grain.

Occlusion is that of the dead leaves model: shapes whose radii follow a power law fall over each other, which gives the
edges and the spectrum of natural scenes (A. B. Lee, D. Mumford, J. Huang, 2001, https://doi.org/10.1023/A:1011109015675).
"""

import numpy as np
from drawing import Chance, Pixels, font, light_color, mix, noise, ramp, to_image, to_pixels, word
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Size = tuple[int, int]
Outline = list[tuple[float, float]]

# Sky, leaves, earth, stone, skin, water, wood, snow, dusk: RGB from 0 to 1.
_MATERIALS = np.array(
    [
        (0.50, 0.66, 0.86),
        (0.24, 0.38, 0.14),
        (0.42, 0.33, 0.22),
        (0.50, 0.48, 0.45),
        (0.78, 0.58, 0.46),
        (0.20, 0.34, 0.42),
        (0.48, 0.30, 0.16),
        (0.88, 0.89, 0.92),
        (0.16, 0.13, 0.18),
        (0.62, 0.18, 0.14),
        (0.30, 0.42, 0.22),
    ],
    np.float32,
)


def make_photograph(chance: Chance) -> Image.Image:
    longer = int(chance.integers(400, 540))
    shorter = int(longer * chance.choice([0.5625, 0.667, 0.75, 1.0]))
    size = (longer, shorter) if chance.random() < 0.6 else (shorter, longer)
    scene = _SCENES[int(chance.integers(len(_SCENES)))](chance, size)
    picture = to_image(_develop(chance, _light(chance, scene)))
    if chance.random() < 0.1:
        _caption(chance, picture)
    return picture


def _leaves(chance: Chance, size: Size) -> Pixels:
    """Return things of all sizes that hide each other."""
    return _pile(chance, size, int(10 ** chance.uniform(1.8, 3.4)), float(chance.uniform(0.2, 1.0)))


def _landscape(chance: Chance, size: Size) -> Pixels:
    """Return a sky above a rough horizon, and ground below it."""
    width, height = size
    sky = mix(_tone(chance, 0), _tone(chance, 7), ramp(chance, size))
    sky = sky * float(chance.uniform(0.8, 1.5)) + noise(chance, size, 1.7)[..., None] * float(chance.uniform(0, 0.12))
    ground = _pile(chance, size, int(10 ** chance.uniform(1.6, 3.3)), float(chance.uniform(0.2, 0.8)))
    line = height * chance.uniform(0.15, 0.75) + noise(chance, (width, 1), 1.3)[0] * height * 0.06
    below = np.arange(height)[:, None] > line[None, :]
    return np.where(below[..., None], ground, sky)


def _portrait(chance: Chance, size: Size) -> Pixels:
    """Return a few large, sharp things before a background that is out of focus."""
    back = to_image(_pile(chance, size, int(chance.integers(20, 90)), 0.4))
    far = to_pixels(back.filter(ImageFilter.GaussianBlur(float(chance.uniform(4, 18)))))
    near = _pile(chance, size, int(chance.integers(20, 120)), 0.15)
    mask = Image.new("L", size)
    draw = ImageDraw.Draw(mask)
    for _ in range(int(chance.integers(1, 4))):
        draw.polygon(_outline(chance, size, min(size) * float(chance.uniform(0.15, 0.45))), 255)
    share = np.asarray(mask.filter(ImageFilter.GaussianBlur(1.2)), np.float32)[..., None] / 255
    return far + (near - far) * share


def _surface(chance: Chance, size: Size) -> Pixels:
    """Return one rough material: a wall, clouds, water, bark."""
    field = noise(chance, size, float(chance.uniform(0.7, 1.6)))
    share = np.clip(0.5 + field * 0.22, 0, 1)
    return mix(_tone(chance), _tone(chance), share) + noise(chance, size, 0.6)[..., None] * 0.03


def _facade(chance: Chance, size: Size) -> Pixels:
    """Return planks, bricks or windows: rows of rough things, seen from the side."""
    wide, high = int(chance.integers(3, 30)), int(chance.integers(2, 20))
    tones = (_tone(chance) + chance.normal(0, 0.09, (high, wide, 1))) * np.ones(3)
    tones[:, :: int(chance.integers(1, 5))] *= float(chance.uniform(0.3, 1.2))
    flat = to_image(np.asarray(tones, np.float32)).resize((wide * 24, high * 24), Image.Resampling.NEAREST)
    draw = ImageDraw.Draw(flat)
    joint = tuple(int(value) for value in chance.integers(10, 110, 3))
    for place in range(max(wide, high)):
        draw.line((place * 24, 0, place * 24, flat.height), joint, int(chance.integers(1, 4)))
        draw.line((0, place * 24, flat.width, place * 24), joint, 1)
    corners = np.array([(0, 0), (0, 1), (1, 1), (1, 0)]) * flat.size
    bent = corners * chance.uniform(0.7, 1, (4, 2)) + chance.uniform(0, 0.15, (4, 2)) * flat.size
    turned = flat.transform(size, Image.Transform.QUAD, bent.ravel().tolist(), Image.Resampling.BICUBIC)
    return to_pixels(turned) * (1 + noise(chance, size, 0.7)[..., None] * float(chance.uniform(0.03, 0.2)))


def _branches(chance: Chance, size: Size) -> Pixels:
    """Return crooked lines, thick and thin, before something bright or dark: trees, hair, wires, grass."""
    scene = to_image(_SCENES[int(chance.integers(4))](chance, size))
    draw = ImageDraw.Draw(scene)
    shade = [int(255 * value) for value in np.clip(_tone(chance) * chance.uniform(0.2, 1.3), 0, 1)]
    lean, spread = float(chance.uniform(0, 2 * np.pi)), float(chance.uniform(0.1, 1.5))
    for _ in range(int(10 ** chance.uniform(1.2, 2.6))):
        steps = lean + chance.normal(0, spread) + np.cumsum(chance.normal(0, 0.25, 12))
        reach = min(size) * float(chance.uniform(0.01, 0.06))
        x = chance.uniform(0, size[0]) + np.cumsum(np.cos(steps)) * reach
        y = chance.uniform(0, size[1]) + np.cumsum(np.sin(steps)) * reach
        color = tuple(int(value + chance.integers(-25, 26)) for value in shade)
        draw.line(list(zip(x.tolist(), y.tolist(), strict=True)), color, int(1 + chance.exponential(1.5)))
    return to_pixels(scene)


_SCENES = (_leaves, _landscape, _portrait, _surface, _leaves, _landscape, _portrait, _facade, _branches, _branches)


def _pile(chance: Chance, size: Size, count: int, spread: float) -> Pixels:
    """Let `count` shapes fall over each other; `spread` is how far their colours differ."""
    owner = Image.new("I", size)
    draw = ImageDraw.Draw(owner)
    radii = min(size) * 0.012 / np.sqrt(chance.uniform(0.0008, 1, count))  # P(r) ~ r^-3
    for number, radius in enumerate(radii):
        draw.polygon(_outline(chance, size, float(radius)), number + 1)
    index = np.asarray(owner, np.int64)
    few = _MATERIALS[chance.integers(0, len(_MATERIALS), int(chance.integers(2, 5)))]
    tones = few[chance.integers(0, len(few), count + 1)] + chance.normal(0, spread * 0.22, (count + 1, 1))
    tones = tones + chance.normal(0, spread * 0.08, (count + 1, 3))
    roughness = chance.uniform(0, float(chance.uniform(0.02, 0.3)), count + 1)
    slopes = chance.normal(0, 0.25, (count + 1, 2))
    x, y = np.meshgrid(np.linspace(-1, 1, size[0]), np.linspace(-1, 1, size[1]))
    shading = slopes[index, 0] * x + slopes[index, 1] * y
    texture = noise(chance, size, float(chance.uniform(0.3, 1.1))) * roughness[index]
    return np.asarray(tones[index] * (1 + shading[..., None]) + texture[..., None], np.float32)


def _outline(chance: Chance, size: Size, radius: float) -> Outline:
    """Return a rough closed line around a place in the picture, stretched in some direction."""
    count = int(chance.integers(3, 14))
    angles = np.sort(chance.uniform(0, 2 * np.pi, count))
    reach = radius * chance.uniform(0.5, 1.3, count)
    turn, stretch = float(chance.uniform(0, np.pi)), float(chance.uniform(0.3, 1.0))
    across, along = np.cos(angles) * reach * stretch, np.sin(angles) * reach
    x = chance.uniform(0, size[0]) + across * np.cos(turn) - along * np.sin(turn)
    y = chance.uniform(0, size[1]) + across * np.sin(turn) + along * np.cos(turn)
    return list(zip(x.tolist(), y.tolist(), strict=True))


def _tone(chance: Chance, material: int | None = None) -> NDArray[np.float32]:
    index = int(chance.integers(len(_MATERIALS))) if material is None else material
    return np.asarray(_MATERIALS[index] * chance.uniform(0.6, 1.25) + chance.normal(0, 0.04, 3), np.float32)


def _light(chance: Chance, scene: Pixels) -> Pixels:
    """Throw soft shadows and a light from one side."""
    height, width = scene.shape[:2]
    size = (width, height)
    shade = Image.new("L", size, 255)
    draw = ImageDraw.Draw(shade)
    for _ in range(int(chance.integers(0, 6))):
        draw.polygon(_outline(chance, size, min(size) * float(chance.uniform(0.1, 0.6))), int(chance.integers(90, 220)))
    shadows = np.asarray(shade.filter(ImageFilter.GaussianBlur(float(chance.uniform(2, 25)))), np.float32) / 255
    side = 1 + float(chance.uniform(0, 0.7)) * (ramp(chance, size) - 0.5)
    warmth = 1 + chance.normal(0, 0.06, 3)
    return np.asarray(scene * (shadows * side)[..., None] * warmth, np.float32)


def _develop(chance: Chance, scene: Pixels) -> Pixels:
    """Do what lens, sensor and camera do: blur, fall-off, tone curve, saturation and grain."""
    height, width = scene.shape[:2]
    blurred = to_pixels(to_image(scene).filter(ImageFilter.GaussianBlur(float(chance.uniform(0, 1.2)))))
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    fall_off = 1 - float(chance.uniform(0, 0.35)) * (x**2 + y**2) / 2
    exposed = np.clip(blurred * fall_off[..., None] * chance.uniform(0.65, 1.7), 0, 1) ** chance.uniform(0.75, 1.4)
    steep = float(chance.uniform(0, 0.8))
    exposed = (1 - steep) * exposed + steep * exposed * exposed * (3 - 2 * exposed)  # more contrast in the middle
    grey = exposed.mean(-1, keepdims=True)
    saturation = 0.0 if chance.random() < 0.08 else float(chance.uniform(0.6, 2.0))
    colored = grey + (exposed - grey) * saturation
    grain = chance.normal(0, float(chance.uniform(0.002, 0.035)), (height, width, 1))
    return np.asarray(colored + grain, np.float32)


def _caption(chance: Chance, picture: Image.Image) -> None:
    """Write a few words over the picture, as people do."""
    draw = ImageDraw.Draw(picture)
    for _ in range(int(chance.integers(1, 5))):
        place = (float(chance.uniform(0, picture.width * 0.8)), float(chance.uniform(0, picture.height * 0.9)))
        draw.text(place, word(chance), light_color(chance), font(int(chance.integers(10, 60))))
