"""The command line: everything the dashboard shows, as data. `python -m core --help`."""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

from core.errors import CoreError, NotDefined, UnknownName, near

EXPLAINER = "menagerie-plain-explainer"


class Bar:
    """A progress callback that draws a bar with the time left on standard error, on a terminal only."""

    def __init__(self):
        self.start, self.shown = time.monotonic(), 0.0

    def __call__(self, done: int, total: int, label: str) -> None:
        now = time.monotonic()
        if not sys.stderr.isatty() or (now - self.shown < 0.1 and done < total):
            return
        self.shown = now
        left = (now - self.start) / max(done, 1) * (total - done)
        filled = round(24 * done / max(total, 1))
        line = f"\r{'█' * filled}{'·' * (24 - filled)} {done}/{total}  {left / 60:.0f}:{left % 60:02.0f} left  {label}"
        print(f"{line:<100.100}", end="\n" if done >= total else "", file=sys.stderr, flush=True)


def table(rows: list[tuple], heads: tuple[str, ...]) -> None:
    """Print rows in aligned columns."""
    text = [tuple(str(cell) for cell in row) for row in [heads, *rows]]
    widths = [max(len(row[i]) for row in text) for i in range(len(heads))]
    for row in text:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def networks(arguments) -> None:
    from core.networks.catalogue import list_networks, open_network

    if not arguments.name:
        table([(card.name, card.group, card.about) for card in list_networks()], ("name", "group", "about"))
        return
    network = open_network(arguments.name, arguments.weights, progress=Bar())
    print(f"{network.title}: {len(network.classes)} classes, fingerprint {network.fingerprint[:16]}")
    print(f"default layer: {network.default_layer.name}, {network.default_reason}")
    rows = [
        (layer.name, layer.path, layer.kind, " x ".join(map(str, layer.shape)), layer.receptive_field or "all")
        for layer in network.layers
    ]
    table(rows, ("layer", "module", "kind", "shape", "receptive field"))


def probes(arguments) -> None:
    from core.probes.catalogue import list_probes, open_probe

    if not arguments.name:
        table([(card.name, card.about) for card in list_probes()], ("name", "about"))
        return
    probe = open_probe(arguments.name)
    print(f"{probe.title}: {len(probe)} images, fingerprint {probe.fingerprint[:16]}")
    print("splits:", ", ".join(f"{name} {len(indices)}" for name, indices in probe.splits.items()))
    print("offers:", ", ".join(sorted(probe.offers)))
    print("classes:", ", ".join(probe.classes))
    categories = dict.fromkeys(concept.category for concept in probe.concepts)
    for category in categories:
        print(f"{category}:", ", ".join(c.name for c in probe.concepts if c.category == category))


def explain(arguments) -> None:
    from core import engine
    from core.methods.registry import METHODS
    from core.networks.catalogue import open_network
    from core.pictures import open_file, open_picture
    from core.probes.catalogue import open_probe

    if arguments.method not in METHODS:
        raise UnknownName(f"no method '{arguments.method}'{near(arguments.method, METHODS)}")
    targets = _targets(arguments.out, arguments.images)
    network = open_network(arguments.network, arguments.weights, progress=Bar())
    layer = network.layer(arguments.layer) if arguments.layer else network.default_layer
    probe = open_probe(arguments.probe) if arguments.probe else None
    learned = _learned(arguments.method, network, layer, probe)
    for name, target in zip(arguments.images, targets, strict=True):
        picture = open_file(name) if Path(name).is_file() else open_picture(name, probe)
        chances = engine.probabilities(network, picture.image)
        chosen = network.class_index(arguments.class_name) if arguments.class_name else int(chances.argmax())
        found = engine.explain(
            network,
            picture.image,
            subject=picture.subject,
            classes=[chosen],
            layers=[layer.name],
            methods=[arguments.method],
            importances=learned,
            progress=Bar(),
        )
        heatmap = next(iter(found.values()))
        if isinstance(heatmap, Exception):
            raise NotDefined(str(heatmap))
        values = heatmap.at(network.preprocessing, *picture.image.shape[:2])
        _write(target, picture.image, values, heatmap.signed)
        where = f" at {heatmap.layer}" if heatmap.layer else ""
        print(f"{target}: {arguments.method} for '{network.classes[chosen]}' (p = {chances[chosen]:.3f}){where}")


