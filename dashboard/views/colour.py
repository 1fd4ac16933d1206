"""The colour bar."""

import numpy as np

from core.colouring import table


def bar(name: str, signed: bool, low: str, high: str, ink: str, width: int = 260) -> str:
    """A horizontal colour bar with its ends (and zero, where signed) written under it, as SVG."""
    colours = table(name, signed)[np.linspace(0, 255, 17).astype(int)]
    stops = "".join(
        f'<stop offset="{i / 16:.4f}" stop-color="rgb({r},{g},{b})"/>' for i, (r, g, b) in enumerate(colours)
    )
    text = f'<text y="28" font-family="sans-serif" font-size="12" fill="{ink}"'
    middle = f'{text} x="{width / 2}" text-anchor="middle">0</text>' if signed else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="34" viewBox="0 0 {width} 34">'
        f'<linearGradient id="g">{stops}</linearGradient><rect width="{width}" height="12" rx="3" fill="url(#g)"/>'
        f'{text} x="0">{low}</text>{middle}{text} x="{width}" text-anchor="end">{high}</text></svg>'
    )
