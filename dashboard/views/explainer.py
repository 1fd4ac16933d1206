"""An explainer network as tables and charts: tables 1 and 3 of the paper and the appendix's, its training."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.measures import part_tables
from core.measures.interval import Estimate, binomial
from core.measures.part_stability import FLOORS
from core.measures.part_tables import CONTROLS, EXPLAINER, PERFORMER, Beside, Erring, Landed
from core.methods.explainer.looking import Looked
from core.methods.explainer.training import MEASURES, Settings
from dashboard.views.ink import Ink
from dashboard.views.words import number, percent

CLEAR = "rgba(0,0,0,0)"
_MARGIN = {"l": 10, "r": 10, "t": 10, "b": 10}
# Table 3 and the appendix's: p, then errors in per cent of performer, explainer and explainer+cls.
PUBLISHED = (
    ("VGG-M, 6 animals", 0.9012, 6.12, 6.62, 5.22), ("VGG-S, 6 animals", 0.9270, 5.95, 6.97, 5.43),
    ("VGG-16, 6 animals", 0.8593, 2.03, 2.17, 2.49), ("AlexNet, one animal", 0.7137, 4.60, 8.20, 2.88),
    ("VGG-M, one animal", 0.8066, 3.18, 8.58, 3.40), ("VGG-S, one animal", 0.8996, 2.26, 10.97, 3.86),
    ("VGG-16, one animal", 0.8718, 1.34, 6.12, 1.76), ("AlexNet, birds", 0.5810, 4.41, 10.98, 3.57),
    ("VGG-M, birds", 0.8611, 2.66, 6.84, 2.54), ("VGG-S, birds", 0.9533, 2.76, 8.53, 2.72),
    ("VGG-16, birds", 0.9579, 1.09, 6.04, 0.90),
)  # fmt: skip
# Table 1 and the appendix's: instability of the target layer, the top conv layer and the explainer; NaN: not given.
UNSTABLE = (
    ("VGG-M, 6 animals", np.nan, 0.135, 0.097), ("VGG-S, 6 animals", np.nan, 0.138, 0.107),
    ("VGG-16, 6 animals", np.nan, 0.128, 0.109), ("AlexNet, one animal", 0.139, 0.140, 0.096),
    ("VGG-M, one animal", 0.136, 0.141, 0.097), ("VGG-S, one animal", 0.135, 0.139, 0.094),
    ("VGG-16, one animal", 0.140, 0.139, 0.090), ("AlexNet, birds", 0.1542, 0.1502, 0.0906),
    ("VGG-M, birds", 0.1484, 0.1476, 0.0815), ("VGG-S, birds", 0.1518, 0.1481, 0.0704),
    ("VGG-16, birds", 0.1444, 0.1373, 0.0490),
)  # fmt: skip
STILL = {
    "modal cell": "Its peak held at its most frequent cell", "performer, modal cell": "The performer's, held likewise",
    "centre": "A peak at the middle of the map", "cell 0": "A peak at the first cell, as of dead filters",
    "random cell": "A cell by chance for each filter", "anywhere": "A cell by chance for each picture",
}  # fmt: skip
TITLES = {
    "fc6": "fc6 not reconstructed", "fc7": "fc7 not reconstructed", "p": "p, interpretable share",
    "information 1": "Information, conv-interp-1", "information 2": "Information, conv-interp-2",
    "live filters": "Filters that fire", "loss": "Loss",
}  # fmt: skip


def published() -> pd.DataFrame:
    """Table 3 and the appendix's, as published."""
    return pd.DataFrame(PUBLISHED, columns=["network and pictures", "p", PERFORMER, EXPLAINER, "explainer+cls"])


def published_instability() -> pd.DataFrame:
    """Table 1 and the appendix's, as published, and the explainer's over the top conv layer's."""
    table = pd.DataFrame(UNSTABLE, columns=["network and pictures", "target layer", "top conv layer", EXPLAINER])
    given = [f"{value:.3f}" if np.isfinite(value) else "not given" for value in table["target layer"]]
    return table.assign(**{"target layer": given, "ratio": table[EXPLAINER] / table["top conv layer"]})