def _learned(name: str, network, layer, probe) -> dict[str, np.ndarray]:
    """The channels' importances that a method needs at a layer, computed where they are not known."""
    from core import engine
    from core.methods.registry import METHODS

    method = METHODS[name]
    if not method.needs_data or method.defined(network, layer):
        return {}
    if probe is None:
        raise NotDefined(f"{method.title} learns from pictures: say which by --probe, such as --probe menagerie")
    found = engine.importances_of(network, probe, method.needs(network, layer), progress=Bar())
    return {where: one.weights() for where, one in found.items()}


def _targets(out: str, images: list[str]) -> list[Path]:
    """One file per image: `out` itself, or for several images out-IMAGE.npy beside it."""
    path = Path(out)
    if path.suffix not in (".npy", ".png"):
        raise CoreError(f"--out must end in .npy or .png, not '{path.name}'")
    if not path.parent.is_dir():
        raise CoreError(f"the folder of --out does not exist: {path.parent}")
    if len(images) == 1:
        return [path]
    stems = [Path(name).stem.replace(":", "-") for name in images]
    if len(set(stems)) < len(stems):
        stems = [f"{number}-{stem}" for number, stem in enumerate(stems, 1)]
    return [path.with_name(f"{path.stem}-{stem}{path.suffix}") for stem in stems]


def _write(target: Path, image: np.ndarray, values: np.ndarray, signed: bool) -> None:
    """The map as it is (.npy, float32) or over the picture (.png)."""
    from core.colouring import Look, blend, limit_of, png

    as_it_is = target.suffix == ".npy"
    _kept(target, values if as_it_is else png(blend(image, values, limit_of(values, signed), signed, Look())))


def claims(arguments) -> None:
    from core.claims import PAPERS
    from core.claims.report import markdown, to_json
    from core.claims.stated import measured
    from core.networks.catalogue import open_network
    from core.probes.catalogue import open_probe

    papers = [arguments.paper] if arguments.paper else list(PAPERS)
    if unknown := set(papers) - set(PAPERS):
        name = unknown.pop()
        raise UnknownName(f"no claims of a paper '{name}'{near(name, PAPERS)}; there are: {', '.join(PAPERS)}")
    folder = _folder(arguments.out)
    network = open_network(arguments.network, arguments.weights, progress=Bar())
    probe = open_probe(arguments.probe)
    asked = {"network": network.name, "fingerprint": network.fingerprint, "probe": probe.name}
    for paper in papers:
        found = measured(PAPERS[paper](), network, probe, only=arguments.only or (), progress=Bar())
        table = markdown(found, f"Claims of {paper}, measured on {network.title} and {probe.title}")
        print(table)
        if folder:
            stem = "claims" if arguments.paper else f"claims-{paper}"
            _kept(folder / f"{stem}.md", table)
            _kept(folder / f"{stem}.json", to_json(found, {"paper": paper, **asked}))


def _folder(name: str | None) -> Path | None:
    """The folder to write to, made where there is none."""
    try:
        if name:
            Path(name).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CoreError(f"cannot make the folder {name}: {error.strerror}") from error
    return Path(name) if name else None


def _kept(target: Path, value: str | bytes | np.ndarray) -> None:
    try:
        if isinstance(value, np.ndarray):
            np.save(target, value, allow_pickle=False)
        else:
            target.write_bytes(value.encode() if isinstance(value, str) else value)
    except OSError as error:
        raise CoreError(f"cannot write {target}: {error.strerror}") from error


def precompute(arguments) -> None:
    _told(_files(arguments)[0])
    print(f"{arguments.kind}: kept")


def export(arguments) -> None:
    folder = _folder(arguments.out)
    files, asked = _files(arguments)
    for name, value in files.items():
        _kept(folder / (f"{name}.npy" if isinstance(value, np.ndarray) else name), value)
    _kept(folder / "request.json", json.dumps(asked, indent=2, sort_keys=True) + "\n")
    _told(files)
    print(f"{folder}: {len(files) + 1} files")


def _told(files: dict) -> None:
    for name in (name for name in files if name.endswith("-note.txt")):
        for line in files[name].splitlines():
            print(f"{name.removesuffix('-note.txt')}: {line}")


