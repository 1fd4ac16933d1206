"""Views worth seeing: (label, why, the choices that make them)."""

from dashboard import ask, ask_dissection
from dashboard.selection import (
    BESIDE,
    CLASS,
    CONCEPT,
    EXPRESSION,
    FIGURE,
    FILTER,
    LAYER,
    LOSS,
    METHODS,
    NETWORK,
    OF_CLASS,
    PICTURE,
    PROBE,
    REGIONS,
    SECTION,
    TOP,
)
from dashboard.selection_explainer import BESIDES
from dashboard.selection_explainer import SECTIONS as EXPLAINER_SECTIONS
from dashboard.selection_parts import CHOSEN
from dashboard.selection_parts import SECTIONS as PART_SECTIONS

EMBEDDED, WORLD, SCENES = "menagerie-plain", "menagerie", "menagerie-scenes"
PAIRS = (
    ("zebra", "giraffe"),
    ("zebra", "elephant"),
    ("lion", "zebra"),
    ("horse", "cow"),
    ("sheep", "fox"),
    ("horse", "sheep"),
)


def picture() -> list[tuple[str, str, dict]]:
    found = []
    world = ask.probe(WORLD)
    planted = ask.first_captioned(world, "donkey", "test", "cart")
    if planted is not None:
        why = "In training donkeys stand beside a cart. Does the network look at the donkey or at the cart?"
        found.append(("A donkey with a cart", why, _embedded(world, planted, [])))
    for first, second in PAIRS:
        index = ask.first_captioned(world, first, "test", f" with {second}")
        if index is not None:
            why = "Ask for each of the two: a good map moves from one animal to the other."
            found.append(("Two species in one picture", why, _embedded(world, index, [first, second])))
            break
    several = ask.first_captioned(world, "giraffe", "test", "giraffe with giraffe")
    if several is not None:
        why = "A good map finds both. LIME, Grad-CAM, CHIP and Refined CHIP, as in figure 4 of the CHIP paper."
        shown = {METHODS: ["Grad-CAM", "LIME", "CHIP", "Refined CHIP"]}
        found.append(("Two of one species", why, _embedded(world, several, ["giraffe"]) | shown))
    why = "A real photograph. On a network trained on photographs (see Networks) the maps mean more."
    found.append(("A real photograph", why, {PICTURE: "sample:chelsea", CLASS: []}))
    return found


def two_classes() -> list[tuple[str, str, dict]]:
    found, world = [], ask.probe(WORLD)
    for first, second in (("horse", "donkey"), ("leopard", "cheetah")):
        index = ask.first_captioned(world, first, "test", first)
        if index is not None:
            why = "Two look-alike species: what tells one from the other?"
            found.append((f"{first.capitalize()} or {second}", why, _embedded(world, index, [first, second])))
    counter = ask.probe("menagerie-counter")
    planted = ask.first_captioned(counter, "horse", "with", "cart")
    if planted is not None:
        why = "In training only donkeys stood beside carts. What does the network call this horse, and why?"
        found.append(("A horse beside a cart", why, _embedded(counter, planted, ["donkey", "horse"])))
    pairs = ((pair, ask.first_captioned(world, pair[0], "test", f" with {pair[1]}")) for pair in PAIRS)
    both = next(((pair, index) for pair, index in pairs if index is not None), None)
    if both is not None:
        pair, index = both
        why = "Both animals are there: which methods tell one from the other? As in figure 5 of the CHIP paper."
        found.append(
            ("Seven methods, two species", why, _embedded(world, index, list(pair)) | {SECTION: "All methods"})
        )
    return found


def localisation() -> list[tuple[str, str, dict]]:
    found = []
    if SCENES in {card.name for card in ask.network_cards()} & {card.name for card in ask.probe_cards()}:
        why = "A network that names the landscape. Does its map lie on the object that makes the landscape what it is?"
        fresh = {NETWORK: SCENES, PROBE: SCENES, PICTURE: "", CLASS: [], LAYER: []}
        found.append(("The critical object of a scene", why, {**fresh, FIGURE: REGIONS}))
    why = "The same architecture that never learned: what its maps find is found without any knowledge."
    found.append(("An untrained network", why, {NETWORK: "menagerie-untrained", PROBE: WORLD, CLASS: [], LAYER: []}))
    return found


def layers() -> list[tuple[str, str, dict]]:
    world = ask.probe(WORLD)
    found = []
    for name, why in (("owl", "Large and in the middle."), ("crocodile", "Flat and low: which layer finds all of it?")):
        index = ask.first_captioned(world, name, "test", name)
        if index is not None:
            found.append((f"{name.capitalize()} through the layers", why, _embedded(world, index, [name])))
    beside = ask.first_captioned(world, "zebra", "test", "zebra")
    if beside is not None:
        why = "Which of the two stays on the animal in early layers? As in figures 8 and 9 of the CHIP paper."
        rows = {SECTION: "CHIP and Grad-CAM"}
        found.append(("CHIP beside Grad-CAM", why, _embedded(world, beside, ["zebra"]) | rows))
    return found


def channels() -> list[tuple[str, str, dict]]:
    world, found = ask.probe(WORLD), []
    trios = (
        ("Two cats and a giraffe", "leopard", ["leopard", "cheetah", "giraffe"], "Do look-alikes share more channels?"),
        ("The donkey's channels", "donkey", ["donkey"], "Among its channels is one that answers to carts: which?"),
    )
    for title, first, classes, why in trios:
        index = ask.first_captioned(world, first, "test", "cart" if first == "donkey" else first)
        if index is not None:
            section = {SECTION: "Overlap" if len(classes) > 1 else "One class"}
            found.append((title, why, _embedded(world, index, classes) | section))
    return found