def errors(found: Looked, cls: Looked | None = None) -> pd.DataFrame:
    """Errors in per cent with their 95 % intervals, and how many points they lie above the performer's; the explainer
    trained on classes, which explains nothing, where there is one."""
    rows = [("Performer", found.error(PERFORMER)), ("Explainer", found.error(EXPLAINER))]
    rows.append(("Its ordinary track alone", found.error("ordinary")))
    if cls is not None:
        rows.append(("Explainer+cls, no explanation", cls.error(EXPLAINER)))
    cells = [(name, binomial(wrong == 1)) for name, wrong in rows]
    return pd.DataFrame(
        [
            {
                "what classifies": name, "error": 100 * one.value, "interval": _between(one, 100, 1),
                "more": 100 * (one.value - cells[0][1].value),
            }
            for name, one in cells
        ]
    )  # fmt: skip


def _between(one: Estimate, times: float = 1, digits: int = 3) -> str:
    if not one.n or not np.isfinite(one.low):
        return ""
    return f"{times * one.low:.{digits}f} to {times * one.high:.{digits}f}"


def lost(found: Erring, names: Sequence[str]) -> pd.DataFrame:
    """By class, the one that loses most first: pictures, errors, pictures that the explainer alone errs in and what
    most of them are taken for, and those that the performer alone errs in."""
    rows = [
        {
            "class": names[c], "pictures": int(found.pictures[c]), "lost": int(found.lost[c]),
            "taken for": names[found.taken_for[c]] if found.taken_for[c] >= 0 else "",
            "won": int(found.won[c]), PERFORMER: int(found.performer[c]), EXPLAINER: int(found.explainer[c]),
        }
        for c in np.argsort(-found.lost, kind="stable").tolist()
        if found.pictures[c]
    ]  # fmt: skip
    columns = ["class", "pictures", "lost", "taken for", "won", PERFORMER, EXPLAINER]
    return pd.DataFrame(rows, columns=columns)


def lost_words(found: Erring) -> str:
    """The same in a sentence."""
    total, more = int(found.pictures.sum()), int(found.lost.sum())
    return (
        f"Of {total:,} pictures the explainer errs in {more} that the performer gets right, and gets {found.won.sum()} "
        "right that the performer errs in."
    )


def instability(found: Beside, layer: str) -> pd.DataFrame:
    """Table 1: mean instability of conv-interp-2, of a layer of the performer, and of peaks that stand still."""
    whole = found.against[PERFORMER]
    rows = [
        {"peaks of": "Explainer, conv-interp-2", **_estimated(whole.first), "ratio": np.nan, "of it": ""},
        {"peaks of": f"Performer, {layer}", **_estimated(whole.second), **_ratio(whole.ratio)},
    ]
    for name in ("modal cell", "performer, modal cell", *FLOORS[1:]):
        if name in found.against:
            more = _estimated(found.against[name].second) | _ratio(found.against[name].ratio)
        else:
            value = found.mean(name)
            ratio = found.mean(EXPLAINER) / value if value > 0 else np.nan
            more = {"instability": value, "interval": "", "ratio": ratio, "of it": ""}
        rows.append({"peaks of": STILL[name], **more})
    return pd.DataFrame(rows)


def _estimated(one: Estimate) -> dict[str, object]:
    return {"instability": one.value, "interval": _between(one)}


def _ratio(one: Estimate) -> dict[str, object]:
    return {"ratio": one.value, "of it": _between(one, digits=2)}


def verdict(found: Beside, layer: str) -> str:
    """What table 1 says, in words: against the performer, and against a peak that never moves."""
    ratio, still = found.against[PERFORMER].ratio, found.against["modal cell"].ratio
    who = f"the performer's {layer}"
    if ratio.high < 1:
        told = f"steadier than {who}: {_times(ratio)} of its instability"
    elif ratio.low > 1:
        told = f"less steady than {who}: {_times(ratio)} times its instability"
    else:
        told = f"not shown to be steadier than {who}: {_times(ratio)} of its instability"
    below = "less" if still.high < 1 else "**not shown to be less**"
    return (
        f"The explainer's filters are {told}. A peak that never left its most frequent cell would have "
        f"{number(found.mean('modal cell'))}: theirs is {below}, {_times(still)} of it."
    )


