"""Pictures of what people write and work with: documents, posters, screenshots and charts."""

import numpy as np
from drawing import (
    Chance,
    Color,
    any_color,
    dark_color,
    light_color,
    mix,
    pick_size,
    ramp,
    to_image,
    write_block,
    write_line,
)
from PIL import Image, ImageDraw

Box = tuple[float, float, float, float]


def make_document(chance: Chance) -> Image.Image:
    """Return a page of small print: paragraphs, headings, a table or a figure at times."""
    size = pick_size(chance, 600, 1100)
    page = Image.new("RGB", size, light_color(chance))
    draw = ImageDraw.Draw(page)
    ink, margin = dark_color(chance), size[0] * float(chance.uniform(0.05, 0.13))
    columns = int(chance.choice([1, 1, 2, 3]))
    width = (size[0] - margin * (columns + 1)) / columns
    text = int(max(8, size[0] / chance.uniform(40, 75)))
    top = margin
    if chance.random() < 0.6:
        write_line(draw, chance, (margin, top), size[0] - 2 * margin, (int(text * chance.uniform(1.5, 2.6)), ink))
        top += text * 4
    for column in range(columns):
        left = margin + column * (width + margin)
        end = size[1] - margin if chance.random() < 0.8 else size[1] * float(chance.uniform(0.5, 0.9))
        write_block(draw, chance, (left, top, left + width, end), (text, ink))
    if chance.random() < 0.25:
        _table(draw, chance, (margin, size[1] * 0.6, size[0] - margin, size[1] * 0.85), ink)
    return _scan(chance, page)


def _scan(chance: Chance, page: Image.Image) -> Image.Image:
    """Turn the page a little under uneven light, as a scanner or a phone does, or leave it as it is."""
    if chance.random() < 0.5:
        return page
    angle = float(chance.normal(0, 1.5))
    turned = page.rotate(angle, Image.Resampling.BILINEAR, fillcolor=page.getpixel((1, 1)))
    light = 1 - ramp(chance, page.size)[..., None] * float(chance.uniform(0, 0.3))
    return to_image(np.asarray(turned, np.float32) / 255 * light)


def _table(draw: ImageDraw.ImageDraw, chance: Chance, box: Box, ink: Color) -> None:
    left, top, right, bottom = box
    rows, columns = int(chance.integers(3, 9)), int(chance.integers(2, 7))
    draw.rectangle(box, fill=light_color(chance), outline=ink)
    for row in range(rows):
        y = top + (bottom - top) * row / rows
        draw.line((left, y, right, y), ink)
        for column in range(columns):
            x = left + (right - left) * column / columns
            draw.line((x, top, x, bottom), ink)
            write_line(
                draw, chance, (x + 3, y + 3), (right - left) / columns - 6, (int((bottom - top) / rows / 2), ink)
            )


def make_poster(chance: Chance) -> Image.Image:
    """Return few and large words over a colour, a gradient or flat shapes."""
    size = pick_size(chance)
    ground = chance.random()
    if ground < 0.35:
        poster = Image.new("RGB", size, any_color(chance))
    elif ground < 0.65:
        poster = to_image(mix(chance.uniform(0, 1, 3), chance.uniform(0, 1, 3), ramp(chance, size)))
    else:
        poster = Image.new("RGB", size, any_color(chance))
        for _ in range(int(chance.integers(1, 6))):
            low, high = np.sort(chance.uniform(0, 1, (2, 2)), 0) * size
            ImageDraw.Draw(poster).rectangle((*low.tolist(), *high.tolist()), any_color(chance))
    draw = ImageDraw.Draw(poster)
    is_dark = np.asarray(poster.convert("L")).mean() < 128
    ink = light_color(chance) if is_dark else dark_color(chance)
    y, lines = size[1] * float(chance.uniform(0.03, 0.2)), int(chance.integers(3, 8))
    for _ in range(lines):
        height = int(min(size[1] / lines * chance.uniform(0.45, 0.9), size[0] / 4))
        color = ink if chance.random() < 0.8 else any_color(chance)
        write_line(draw, chance, (size[0] * float(chance.uniform(0.03, 0.1)), y), size[0] * 0.92, (height, color))
        y += height * float(chance.uniform(1.05, 1.4))
    return poster


