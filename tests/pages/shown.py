"""What a page shows after a run, for the tests of pages."""

import json


def alts(app) -> list[str]:
    """Alternative texts of the pictures."""
    return [one.alt for image in app.image for one in image.proto.imgs]


def buttons(app) -> list[str]:
    """Keys of the buttons, '' where one has none."""
    return [button.key or "" for button in app.button]


def charts(app) -> list[dict]:
    """What plotly is given."""
    return [json.loads(one.proto.spec) for one in app.get("plotly_chart")]


def frames(app) -> list:
    """The tables."""
    return [one.value for one in app.dataframe]