def _files(arguments) -> tuple[dict, dict]:
    """What `precompute` and `export` are asked for: the files of the answer, and the question."""
    from core.export import KINDS
    from core.networks.catalogue import open_network
    from core.probes.catalogue import open_probe

    if arguments.kind not in KINDS:
        raise UnknownName(
            f"nothing called '{arguments.kind}'{near(arguments.kind, KINDS)}; there are: {', '.join(KINDS)}"
        )
    network = open_network(arguments.network, arguments.weights, progress=Bar())
    probe = open_probe(arguments.probe)
    layers = [network.layer(name).name for name in arguments.layer or [network.default_layer]]
    given = {name: getattr(arguments, name) for name in ("methods", "split", "images")}
    told = {name: value for name, value in given.items() if value is not None}
    files = KINDS[arguments.kind](network, probe, layers, progress=Bar(), **told)
    about = {"network": network.name, "fingerprint": network.fingerprint, "probe": probe.name, "layers": layers}
    return files, {"kind": arguments.kind, "probe fingerprint": probe.fingerprint, **about, **told}


def cache(arguments) -> None:
    from core.store import Store

    store = Store()
    if arguments.verb == "list":
        rows = [
            (item.digest[:16], item.kind, _size([item]), time.strftime("%Y-%m-%d %H:%M", time.localtime(item.used)))
            for item in store.list()
        ]
        table(rows, ("name", "kind", "size", "last used"))
    elif arguments.verb == "verify":
        report = store.verify()
        for damage in report.damaged:
            print(f"{damage.path}: {damage.reason}")
        print(f"{report.sound} sound, {len(report.damaged)} damaged and set aside")
    else:
        limit = None if arguments.megabytes is None else int(arguments.megabytes * 1e6)
        days = 30 if arguments.days is None and limit is None else arguments.days
        removed = store.prune(None if days is None else days * 86400, limit, arguments.everything)
        left = store.list()
        print(f"{len(removed)} removed ({_size(removed)}), {len(left)} kept ({_size(left)})")


def _size(items) -> str:
    return f"{sum(item.size for item in items) / 1e6:.2f} MB"


def train(arguments) -> None:
    from core.networks import menagerie_nets, training
    from core.probes.catalogue import open_probe
    from core.probes.menagerie.world import training_arrays

    if arguments.name == EXPLAINER:
        return _train_explainer()
    names = [arguments.name] if arguments.name else list(training.RECIPES)
    for name in names:
        if name not in training.RECIPES:
            raise UnknownName(f"no recipe for '{name}'{near(name, training.RECIPES)}")
    splits = ("train", "val", "test")
    wanted = [training.RECIPES[name].images for name in names]
    first = {"train": None if None in wanted else max(wanted)}  # no more than the recipes take
    drawn = {
        split: training_arrays(split, menagerie_nets.INPUT, progress=Bar(), images=first.get(split))[0]
        for split in splits
    }
    for name in names:
        own = training.RECIPES[name].probe
        probe = open_probe(own) if own else None
        labels = {split: probe.labels[probe.splits[split][: len(drawn[split])]] if probe else None for split in splits}
        path = menagerie_nets.keep(name, training.train(name, drawn["train"], labels["train"], Bar()))
        stored = menagerie_nets.performer(name)
        for split in ("val", "test"):
            accuracy = training.accuracy(stored, drawn[split], labels[split])
            print(f"{name}: {split} accuracy {accuracy:.4f}", flush=True)
        print(f"{name}: weights in {path.name}, {path.stat().st_size / 1e6:.1f} MB")