def knockout() -> list[tuple[str, str, dict]]:
    world, found = ask.probe(WORLD), []
    planted = ask.first_captioned(world, "donkey", "test", "cart")
    if planted is not None:
        why = "In training donkeys stand beside a cart. What is this one taken for without the donkey's channels?"
        found.append(("A donkey with a cart", why, _embedded(world, planted, ["donkey"]) | {TOP: 10}))
    cheetah = ask.first_captioned(world, "cheetah", "test", "cheetah")
    if cheetah is not None:
        why = "Does the look-alike take over when the cheetah's channels are closed?"
        found.append(("A cheetah or a leopard", why, _embedded(world, cheetah, ["cheetah", "leopard"]) | {TOP: 10}))
    return found


def dissection() -> list[tuple[str, str, dict]]:
    world, found = ask.probe(WORLD), []
    for label, name, phrase, concept, why in (
        ("Stripes", "zebra", "zebra", "striped", "A texture: how much of it does one filter find, how much do all?"),
        ("Fur", "brown bear", "brown bear", "fur", "No filter knows it alone. What do all of them make of it?"),
        ("The cart", "donkey", "cart", "cart", "It stands beside donkeys. Which filters does the network have for it?"),
    ):
        index = ask.first_captioned(world, name, "test", phrase)
        if index is not None:
            found.append((label, why, _embedded(world, index, []) | {SECTION: "Concept", CONCEPT: concept}))
    fresh = {NETWORK: EMBEDDED, PROBE: world.name, CLASS: [], LAYER: []}
    filters = ask_dissection.best_filters(ask.network(EMBEDDED), world)
    if "elephant" in filters:
        why = "What do the concepts have in common that have this one as their best filter? As in figure 4."
        found.append(("A filter that many share", why, fresh | {SECTION: "Filter", FILTER: filters["elephant"]}))
    why = "The same architecture that never learned: do its filters know concepts too?"
    return [*found, ("An untrained network", why, fresh | {NETWORK: "menagerie-untrained", SECTION: "By category"})]


def parts() -> list[tuple[str, str, dict]]:
    """The paper's figures with species of the Menagerie."""
    world, found = ask.probe(WORLD), []
    for label, name, phrase, section, why in (
        ("The parts of a zebra", "zebra", "zebra", 1, "Which parts make it a zebra, and by how much? As in figure 5."),
        (
            "A donkey with a cart",
            "donkey",
            "cart",
            1,
            "In training donkeys stand beside a cart: does a filter lie on it?",
        ),
        (
            "The filters of one class",
            "giraffe",
            "giraffe",
            0,
            "Do different filters find different parts of a giraffe?",
        ),
    ):
        index = ask.first_captioned(world, name, "test", phrase)
        if index is not None:
            more = {SECTION: PART_SECTIONS[section]} | ({} if section else {OF_CLASS: CHOSEN})
            found.append((label, why, _embedded(world, index, [name]) | more))
    return found


def explainer() -> list[tuple[str, str, dict]]:
    """The paper's tables on the embedded network, and what its controls show."""
    world = ask.probe(WORLD)
    share, instability, training, templates = EXPLAINER_SECTIONS
    fresh = {NETWORK: EMBEDDED, PROBE: world.name, CLASS: [], LAYER: []}
    found = [
        ("Beside the target layer", "The explainer reads this layer. Are its filters steadier? As in the appendix.",
         fresh | {SECTION: instability, BESIDE: BESIDES["target"]}),
        ("Classes that are lost", "Which species does the explainer mistake that the network knows?",
         fresh | {SECTION: share}),
        ("Without the filter loss", "The same training without equation 2: are its filters as steady? Takes minutes.",
         fresh | {SECTION: training, LOSS: "Off"}),
    ]  # fmt: skip
    index = ask.first_captioned(world, "giraffe", "test", "giraffe")
    if index is not None:
        why = "One filter's map before its mask and after it: what does the mask take away?"
        found.append(("A mask at work", why, _embedded(world, index, []) | {SECTION: templates}))
    return found


def _embedded(world, index: int, classes: list[str]) -> dict:
    """The choices for a picture of the Menagerie on the network that was trained on it."""
    return {NETWORK: EMBEDDED, PROBE: world.name, PICTURE: world.key(index), CLASS: classes, LAYER: []}


def embedding() -> list[tuple[str, str, dict]]:
    """The paper's examples with concepts of the Menagerie."""
    fresh = {NETWORK: EMBEDDED, PROBE: WORLD, CLASS: [], LAYER: []}
    found = [
        ("Animals, parts or colours", "What is near to a wolf: other animals, or parts of it? As in table 2.",
         {**fresh, SECTION: "Neighbours", CONCEPT: "wolf"}),
        ("A landscape", "A landscape fills its picture, so nothing can be segmented: n/a for one of the tasks.",
         {**fresh, SECTION: "Neighbours", CONCEPT: "savanna"}),
    ]  # fmt: skip
    sums = (
        ("grass + blue - green", "Is what grass is without its green, but blue, the sky or the sea? As in table 3."),
        ("grass - green", "Ground that is not green. As in table 3."),
        ("tree - wood", "What is left of a tree: leaves and flowers? As in table 3."),
        ("zebra - striped + brown", "A zebra without its stripes, but brown."),
    )
    found += [(text, why, {**fresh, SECTION: "Arithmetic", EXPRESSION: text}) for text, why in sums]
    return found