def make_screenshot(chance: Chance) -> Image.Image:
    """Return windows with bars, lists, buttons, fields and cards, light or dark."""
    size = pick_size(chance, 800, 1400)
    is_dark = chance.random() < 0.4
    paper, ink = (dark_color(chance), light_color(chance)) if is_dark else (light_color(chance), dark_color(chance))
    accent = any_color(chance)
    screen = Image.new("RGB", size, paper)
    draw = ImageDraw.Draw(screen)
    text = int(max(10, max(size) / chance.uniform(50, 90)))
    bar, side = text * float(chance.uniform(2, 4)), 0.0
    draw.rectangle((0, 0, size[0], bar), accent if chance.random() < 0.4 else _nearby(chance, paper))
    for item in range(int(chance.integers(3, 9))):
        write_line(draw, chance, (text + item * text * 6, bar / 3), text * 5, (text, ink))
    if chance.random() < 0.7:
        side = size[0] * float(chance.uniform(0.12, 0.3))
        draw.rectangle((0, bar, side, size[1]), _nearby(chance, paper))
        for row in range(int((size[1] - bar) / (text * 2.4))):
            write_line(draw, chance, (text, bar + text + row * text * 2.4), side - 2 * text, (text, ink))
            if chance.random() < 0.08:
                draw.rectangle((0, bar + row * text * 2.4, 4, bar + (row + 1) * text * 2.4), accent)
    body = (side + text, bar + text, size[0] - text, size[1] - text)
    _BODIES[int(chance.integers(len(_BODIES)))](draw, chance, body, (text, ink, accent))
    return screen


Look = tuple[int, Color, Color]
"""The size of text in px, its colour, and the colour that stands out."""


def _cards(draw: ImageDraw.ImageDraw, chance: Chance, box: Box, look: Look) -> None:
    text, ink, accent = look
    columns, rows = int(chance.integers(2, 6)), int(chance.integers(1, 5))
    wide, high = (box[2] - box[0]) / columns, (box[3] - box[1]) / rows
    paper = _nearby(chance, (128, 128, 128) if chance.random() < 0.2 else _invert(ink))
    for place in range(columns * rows):
        left, top = box[0] + place % columns * wide, box[1] + place // columns * high
        draw.rounded_rectangle((left + 4, top + 4, left + wide - 4, top + high - 4), 8, paper, _nearby(chance, paper))
        picture = any_color(chance) if chance.random() < 0.6 else accent
        draw.rectangle((left + 12, top + 12, left + wide - 12, top + high * 0.5), picture)
        write_block(draw, chance, (left + 12, top + high * 0.55, left + wide - 12, top + high - 10), (text, ink))


def _rows(draw: ImageDraw.ImageDraw, chance: Chance, box: Box, look: Look) -> None:
    text, ink, accent = look
    height = text * float(chance.uniform(2, 4.5))
    for row in range(int((box[3] - box[1]) / height)):
        y = box[1] + row * height
        draw.line((box[0], y, box[2], y), _nearby(chance, _invert(ink)))
        draw.ellipse((box[0] + 4, y + 4, box[0] + height - 4, y + height - 4), any_color(chance))
        width = (box[2] - box[0]) * float(chance.uniform(0.2, 0.6))
        write_line(draw, chance, (box[0] + height + 8, y + text / 2), width, (text, ink))
        if chance.random() < 0.4:
            draw.rounded_rectangle((box[2] - text * 7, y + 5, box[2] - 5, y + height - 5), 6, accent)
            write_line(draw, chance, (box[2] - text * 6, y + height / 3), text * 5, (text, _invert(ink)))


def _code(draw: ImageDraw.ImageDraw, chance: Chance, box: Box, look: Look) -> None:
    text, ink, _ = look
    colors = [ink, ink, any_color(chance), any_color(chance), any_color(chance)]
    for row in range(int((box[3] - box[1]) / (text * 1.4))):
        x = box[0] + text * 2 * int(chance.integers(0, 5))
        for _ in range(int(chance.integers(0, 6))):
            width = text * float(chance.uniform(2, 7))
            color = colors[int(chance.integers(len(colors)))]
            write_line(draw, chance, (x, box[1] + row * text * 1.4), width, (text, color))
            x += width + text


def _form(draw: ImageDraw.ImageDraw, chance: Chance, box: Box, look: Look) -> None:
    text, ink, accent = look
    y, right = box[1], min(box[2], box[0] + (box[2] - box[0]) * float(chance.uniform(0.4, 1)))
    while y + text * 5 < box[3]:
        write_line(draw, chance, (box[0], y), text * 10, (text, ink))
        field = (box[0], y + text * 1.6, max(right, box[0] + 20), y + text * 3.8)
        draw.rounded_rectangle(field, 5, _nearby(chance, _invert(ink)), ink)
        y += text * 5
    draw.rounded_rectangle((box[0], box[3] - text * 3, box[0] + text * 9, box[3]), 6, accent)


_BODIES = (_cards, _rows, _code, _form)


def _nearby(chance: Chance, color: Color) -> Color:
    shift = int(chance.integers(6, 26)) * (1 if sum(color) < 384 else -1)
    red, green, blue = (max(0, min(255, value + shift)) for value in color)
    return red, green, blue


def _invert(color: Color) -> Color:
    return 255 - color[0], 255 - color[1], 255 - color[2]
