"""Pictures that people draw or compute: charts, drawings, patterns and plain areas."""

import numpy as np
from drawing import (
    Chance,
    Color,
    any_color,
    dark_color,
    light_color,
    mix,
    noise,
    pick_size,
    ramp,
    to_image,
    write_line,
)
from PIL import Image, ImageDraw, ImageFilter

Box = tuple[float, float, float, float]


def make_chart(chance: Chance) -> Image.Image:
    """Return bars, lines, points or a pie with axes, a title and a legend, on a plain ground."""
    size = pick_size(chance)
    is_dark = chance.random() < 0.15
    paper, ink = (dark_color(chance), light_color(chance)) if is_dark else (light_color(chance), dark_color(chance))
    chart = Image.new("RGB", size, paper)
    draw = ImageDraw.Draw(chart)
    text = max(10, int(min(size) / chance.uniform(24, 40)))
    box = (size[0] * 0.1, size[1] * float(chance.uniform(0.06, 0.16)), size[0] * 0.94, size[1] * 0.88)
    if chance.random() < 0.8:
        write_line(draw, chance, (box[0], text * 0.5), size[0] * 0.6, (int(text * 1.4), ink))
    kind = int(chance.integers(5))
    if kind == 4:
        _pie(draw, chance, box)
    else:
        _axes(draw, chance, box, (text, ink))
        (_bars, _lines, _points, _areas)[kind](draw, chance, box)
    if chance.random() < 0.6:
        for entry in range(int(chance.integers(2, 6))):
            y = box[1] + entry * text * 1.6
            draw.rectangle((box[2] - text * 8, y, box[2] - text * 7, y + text), any_color(chance))
            write_line(draw, chance, (box[2] - text * 6.5, y), text * 6, (text, ink))
    return chart


def _axes(draw: ImageDraw.ImageDraw, chance: Chance, box: Box, look: tuple[int, Color]) -> None:
    left, top, right, bottom = box
    text, ink = look
    has_grid, steps = chance.random() < 0.6, int(chance.integers(4, 9))
    for step in range(steps + 1):
        y = bottom - (bottom - top) * step / steps
        if has_grid:
            draw.line((left, y, right, y), (200, 200, 205), 1)
        draw.text((left - text * 2.4, y - text / 2), str(step * int(chance.integers(1, 30))), ink, None, font_size=text)
        x = left + (right - left) * step / steps
        draw.text((x, bottom + text * 0.4), str(2000 + step), ink, None, font_size=text)
    width = int(chance.integers(1, 4))
    draw.line((left, top, left, bottom), ink, width)
    draw.line((left, bottom, right, bottom), ink, width)


def _bars(draw: ImageDraw.ImageDraw, chance: Chance, box: Box) -> None:
    left, top, right, bottom = box
    count, series = int(chance.integers(3, 16)), int(chance.integers(1, 4))
    colors = [any_color(chance) for _ in range(series)]
    step = (right - left) / count
    for bar in range(count):
        for part, color in enumerate(colors):
            x = left + bar * step + step * 0.1 + part * step * 0.8 / series
            y = bottom - (bottom - top) * float(chance.uniform(0.05, 0.95))
            draw.rectangle((x, y, x + step * 0.8 / series, bottom), color)


def _walk(chance: Chance, box: Box) -> list[tuple[float, float]]:
    left, top, right, bottom = box
    count = int(chance.integers(5, 60))
    heights = np.cumsum(chance.normal(0, 1, count))
    heights = (heights - heights.min()) / (np.ptp(heights) + 1e-9) * float(chance.uniform(0.3, 0.9)) + 0.05
    return [
        (left + (right - left) * n / (count - 1), bottom - (bottom - top) * float(h)) for n, h in enumerate(heights)
    ]


def _lines(draw: ImageDraw.ImageDraw, chance: Chance, box: Box) -> None:
    for _ in range(int(chance.integers(1, 6))):
        draw.line(_walk(chance, box), any_color(chance), int(chance.integers(2, 6)), joint="curve")


def _areas(draw: ImageDraw.ImageDraw, chance: Chance, box: Box) -> None:
    for _ in range(int(chance.integers(1, 4))):
        line = _walk(chance, box)
        draw.polygon([*line, (box[2], box[3]), (box[0], box[3])], any_color(chance))


def _points(draw: ImageDraw.ImageDraw, chance: Chance, box: Box) -> None:
    left, top, right, bottom = box
    for _ in range(int(chance.integers(1, 4))):
        color, radius = any_color(chance), float(chance.uniform(2, 7))
        middle, spread = chance.uniform(0.25, 0.75, 2), chance.uniform(0.04, 0.2, 2)
        for across, up in np.clip(chance.normal(middle, spread, (int(chance.integers(15, 150)), 2)), 0, 1):
            x, y = left + (right - left) * float(across), bottom - (bottom - top) * float(up)
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), color)


def _pie(draw: ImageDraw.ImageDraw, chance: Chance, box: Box) -> None:
    radius = min(box[2] - box[0], box[3] - box[1]) * 0.48
    x, y = box[0] + radius * float(chance.uniform(1, 1.6)), (box[1] + box[3]) / 2
    ends = np.cumsum(chance.dirichlet(np.ones(int(chance.integers(2, 9))))) * 360
    begin = 0.0
    for end in ends:
        draw.pieslice((x - radius, y - radius, x + radius, y + radius), begin, float(end), any_color(chance))
        begin = float(end)
    if chance.random() < 0.4:
        hole = radius * 0.55
        draw.ellipse((x - hole, y - hole, x + hole, y + hole), draw._image.getpixel((1, 1)))


