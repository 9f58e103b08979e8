"""The colours of the style sheet can be told apart by people who see little (WCAG 2.2: 1.4.3 and 1.4.11)."""

import re

import pytest

from zhiyuan.web.assets import ASSETS

CSS = ASSETS["core.css"].content.decode()

TEXT = [
    *((ink, ground) for ink in ("ink", "ink-soft", "accent", "accent-strong") for ground in ("paper", "sheet")),
    ("ink", "accent-wash"), ("accent", "accent-wash"), ("accent-strong", "accent-wash"),
    ("ink-soft", "accent-wash"),
    ("accent-ink", "accent"), ("accent-ink", "accent-strong"), ("sheet", "bad"), ("bad", "sheet"),
    ("bad", "paper"),
    *((name, f"{name}-wash") for name in ("good", "warn", "bad")),
    *((ink, f"{name}-wash") for ink in ("ink", "ink-soft") for name in ("good", "warn", "bad")),
]  # fmt: skip
"""Pairs of text and ground that the style sheet uses."""

EDGES = [("line-strong", "sheet"), ("line-strong", "paper"), ("focus", "paper"), ("focus", "sheet")]
"""Borders of fields and the ring around what has the focus."""


def tokens(scheme: str) -> dict[str, str]:
    light, dark = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)[:2]
    found = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", light))
    return (
        found if scheme == "light" else {**found, **dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", dark))}
    )


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def test_the_measure_itself_is_right():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_stands_out_from_its_ground(scheme, ink, ground):
    colours = tokens(scheme)
    assert contrast(colours[ink], colours[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("edge", "ground"), EDGES)
def test_edges_of_fields_and_the_focus_stand_out(scheme, edge, ground):
    colours = tokens(scheme)
    assert contrast(colours[edge], colours[ground]) >= 3
