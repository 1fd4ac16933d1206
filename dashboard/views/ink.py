"""The colours that pictures drawn by us share with the theme (`.streamlit/config.toml`), light and dark."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Ink:
    """Text, muted text, lines, the one accent, and two more for what is compared with it."""

    text: str
    muted: str
    line: str
    accent: str
    second: str
    third: str


LIGHT = Ink(text="#1c2429", muted="#59656d", line="#d9dfe2", accent="#0b6e6e", second="#b4561a", third="#3d5a98")
DARK = Ink(text="#e3e8ea", muted="#9aa6ad", line="#3a454b", accent="#63c5c0", second="#e0955c", third="#8fa8e0")


def ink(theme: str | None) -> Ink:
    """For 'light', 'dark' or unknown, which is drawn as light."""
    return DARK if theme == "dark" else LIGHT