def make_drawing(chance: Chance) -> Image.Image:
    """Return strokes and flat shapes on a plain ground, by a pen or a mouse."""
    size = pick_size(chance)
    ground = chance.random()
    paper = light_color(chance) if ground < 0.6 else dark_color(chance) if ground < 0.75 else any_color(chance)
    drawing = Image.new("RGB", size, paper)
    draw = ImageDraw.Draw(drawing)
    ink = dark_color(chance) if sum(paper) > 384 else light_color(chance)
    is_colored, width = chance.random() < 0.65, int(chance.integers(2, 9))
    for _ in range(int(chance.integers(2, 14)) if is_colored else 0):
        color = any_color(chance)
        draw.polygon(_curve(chance, size, closed=True), color, ink if chance.random() < 0.6 else color, width)
    for _ in range(int(chance.integers(3, 40))):
        color = any_color(chance) if is_colored and chance.random() < 0.5 else ink
        draw.line(_curve(chance, size, closed=False), color, width, joint="curve")
    if chance.random() < 0.3:
        _hatch(draw, chance, size, ink)
    return drawing


def _curve(chance: Chance, size: tuple[int, int], *, closed: bool) -> list[tuple[float, float]]:
    """Return a smooth line: a circle whose radius swings, or a swinging path."""
    t = np.linspace(0, 2 * np.pi, 60)
    reach = min(size) * float(chance.uniform(0.04, 0.3))
    middle = chance.uniform(0.1, 0.9, 2) * size
    if closed:
        swing = sum(chance.normal(0, 0.18) * np.cos(k * t + chance.uniform(0, 6.28)) for k in range(2, 6))
        radius = reach * (1 + swing)
        x, y = middle[0] + radius * np.cos(t), middle[1] + radius * np.sin(t) * float(chance.uniform(0.5, 1.2))
    else:
        x = middle[0] + reach * sum(
            chance.normal(0, 1 / k) * np.cos(k * t / 2 + chance.uniform(0, 6)) for k in (1, 2, 3)
        )
        y = middle[1] + reach * sum(
            chance.normal(0, 1 / k) * np.cos(k * t / 2 + chance.uniform(0, 6)) for k in (1, 2, 3)
        )
    return list(zip(x.tolist(), y.tolist(), strict=True))


def _hatch(draw: ImageDraw.ImageDraw, chance: Chance, size: tuple[int, int], ink: Color) -> None:
    left, top = chance.uniform(0, 0.6, 2) * size
    reach = min(size) * float(chance.uniform(0.1, 0.35))
    for shift in np.arange(0, reach, float(chance.uniform(5, 14))):
        draw.line((left + shift, top, left, top + shift), ink, 2)


def make_pattern(chance: Chance) -> Image.Image:
    """Return one motif again and again over the whole picture."""
    size = pick_size(chance)
    period = int(max(8, min(size) * chance.uniform(0.03, 0.22)))
    colors = [any_color(chance) for _ in range(int(chance.integers(2, 5)))]
    tile = Image.new("RGB", (period, period), colors[0])
    draw = ImageDraw.Draw(tile)
    kind = int(chance.integers(6))
    if kind == 0:
        draw.rectangle((0, 0, period * float(chance.uniform(0.2, 0.7)), period), colors[1])
    elif kind == 1:
        half = period // 2
        draw.rectangle((0, 0, half - 1, half - 1), colors[1])
        draw.rectangle((half, half, period, period), colors[1])
    elif kind == 2:
        inset = period * float(chance.uniform(0.05, 0.35))
        draw.ellipse((inset, inset, period - inset, period - inset), colors[1])
    elif kind == 3:
        draw.polygon([(period / 2, 0), (period, period / 2), (period / 2, period), (0, period / 2)], colors[1])
    else:
        for color in colors[1:]:
            draw.line([(0, period * float(chance.random())), (period, period * float(chance.random()))], color, 3)
            draw.ellipse((*(chance.uniform(0, 0.5, 2) * period), *(chance.uniform(0.5, 1, 2) * period)), color)
    return _repeat(chance, tile, size)


def _repeat(chance: Chance, tile: Image.Image, size: tuple[int, int]) -> Image.Image:
    reach = int(np.hypot(*size)) + tile.width
    sheet = Image.new("RGB", (reach, reach))
    for x in range(0, reach, tile.width):
        for y in range(0, reach, tile.height):
            sheet.paste(tile, (x, y))
    if chance.random() < 0.5:
        sheet = sheet.rotate(float(chance.uniform(0, 90)), Image.Resampling.BILINEAR)
        inset = int(reach * 0.15)
        sheet = sheet.crop((inset, inset, reach - inset, reach - inset))
    return sheet.resize((max(sheet.width, size[0]), max(sheet.height, size[1]))).crop((0, 0, *size))


def make_plain(chance: Chance) -> Image.Image:
    """Return one colour, a gradient between two, or a soft spot: next to nothing to see."""
    size = pick_size(chance)
    kind = chance.random()
    if kind < 0.35:
        return Image.new("RGB", size, any_color(chance) if chance.random() < 0.7 else light_color(chance))
    if kind < 0.7:
        return to_image(mix(chance.uniform(0, 1, 3), chance.uniform(0, 1, 3), ramp(chance, size)))
    if kind < 0.85:
        share = np.clip(0.5 + noise(chance, size, 3.0) * 0.2, 0, 1)
        return to_image(mix(chance.uniform(0, 1, 3), chance.uniform(0, 1, 3), share))
    spot = Image.new("RGB", size, any_color(chance))
    ImageDraw.Draw(spot).ellipse(
        (*(chance.uniform(0, 0.4, 2) * size), *(chance.uniform(0.5, 1, 2) * size)), any_color(chance)
    )
    return spot.filter(ImageFilter.GaussianBlur(min(size) * float(chance.uniform(0.08, 0.2))))