def _train_explainer() -> None:
    from core.engine import parts
    from core.networks.catalogue import open_network
    from core.probes.catalogue import open_probe

    network, probe = open_network("menagerie-plain"), open_probe("menagerie")
    parts.read(network, probe, "train", parts.IMAGES, Bar())
    start = time.monotonic()
    made = parts.explained(network, probe, anew=True, progress=Bar())
    print(f"{EXPLAINER}: {(time.monotonic() - start) / 60:.1f} min from what the performer emits")
    before = parts.looked(network, probe, made, progress=Bar())
    path = parts.ship(network, probe, made)
    after = parts.looked(network, probe, parts.explained(network, probe), progress=Bar())
    for what, found in (("as trained", before), ("as shipped", after)):
        print(f"{what}: R² of fc7 {found.explained():.4f}, error {found.error('explainer').mean():.4f}")
    print(f"{EXPLAINER}: weights in {path.name}, {path.stat().st_size / 1e6:.1f} MB")


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m core", description="Look inside an image classifier, as data.")
    verbs = top.add_subparsers(required=True, metavar="verb")

    def verb(run, text: str) -> argparse.ArgumentParser:
        added = verbs.add_parser(run.__name__, help=text, description=text)
        added.set_defaults(run=run)
        return added

    one = verb(networks, "list the networks that can be opened, or one network's layers")
    one.add_argument("name", nargs="?")
    one.add_argument("--weights", metavar="FILE", help="a checkpoint (.pth or .safetensors)")
    one = verb(probes, "list the probes that can be opened, or one probe's classes, concepts and splits")
    one.add_argument("name", nargs="?", help="a probe's name, or a folder with one sub-folder per class")
    one = verb(explain, "where a network looked: a saliency map for one class")
    one.add_argument("images", nargs="+", metavar="IMAGE", help="a file, a sample (sample:astronaut) or a probe's key")
    one.add_argument("--network", default="menagerie-plain")
    one.add_argument("--weights", metavar="FILE", help="a checkpoint (.pth or .safetensors)")
    one.add_argument("--probe", help="the probe whose keys the images are, and that CHIP learns from")
    one.add_argument(
        "--class", dest="class_name", metavar="CLASS", help="name, part of one, or index; else the most probable"
    )
    one.add_argument("--layer", help="either of a layer's names; else the network's default")
    one.add_argument("--method", default="gradcam")
    one.add_argument(
        "--out", required=True, metavar="FILE", help=".npy (float32 map at the image's size) or .png (overlay)"
    )
    one = verb(claims, "what a paper claims beside what is measured here, with controls and verdicts")
    one.add_argument("paper", nargs="?", metavar="PAPER", help="chip, net2vec, explainer or explainer-single; else all")
    one.add_argument("--network", default="menagerie-plain")
    one.add_argument("--weights", metavar="FILE", help="a checkpoint (.pth or .safetensors)")
    one.add_argument("--probe", default="menagerie")
    one.add_argument("--only", nargs="+", metavar="ID", help="some claims, such as C1 C9; else all")
    one.add_argument("--out", metavar="FOLDER", help="write claims.md and claims.json there as well")
    for run, text in (
        (precompute, "compute what takes long and keep it in the cache"),
        (export, "the same as files: tables as CSV, arrays as NPY, and the question as JSON"),
    ):
        one = verb(run, text)
        one.add_argument("kind", metavar="WHAT", help="chip, localisation or net2vec")
        one.add_argument("--network", default="menagerie-plain")
        one.add_argument("--weights", metavar="FILE", help="a checkpoint (.pth or .safetensors)")
        one.add_argument("--probe", default="menagerie")
        one.add_argument("--layer", nargs="+", help="either of a layer's names; else the network's default")
        one.add_argument("--methods", nargs="+", metavar="METHOD", help="for localisation; else all that are quick")
        one.add_argument("--split", help="for chip (else train) and localisation (else test)")
        one.add_argument("--images", type=int, help="at most so many pictures of the split, for net2vec of all")
        if run is export:
            one.add_argument("--out", required=True, metavar="FOLDER")
    one = verb(cache, "list, verify or prune what was kept")
    one.add_argument("verb", choices=("list", "verify", "prune"))
    one.add_argument("--days", type=float, help="prune what was not used for so long (30, unless --megabytes is given)")
    one.add_argument("--megabytes", type=float, help="prune the least recently used until no more than this is left")
    one.add_argument("--all", action="store_true", dest="everything", help="prune everything, uploads too")
    one = verb(train, "train the embedded networks again, from nothing")
    one.add_argument("name", nargs="?")
    return top


def main(words: list[str] | None = None) -> int:
    """Exit code 0 only when the thing asked for was made; 2 with one sentence on standard error otherwise."""
    arguments = parser().parse_args(words)
    try:
        arguments.run(arguments)
    except CoreError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
