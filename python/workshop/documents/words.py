"""Invented names, numbers and sentences for documents. Nobody is meant by them."""

from __future__ import annotations

import numpy as np

SYLLABLES = (
    "ba",
    "den",
    "fel",
    "gor",
    "ha",
    "ira",
    "kal",
    "lo",
    "mar",
    "nev",
    "os",
    "pel",
    "rin",
    "sa",
    "tov",
    "um",
    "ves",
    "wil",
    "yan",
    "zo",
)
ENDINGS = ("ek", "ova", "mann", "ini", "son", "eau", "ski", "er", "ez", "ard")
GIVEN = ("el", "ina", "o", "a", "is", "an", "ette", "us")
WORDS = (
    "the", "of", "payment", "was", "received", "on", "account", "and", "will", "be", "kept", "under", "that", "number",
    "please", "note", "our", "office", "opens", "at", "nine", "in", "accordance", "with", "your", "letter", "have",
    "sent", "copies", "to", "both", "parties", "before", "end", "month", "terms", "remain", "as", "agreed", "between",
)  # fmt: skip
ITEMS = (
    "Bread",
    "Milk 1 l",
    "Apples",
    "Coffee",
    "Butter",
    "Paper A4",
    "Batteries",
    "Soap",
    "Lamp",
    "Cable 2 m",
    "Tea",
    "Rice",
    "Ink black",
    "Screws",
    "Paint",
)
SHOPS = ("Market", "Trading", "Supplies", "Corner Shop", "Hardware", "Books & Co.")
BODIES = ("Office of Records", "City Registry", "Residents' Office", "Institute of Studies", "Transport Authority")


def pick(rng: np.random.Generator, of: tuple[str, ...]) -> str:
    return of[rng.integers(len(of))]


def stem(rng: np.random.Generator, least: int, most: int) -> str:
    return "".join(pick(rng, SYLLABLES) for _ in range(int(rng.integers(least, most + 1))))


def surname(rng: np.random.Generator) -> str:
    return (stem(rng, 1, 2) + pick(rng, ENDINGS)).capitalize()


def given_name(rng: np.random.Generator) -> str:
    return (stem(rng, 1, 2) + pick(rng, GIVEN)).capitalize()


def town(rng: np.random.Generator) -> str:
    return (stem(rng, 2, 2) + pick(rng, ("burg", "ton", "stad", "ville", "ow"))).capitalize()


def shop(rng: np.random.Generator) -> str:
    return f"{surname(rng)} {pick(rng, SHOPS)}"


def authority(rng: np.random.Generator) -> str:
    return f"{town(rng)} {pick(rng, BODIES)}"


def item(rng: np.random.Generator) -> str:
    return pick(rng, ITEMS)


def number(rng: np.random.Generator, digits: int) -> str:
    return "".join(str(d) for d in [rng.integers(1, 10), *rng.integers(0, 10, digits - 1)])


def date(rng: np.random.Generator, first: int = 1950, last: int = 2008) -> str:
    return f"{rng.integers(1, 29):02d}.{rng.integers(1, 13):02d}.{rng.integers(first, last + 1)}"


def time(rng: np.random.Generator) -> str:
    return f"{rng.integers(8, 20):02d}:{rng.integers(0, 60):02d}"


def sentence(rng: np.random.Generator, length: int) -> str:
    """Words up to a length in characters."""
    text = pick(rng, WORDS).capitalize()
    while len(text) < length - 8:
        text += " " + pick(rng, WORDS)
    return text


def answer(rng: np.random.Generator, label: str) -> str:
    """What somebody fills in under a label."""
    return {
        "Name": lambda: f"{given_name(rng)} {surname(rng)}",
        "Street": lambda: f"{surname(rng)} Street {rng.integers(1, 200)}",
        "Town": lambda: town(rng),
        "Date of birth": lambda: date(rng),
        "Signed on": lambda: date(rng, 2020, 2026),
        "Income": lambda: f"{number(rng, 2)} {number(rng, 3)}.00",
    }.get(label, lambda: f"{number(rng, 4)} {number(rng, 4)} {number(rng, 4)}")()