def _times(one: Estimate) -> str:
    return f"{one.value:.2f} ({_between(one, digits=2)})"


def by_class(found: Beside, names: Sequence[str], layer: str, ink: Ink) -> go.Figure:
    """Each class's mean instability, of the explainer, of a layer of the performer and of still peaks; on top the class
    in which the explainer gains most."""
    order = sorted(found.classes, key=lambda c: (-_known(found.classes[c].ratio.value), c))
    told = [f"{names[c]} ({found.classes[c].first.n})" for c in order]
    figure = go.Figure()
    for c, name in zip(order, told, strict=True):
        ends = [found.mean(EXPLAINER, c), found.mean(PERFORMER, c)]
        figure.add_scatter(
            x=ends, y=[name, name], mode="lines", line={"color": ink.line, "width": 2}, hoverinfo="skip",
            showlegend=False,
        )  # fmt: skip
    sides = (
        (EXPLAINER, EXPLAINER, ink.accent, "circle", 10),
        (PERFORMER, layer, ink.second, "square", 9),
        ("modal cell", "its peak held still", ink.muted, "line-ns-open", 11),
    )
    for name, title, colour, symbol, size in sides:
        figure.add_scatter(
            x=[found.mean(name, c) for c in order], y=told, mode="markers", name=title,
            marker={"color": colour, "symbol": symbol, "size": size, "line": {"color": colour, "width": 2}},
            customdata=[[_ratio_words(found, c)] for c in order],
            hovertemplate=f"%{{y}}, {title}: %{{x:.3f}}<br>explainer over performer %{{customdata[0]}}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(
        title_text="location instability", rangemode="tozero", color=ink.text, gridcolor=ink.line, zeroline=False
    )
    figure.update_yaxes(color=ink.text, showgrid=False, dtick=1, automargin=True)
    figure.update_layout(
        height=110 + 21 * len(order), margin=_MARGIN, paper_bgcolor=CLEAR, plot_bgcolor=CLEAR,
        legend={"orientation": "h", "x": 0, "y": 1.01, "yanchor": "bottom", "font": {"color": ink.text}},
    )  # fmt: skip
    return figure


def _known(value: float) -> float:
    return value if np.isfinite(value) else np.inf


def _ratio_words(found: Beside, c: int) -> str:
    one = found.classes[c].ratio
    return _times(one) if np.isfinite(one.value) else "not defined"


def by_class_words(found: Beside, names: Sequence[str]) -> str:
    """The same in words."""
    steadier = [c for c, one in found.classes.items() if one.ratio.value < 1]
    sure = [names[c] for c in steadier if found.classes[c].ratio.high < 1]
    some = f", beyond doubt for {', '.join(sure)}" if sure else ""
    return f"The explainer is steadier than the performer for {len(steadier)} of {len(found.classes)} classes{some}"


def once_words(found: Beside, names: Sequence[str]) -> str:
    """What the mean over rows owes to the class with most of them: that class, and the means of classes that count
    once each."""
    counts = {c: one.first.n for c, one in found.classes.items()}
    largest = max(counts, key=counts.get)
    means = [np.nanmean([found.mean(side, c) for c in found.classes]) for side in (EXPLAINER, PERFORMER)]
    return (
        f"Of the {sum(counts.values())} rows {counts[largest]} are of {names[largest]}. With each class counted once "
        f"the means are {means[0]:.3f} for the explainer and {means[1]:.3f} for the performer."
    )


def one_part(found: Landed) -> pd.DataFrame:
    """The share of filters that land on one part in at least 60 % of their pictures, and the same of moved peaks, with
    95 % intervals."""
    titles = ("As they are", "After maps were shifted by chance", "Moved to any part by chance")
    rows = []
    for control, title in zip(CONTROLS, titles, strict=True):
        cells = {"peaks": title}
        for side in (EXPLAINER, PERFORMER):
            one = found.on_one[side, control]
            cells[side] = f"{100 * one.value:.0f} % ({_between(one, 100, 0)})"
        rows.append(cells)
    return pd.DataFrame(rows)


