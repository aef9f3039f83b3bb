"""Pages: ID cards, receipts, letters and forms, with the places of their fields.

Two sets of templates: `LEARNED` for training, `KEPT` for evaluation, which shares no layout, colours or fonts with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from workshop.documents import words

FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
ASSETS = Path(__file__).parents[3] / "assets" / "fonts"

Box = tuple[int, int, int, int]
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Style:
    """The fonts of a set of templates, as files: of headings, of what is printed and of what is filled in."""

    heading: Path
    label: Path
    value: Path


LEARNED_STYLES = (
    Style(FONTS / "DejaVuSans-Bold.ttf", FONTS / "DejaVuSans.ttf", FONTS / "DejaVuSans.ttf"),
    Style(FONTS / "DejaVuSerif-Bold.ttf", FONTS / "DejaVuSerif.ttf", FONTS / "DejaVuSansMono.ttf"),
    Style(FONTS / "DejaVuSansMono-Bold.ttf", FONTS / "DejaVuSansMono.ttf", FONTS / "DejaVuSansMono.ttf"),
)
KEPT_STYLES = (
    Style(ASSETS / "Inter-SemiBold.ttf", ASSETS / "Inter-Regular.ttf", ASSETS / "Inter-Regular.ttf"),
    Style(FONTS / "STIXGeneralBol.ttf", FONTS / "STIXGeneral.ttf", FONTS / "cmtt10.ttf"),
    Style(FONTS / "STIXGeneralBol.ttf", FONTS / "cmss10.ttf", FONTS / "STIXGeneral.ttf"),
)


@dataclass(frozen=True)
class Field:
    """Something on a page that may be forged: its box (x, y, width, height) in pixels and, of text, how it is set."""

    kind: str  # "number", "name", "portrait", "stamp" or "line"
    box: Box
    text: str = ""
    font: Path | None = None
    size: int = 0
    ink: Colour = (0, 0, 0)


@dataclass
class Page:
    """A page as it left the printer: RGB pixels and its fields."""

    image: Image.Image
    fields: list[Field] = field(default_factory=list)

    @classmethod
    def blank(cls, width: int, height: int, paper: Colour) -> Page:
        return cls(Image.new("RGB", (width, height), paper))

    def write(  # noqa: PLR0917 (what is written, and how, in the order in which one says it)
        self, at: tuple[int, int], text: str, font: Path, size: int, ink: Colour, kind: str = ""
    ) -> Box:
        """Set a line of text with its upper left at a place; with a kind it becomes a field. Returns its box."""
        draw = ImageDraw.Draw(self.image)
        face = load_font(font, size)
        draw.text(at, text, fill=ink, font=face)
        left, top, right, bottom = draw.textbbox(at, text, font=face)
        box = (int(left), int(top), int(right - left) + 1, int(bottom - top) + 1)
        if kind:
            self.fields.append(Field(kind, box, text, font, size, ink))
        return box

    def paste(self, picture: Image.Image, at: tuple[int, int], kind: str, mask: Image.Image | None = None) -> None:
        """Put a picture on the page, as a field of a kind."""
        self.image.paste(picture, at, mask)
        self.fields.append(Field(kind, (*at, *picture.size)))


@cache
def load_font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size)


def ink_colour(rng: np.random.Generator) -> Colour:
    """Black, or nearly, or a dark blue."""
    dark = int(rng.integers(10, 60))
    return (dark, dark, dark + int(rng.integers(0, 60)))


def draw_portrait(width: int, height: int, rng: np.random.Generator) -> Image.Image:
    """A drawn face before a plain ground, shaded and grained so that it is no flat drawing."""
    scale = 2
    w, h = width * scale, height * scale
    ground = tuple(int(v) for v in rng.integers(150, 240, 3))
    image = Image.new("RGB", (w, h), ground)
    draw = ImageDraw.Draw(image)
    tone = np.array([rng.uniform(120, 235), 0, 0])
    tone[1], tone[2] = tone[0] * rng.uniform(0.72, 0.85), tone[0] * rng.uniform(0.55, 0.72)
    skin = tuple(int(v) for v in tone)
    hair = tuple(int(v) for v in rng.uniform(15, 130) * np.array([1, 0.8, 0.6]))
    clothes = tuple(int(v) for v in rng.integers(20, 180, 3))
    x, y, a, b = w / 2 + rng.normal(0, w * 0.02), h * 0.45, w * rng.uniform(0.22, 0.28), h * rng.uniform(0.25, 0.31)
    draw.ellipse([x - 1.9 * a, h * 0.78, x + 1.9 * a, h * 1.4], fill=clothes)
    draw.rectangle([x - a * 0.4, y, x + a * 0.4, h * 0.85], fill=skin)
    lift = rng.uniform(1.05, 1.3)
    draw.ellipse([x - a * 1.15, y - b * lift, x + a * 1.15, y + b * rng.uniform(0, 0.9)], fill=hair)
    draw.ellipse([x - a, y - b, x + a, y + b], fill=skin)
    draw.pieslice([x - a * 1.05, y - b * 1.1, x + a * 1.05, y + b * 0.4], 190, 350, fill=hair)
    dark = tuple(int(v * 0.55) for v in skin)
    for side in (-1, 1):
        ex = x + side * a * 0.42
        draw.ellipse([ex - a * 0.15, y - b * 0.12, ex + a * 0.15, y + b * 0.02], fill=(245, 245, 245))
        draw.ellipse([ex - a * 0.07, y - b * 0.12, ex + a * 0.07, y + b * 0.02], fill=(40, 30, 20))
        draw.line([ex - a * 0.2, y - b * 0.22, ex + a * 0.2, y - b * 0.25], fill=hair, width=max(2, w // 50))
    draw.line([x, y, x - a * 0.08, y + b * 0.32, x + a * 0.1, y + b * 0.34], fill=dark, width=max(2, w // 70))
    draw.arc([x - a * 0.4, y + b * 0.35, x + a * 0.4, y + b * 0.65], 20, 160, fill=(150, 60, 60), width=max(2, w // 40))
    pixels = cv2.GaussianBlur(np.asarray(image, np.float32), (0, 0), w / 90)
    light = np.linspace(rng.uniform(0.75, 1), rng.uniform(1, 1.15), w, dtype=np.float32)[None, :, None]
    pixels = pixels * light + rng.standard_normal(pixels.shape, np.float32) * 5
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).resize((width, height), Image.Resampling.LANCZOS)


def draw_stamp(text: str, side: int, font: Path, rng: np.random.Generator) -> tuple[Image.Image, Image.Image]:
    """A round or square rubber stamp, turned a little, with worn ink; picture and soft mask of side x side."""
    mask = Image.new("L", (side * 2, side * 2), 0)
    draw = ImageDraw.Draw(mask)
    edge = max(4, side // 18)
    outline = draw.ellipse if rng.random() < 0.6 else draw.rectangle
    outline([edge, edge * 3, side * 2 - edge, side * 2 - edge * 3], outline=255, width=edge)
    lines = text.split("\n")
    size = int(2.2 * side / max(6, *(len(line) for line in lines)))
    for index, line in enumerate(lines):
        place = (side, side + (index - (len(lines) - 1) / 2) * size * 1.3)
        draw.text(place, line, fill=255, font=load_font(font, size), anchor="mm")
    mask = mask.rotate(float(rng.normal(0, 14)), Image.Resampling.BICUBIC).resize((side, side))
    worn = cv2.resize(rng.uniform(0.35, 1, (side // 4 + 1, side // 4 + 1)).astype(np.float32), (side, side))
    ink = tuple(
        int(v) for v in ((rng.integers(20, 80), rng.integers(30, 80), rng.integers(120, 200)))[:: rng.choice([1, -1])]
    )
    return Image.new("RGB", (side, side), ink), Image.fromarray((np.asarray(mask) * worn * 0.85).astype(np.uint8))


def guilloche(page: Page, tint: Colour, waves: int, rng: np.random.Generator) -> None:
    """Fine waves across a page, as on cards and cheques."""
    draw = ImageDraw.Draw(page.image)
    width, height = page.image.size
    x = np.arange(0, width, 3)
    for index in range(waves):
        y = height * index / waves + height * 0.05 * np.sin(x / width * rng.uniform(8, 9) + index * 0.35)
        draw.line([(int(a), int(b)) for a, b in zip(x, y, strict=True)], fill=tint, width=1)


def id_card(style: Style, rng: np.random.Generator) -> Page:
    """A card with the portrait at the left and labelled values beside it."""
    paper = tuple(int(v) for v in rng.integers(205, 246, 3))
    page = Page.blank(860, 540, paper)
    guilloche(page, tuple(v - 18 for v in paper), int(rng.integers(20, 60)), rng)
    band = tuple(int(v) for v in rng.integers(20, 130, 3))
    ImageDraw.Draw(page.image).rectangle([0, 0, 860, 84], fill=band)
    page.write((30, 22), words.authority(rng), style.heading, 32, (250, 250, 250))
    page.paste(draw_portrait(210, 270, rng), (36, 130), "portrait")
    ink = ink_colour(rng)
    values = [("Surname", words.surname(rng), "name"), ("Given name", words.given_name(rng), "name")]
    values += [("Date of birth", words.date(rng), "number"), ("Card no.", words.number(rng, 9), "number")]
    values += [("Valid until", words.date(rng, 2027, 2036), "number")]
    for index, (label, value, kind) in enumerate(values):
        page.write((285, 112 + index * 74), label, style.label, 16, (90, 90, 90))
        page.write((285, 134 + index * 74), value, style.value, 31, ink, kind)
    page.write((36, 470), words.number(rng, 24).replace("0", "<"), style.value, 26, ink, "number")
    if rng.random() < 0.6:
        picture, mask = draw_stamp("VALID", 120, style.heading, rng)
        page.paste(picture, (700, 390), "stamp", mask)
    return page


def residence_permit(style: Style, rng: np.random.Generator) -> Page:
    """A card with the portrait at the right, values in two columns, and no bands."""
    paper = tuple(int(v) for v in rng.integers(215, 250, 3))
    page = Page.blank(880, 560, paper)
    draw = ImageDraw.Draw(page.image)
    draw.rounded_rectangle([8, 8, 872, 552], 30, outline=tuple(v - 70 for v in paper), width=4)
    page.write((40, 30), words.authority(rng).upper(), style.heading, 27, ink_colour(rng))
    page.paste(draw_portrait(230, 290, rng), (610, 90), "portrait")
    ink = ink_colour(rng)
    values = [("Name", f"{words.given_name(rng)} {words.surname(rng)}", "name"), ("Place", words.town(rng), "name")]
    values += [("Number", words.number(rng, 8), "number"), ("Born", words.date(rng), "number")]
    values += [("Issued", words.date(rng, 2015, 2026), "number"), ("Expires", words.date(rng, 2027, 2036), "number")]
    for index, (label, value, kind) in enumerate(values):
        x, y = 40 + (index % 2) * 300 if index > 1 else 40, 100 + (index if index < 2 else index // 2 + 1) * 92
        page.write((x, y), label, style.label, 17, (100, 90, 90))
        page.write((x, y + 24), value, style.value, 30, ink, kind)
    picture, mask = draw_stamp("REGISTRY\n" + words.number(rng, 4), 130, style.heading, rng)
    page.paste(picture, (460, 395), "stamp", mask)
    return page


def receipt(style: Style, rng: np.random.Generator) -> Page:
    """A till receipt: a narrow page of items and prices."""
    items = int(rng.integers(6, 13))
    page = Page.blank(520, 300 + items * 40, (int(rng.integers(235, 254)),) * 3)
    ink = (int(rng.integers(30, 90)),) * 3
    page.write((40, 30), words.shop(rng), style.heading, 30, ink)
    page.write((40, 76), words.date(rng, 2022, 2026) + "  " + words.time(rng), style.value, 22, ink, "number")
    total = 0
    for index in range(items):
        y, price = 124 + index * 40, int(rng.integers(50, 4000))
        total += price
        page.write((40, y), words.item(rng), style.value, 23, ink, "line")
        page.write((390, y), f"{price / 100:6.2f}", style.value, 23, ink, "number")
    y = 140 + items * 40
    ImageDraw.Draw(page.image).line([40, y, 480, y], fill=ink, width=2)
    page.write((40, y + 12), "TOTAL", style.heading, 30, ink)
    page.write((350, y + 12), f"{total / 100:7.2f}", style.heading, 30, ink, "number")
    page.write((40, y + 66), words.number(rng, 18), style.value, 20, ink, "number")
    return page


def invoice(style: Style, rng: np.random.Generator) -> Page:
    """An invoice: a table with a shaded head, sums at the right."""
    page = Page.blank(780, 900, (int(rng.integers(240, 255)),) * 3)
    ink, draw = ink_colour(rng), ImageDraw.Draw(page.image)
    page.write((50, 40), words.shop(rng), style.heading, 36, ink)
    page.write((50, 100), f"Invoice {words.number(rng, 6)}", style.value, 24, ink, "number")
    page.write((520, 100), words.date(rng, 2022, 2026), style.value, 24, ink, "number")
    page.write(
        (50, 150), f"{words.given_name(rng)} {words.surname(rng)}, {words.town(rng)}", style.value, 24, ink, "name"
    )
    draw.rectangle([50, 220, 730, 262], fill=(215, 220, 228))
    page.write((62, 228), "Item", style.heading, 22, ink)
    page.write((600, 228), "Amount", style.heading, 22, ink)
    total = 0
    for index in range(int(rng.integers(5, 10))):
        y, price = 280 + index * 46, int(rng.integers(500, 90000))
        total += price
        page.write((62, y), words.item(rng), style.value, 23, ink, "line")
        page.write((600, y), f"{price / 100:8.2f}", style.value, 23, ink, "number")
        draw.line([50, y + 38, 730, y + 38], fill=(205, 205, 205), width=1)
    page.write((420, 790), "Sum", style.heading, 28, ink)
    page.write((580, 790), f"{total / 100:9.2f}", style.heading, 28, ink, "number")
    if rng.random() < 0.6:
        picture, mask = draw_stamp("PAID\n" + words.date(rng, 2022, 2026), 170, style.heading, rng)
        page.paste(picture, (120, 700), "stamp", mask)
    return page


def letter(style: Style, rng: np.random.Generator) -> Page:
    """A letter: sender, address, date, paragraphs and a stamp beside the name."""
    page = Page.blank(760, 980, (int(rng.integers(242, 255)),) * 3)
    ink = ink_colour(rng)
    page.write((70, 60), words.authority(rng), style.heading, 30, ink)
    page.write((70, 130), f"{words.given_name(rng)} {words.surname(rng)}", style.value, 23, ink, "name")
    page.write((70, 162), f"{words.number(rng, 5)} {words.town(rng)}", style.value, 23, ink, "number")
    page.write((520, 162), words.date(rng, 2020, 2026), style.value, 23, ink, "number")
    y = 240
    for _ in range(3):
        for _ in range(int(rng.integers(3, 6))):
            page.write((70, y), words.sentence(rng, 46), style.value, 21, ink, "line")
            y += 34
        y += 24
    page.write(
        (70, y + 20), f"Amount due: {words.number(rng, 4)}.{words.number(rng, 2)}", style.heading, 24, ink, "number"
    )
    page.write((70, y + 90), f"{words.given_name(rng)} {words.surname(rng)}", style.value, 24, ink, "name")
    picture, mask = draw_stamp(words.town(rng).upper(), 160, style.heading, rng)
    page.paste(picture, (500, min(y + 20, 800)), "stamp", mask)
    return page


def certificate(style: Style, rng: np.random.Generator) -> Page:
    """A certificate: a frame, centred lines, a number and a stamp at the foot."""
    page = Page.blank(
        940, 700, tuple(int(v) for v in (rng.integers(240, 255), rng.integers(236, 250), rng.integers(215, 240)))
    )
    ink, draw = ink_colour(rng), ImageDraw.Draw(page.image)
    for inset in (20, 32):
        draw.rectangle([inset, inset, 940 - inset, 700 - inset], outline=(140, 110, 60), width=3)
    page.write((240, 80), words.authority(rng), style.heading, 38, ink)
    page.write((180, 180), "This is to certify that", style.label, 26, ink)
    page.write((180, 230), f"{words.given_name(rng)} {words.surname(rng)}", style.heading, 44, ink, "name")
    for index in range(3):
        page.write((180, 320 + index * 42), words.sentence(rng, 40), style.value, 25, ink, "line")
    page.write((180, 480), f"Grade {words.number(rng, 1)}.{words.number(rng, 1)}", style.value, 30, ink, "number")
    page.write(
        (180, 560), f"No. {words.number(rng, 7)}   {words.date(rng, 2015, 2026)}", style.value, 26, ink, "number"
    )
    picture, mask = draw_stamp("OFFICIAL\n" + words.town(rng), 170, style.heading, rng)
    page.paste(picture, (660, 460), "stamp", mask)
    return page


def form(style: Style, rng: np.random.Generator) -> Page:
    """A form: labelled boxes, filled in."""
    page = Page.blank(800, 900, (int(rng.integers(240, 255)),) * 3)
    ink, draw = ink_colour(rng), ImageDraw.Draw(page.image)
    page.write((50, 40), "Application " + words.number(rng, 4), style.heading, 32, (30, 30, 30))
    for index, label in enumerate(("Name", "Street", "Town", "Date of birth", "Account", "Income", "Signed on")):
        y = 120 + index * 106
        draw.rectangle([50, y + 26, 750, y + 84], outline=(120, 120, 120), width=2)
        page.write((54, y), label, style.label, 17, (90, 90, 90))
        kind = "name" if index < 3 else "number"
        page.write((64, y + 38), words.answer(rng, label), style.value, 28, ink, kind)
    return page


def questionnaire(style: Style, rng: np.random.Generator) -> Page:
    """A form of another kind: two columns, dotted lines, ticks."""
    page = Page.blank(900, 820, (int(rng.integers(238, 252)), int(rng.integers(240, 254)), int(rng.integers(238, 252))))
    ink, draw = ink_colour(rng), ImageDraw.Draw(page.image)
    draw.rectangle([0, 0, 900, 70], fill=(60, 80, 70))
    page.write((40, 18), "Declaration " + words.number(rng, 5), style.heading, 30, (245, 245, 245))
    labels = ("Name", "Town", "Street", "Date of birth", "Income", "Account", "Signed on", "Reference")
    for index, label in enumerate(labels):
        x, y = 40 + (index % 2) * 430, 120 + (index // 2) * 120
        page.write((x, y), label, style.label, 19, (80, 80, 80))
        kind = "name" if index < 3 else "number"
        page.write((x, y + 32), words.answer(rng, label), style.value, 26, ink, kind)
        for dot in range(x, x + 390, 8):
            draw.ellipse([dot, y + 68, dot + 2, y + 70], fill=(110, 110, 110))
    for index in range(4):
        y = 620 + index * 44
        draw.rectangle([40, y, 64, y + 24], outline=(60, 60, 60), width=2)
        if rng.random() < 0.5:
            draw.line([44, y + 12, 52, y + 20, 66, y - 4], fill=ink, width=4)
        page.write((80, y - 2), words.sentence(rng, 38), style.label, 21, (50, 50, 50), "line")
    return page


Template = Callable[[Style, np.random.Generator], Page]
LEARNED: tuple[Template, ...] = (id_card, receipt, letter, form)
KEPT: tuple[Template, ...] = (residence_permit, invoice, certificate, questionnaire)


def make_page(kept: bool, rng: np.random.Generator) -> Page:
    """Draw a template of one of the two sets, and print a page of it."""
    templates, styles = (KEPT, KEPT_STYLES) if kept else (LEARNED, LEARNED_STYLES)
    return templates[rng.integers(len(templates))](styles[rng.integers(len(styles))], rng)
