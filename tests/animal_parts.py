"""Real photographs of animals with boxes and key points, as a folder in COCO's format, for tests and benchmarks.

The photographs are the animal parts of ILSVRC (zqs1022/detanimalpart), where they lie beside this repository. To look
at them in the dashboard, write them to a folder and name that in the settings file:

    python tests/animal_parts.py FOLDER

With `crops` each box is a picture of its own, as the papers on explainer networks show their performers.
"""

import hashlib
import json
import shutil
import sys
from collections import Counter
from pathlib import Path

from PIL import Image

SOURCE = Path(__file__).resolve().parents[2] / "shared" / "data" / "animal-parts"
CROP = 224  # pixels of a side of the crops that the parts' places are given in
PARTS = ("head", "legs")
SPLITS = ("train", "val", "test")
CROP_SPLITS = ("train", "test", "train", "val", "train", "test")  # a network is trained on the crops
IMAGENET = {  # wnid -> the class's name in torchvision; the other wnids are kinds above several of its classes
    "n01443537": "goldfish",
    "n01882714": "koala",
    "n02129165": "lion",
    "n02129604": "tiger",
    "n02342885": "hamster",
    "n02391049": "zebra",
    "n02398521": "hippopotamus",
    "n02444819": "otter",
    "n02454379": "armadillo",
    "n02509815": "lesser panda",
    "n02510455": "giant panda",
}

Box = tuple[float, float, float, float]


def write(folder: Path, per_class: int | None = None, *, crops: bool = False) -> Path:
    """Writes annotations.json and copies of the photographs to train/, val/ and test/ by turns within each class, at
    most so many of a class; what shows one photograph is in one split. Instead of the photographs their `crops`: the
    boxes' own pixels, resized to CROP x CROP.  -> the folder"""
    items = json.loads((SOURCE / "annotations.json").read_text())["items"]
    numbers = {wnid: place for place, wnid in enumerate(dict.fromkeys(item["wnid"] for item in items), 1)}
    names = {item["wnid"]: IMAGENET.get(item["wnid"], item["name"]) for item in items}
    images, rows, split_of, of_class = [], [], {}, Counter()
    turns = CROP_SPLITS if crops else SPLITS
    for item in items:
        if per_class and of_class[item["wnid"]] == per_class:
            continue
        source = SOURCE / item["file"]
        content = hashlib.sha256(source.read_bytes()).hexdigest()
        split = split_of.setdefault(content, turns[of_class[item["wnid"]] % len(turns)])
        of_class[item["wnid"]] += 1
        (folder / split).mkdir(parents=True, exist_ok=True)
        name = f"{split}/{item['file'].replace('/', '_')}"
        width, height = Image.open(source).size
        box = _box(item, width, height)
        if crops:
            _cropped(source, box).save(folder / name, quality=95)
            width, height, box = CROP, CROP, (0, 0, CROP, CROP)
        else:
            shutil.copyfile(source, folder / name)
        number = len(images) + 1
        images.append({"id": number, "file_name": name, "width": width, "height": height})
        rows.append({"id": number, "image_id": number, "category_id": numbers[item["wnid"]], "iscrowd": 0})
        rows[-1] |= _placed(item, box)
    categories = [{"id": place, "name": names[wnid], "keypoints": PARTS} for wnid, place in numbers.items()]
    content = {"images": images, "categories": categories, "annotations": rows}
    (folder / "annotations.json").write_text(json.dumps(content))
    return folder


def _box(item: dict, width: int, height: int) -> Box:
    """Left, top, right and bottom of an item's box, in pixels from 0; the file's begin at 1, the last one included."""
    edges = item["bbox"]
    return max(edges["xmin"], 1) - 1, max(edges["ymin"], 1) - 1, min(edges["xmax"], width), min(edges["ymax"], height)


def _cropped(source: Path, box: Box) -> Image.Image:
    return Image.open(source).convert("RGB").resize((CROP, CROP), Image.Resampling.BICUBIC, box)


def _placed(item: dict, box: Box) -> dict:
    """The box and the key points of an item in COCO's terms: a key point is a pixel's number, from 0."""
    left, top, right, bottom = box
    points = []
    for part in PARTS:
        if found := item["parts_in_224crop"].get(part):
            row, column = ((place - 0.5) / CROP for place in found["center_hw"])
            points += [left + column * (right - left) - 0.5, top + row * (bottom - top) - 0.5, 2]
        else:
            points += [0, 0, 0]
    return {"bbox": [left, top, right - left, bottom - top], "keypoints": points}


if __name__ == "__main__":
    print(write(Path(sys.argv[1])))