def landings(found: Landed, layer: str, ink: Ink) -> go.Figure:
    """How many filters lie on each part more than on any other, of the explainer and of a layer of the performer."""
    counts = {side: np.bincount(found.most(side) + 1, minlength=len(found.parts) + 1)
              for side in (EXPLAINER, PERFORMER)}  # fmt: skip
    total = sum(counts.values())
    order = [part for part in np.argsort(-total, kind="stable") if total[part]]
    names = [("no part", *found.parts)[part] for part in order]
    figure = go.Figure()
    for side, title, colour in ((EXPLAINER, EXPLAINER, ink.accent), (PERFORMER, layer, ink.second)):
        figure.add_bar(
            x=names, y=[int(counts[side][part]) for part in order], name=title, marker={"color": colour},
            hovertemplate=f"%{{y}} filters of {title} on: %{{x}}<extra></extra>",
        )  # fmt: skip
    return _bars(figure, "filters", ink)


def _bars(figure: go.Figure, title: str, ink: Ink) -> go.Figure:
    figure.update_xaxes(color=ink.text, showgrid=False, tickangle=-45, dtick=1)
    figure.update_yaxes(title_text=title, color=ink.text, gridcolor=ink.line, zeroline=False, rangemode="tozero")
    figure.update_layout(
        height=300, margin=_MARGIN, paper_bgcolor=CLEAR, plot_bgcolor=CLEAR, barmode="group", bargap=0.25,
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1, "font": {"color": ink.text}},
    )  # fmt: skip
    return figure


def owners(explainer: np.ndarray, performer: np.ndarray, names: Sequence[str], ink: Ink) -> go.Figure:
    """How many filters belong to each class, of conv-interp-2 and of the top conv layer.  (F,) classes, -1 for none"""
    figure = go.Figure()
    for title, labels, colour in ((EXPLAINER, explainer, ink.accent), ("top conv layer", performer, ink.second)):
        counts = np.bincount(labels[labels >= 0], minlength=len(names))
        figure.add_bar(
            x=list(names), y=counts, name=title, marker={"color": colour},
            hovertemplate=f"%{{y}} filters of {title}: %{{x}}<extra></extra>",
        )  # fmt: skip
    return _bars(figure, "filters", ink)


def live_words(seen: Looked) -> str:
    """How many filters fire at all."""
    named = {"second": "conv-interp-2", "first": "conv-interp-1", "top": "the top conv layer", "target": "its input"}
    told = part_tables.live(seen)
    parts = [f"{told[name][0]} of {sum(told[name])} in {title}" for name, title in named.items()]
    return f"Filters that ever fire: {', '.join(parts)}."


def panel(histories: Mapping[str, np.ndarray], measure: str, ink: Ink) -> go.Figure:
    """One of training.MEASURES over the epochs, of one training or of several.  {name: (epochs, MEASURES)}"""
    figure, colours = go.Figure(), (ink.accent, ink.second)
    at = MEASURES.index(measure)
    for (name, history), colour, dash in zip(histories.items(), colours, ("solid", "dot"), strict=False):
        figure.add_scatter(
            x=np.arange(1, len(history) + 1), y=history[:, at], mode="lines+markers", name=name, showlegend=False,
            line={"color": colour, "width": 2, "dash": dash}, marker={"size": 5},
            hovertemplate=f"{name}, epoch %{{x}}: %{{y:.3g}}<extra></extra>",
        )  # fmt: skip
    shares = measure in ("fc6", "fc7", "p", "live filters") or measure.startswith("information")
    figure.update_xaxes(color=ink.text, showgrid=False, zeroline=False, nticks=6)
    figure.update_yaxes(
        color=ink.text, gridcolor=ink.line, zeroline=False, nticks=5, rangemode="tozero",
        tickformat=".0%" if shares else "",
    )  # fmt: skip
    figure.update_layout(height=180, margin={"l": 6, "r": 6, "t": 6, "b": 6}, paper_bgcolor=CLEAR, plot_bgcolor=CLEAR)
    return figure


def panel_words(histories: Mapping[str, np.ndarray], measure: str) -> str:
    at = MEASURES.index(measure)
    told = [f"{name} from {number(one[0, at])} to {number(one[-1, at])}" for name, one in histories.items() if len(one)]
    return f"{TITLES[measure]} over the epochs: {', '.join(told)}"


def history(found: np.ndarray) -> pd.DataFrame:
    """The curve as a table.  (epochs, MEASURES)"""
    table = pd.DataFrame(found, columns=list(MEASURES))
    table.insert(0, "epoch", np.arange(1, len(found) + 1))
    return table


def settings(found: Settings, rate: float) -> pd.DataFrame:
    """How an explainer was trained."""
    kind = found.filter_loss + (" gradient" if found.filter_loss in ("published", "exact") else "")
    pull = "" if found.filter_loss == "off" else f", {found.strength:g} times the reconstruction's"
    rows = (
        ("epochs", f"{found.epochs}, of batches of {found.batch}"),
        ("learning rate", f"{rate:g}, falling to 0 (Adam, weight decay {found.decay:g})"),
        ("η, weight of −log p", f"{found.eta:g}"),
        ("filter loss", f"{kind}{pull}"),
        ("masks", "on" if found.masked else "off"),
        ("trained on", "classes (+cls, no explanation)" if found.classes else "fc6 and fc7 of the performer"),
        ("seed", str(found.seed)),
    )
    return pd.DataFrame(rows, columns=["setting", "value"])


def variants(found: Mapping[str, tuple[float, Looked, Beside | None]]) -> pd.DataFrame:
    """Explainers beside each other: p, R², error, filters that fire, instability, also as a share of others'."""
    rows = []
    for name, (p, seen, beside) in found.items():
        live, dead = part_tables.live(seen)["second"]
        row = {
            "explainer": name, "p": p, "R² of fc7": seen.explained(), "without": seen.explained(ordinary=True),
            "error": 100 * float(seen.error(EXPLAINER).mean()) if len(seen.error(EXPLAINER)) else np.nan,
            "fire": f"{live} of {live + dead}", "instability": np.nan, "ratio": np.nan, "still": np.nan,
        }  # fmt: skip
        if beside is not None:
            against = beside.against
            row |= {
                "instability": against[PERFORMER].first.value, "ratio": against[PERFORMER].ratio.value,
                "still": against["modal cell"].ratio.value,
            }  # fmt: skip
        rows.append(row)
    return pd.DataFrame(rows)


def p_words(p: float) -> str:
    """What p says, and what it does not."""
    return (
        f"p = {number(p)}: {percent(p)} of the encoder's output is the interpretable track's. The loss itself drives p "
        "up (η log p), so p alone says little; what fc7 loses without the interpretable track says more."
    )


def csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False).encode()


def csv_rows(rows: Sequence[Mapping[str, object]]) -> bytes:
    return csv(pd.DataFrame(rows))


def selective_words(found: Mapping[str, Estimate], classes: int) -> str:
    """How far filters keep to one class, in words."""
    told = [f"{who} {one.value:.2f} ({_between(one, digits=2)})" for who, one in found.items()]
    return (
        f"Entropy of the class given that a filter fires, in nats, of {np.log(max(classes, 1)):.2f} there can be: "
        f"{', '.join(told)}. 0 for a filter that only one class makes fire; of each filter the tenth of the pictures "
        "with the highest peaks counts."
    )


def gain_words(found: Landed) -> str:
    """Whether more of the explainer's filters keep to one part, in words."""
    gain = found.gain
    told = f"{100 * gain.value:+.1f} points ({_between(gain, 100, 1)})".replace("-", "−")
    if gain.low > 0:
        return f"More of the explainer's filters keep to one part: {told}."
    if gain.high < 0:
        return f"Fewer of the explainer's filters keep to one part: {told}."
    return f"It is not shown that more of the explainer's filters keep to one part: {told}."
