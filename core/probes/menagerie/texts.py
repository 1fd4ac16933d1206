"""Ten sentences about each species, as a field guide would say them and without its name: captions for zero-shot work.

They speak of what the pictures show (build, coat, head, limbs, tail, where it stands) and of what they do not (habits).
`text_vectors` makes them numbers, always the same ones.
"""

import re
from collections import Counter
from functools import cache
from hashlib import sha256

import numpy as np

from core.errors import UnknownClass, near

DIMENSIONS = 256
_COMMON = (
    "a an the its it is are and or of on in at to with by for from as than that which where has have this no so not"
)

_TEXTS = {
    "zebra": """
This sturdy grazing animal wears bold black and white stripes all over its body.
Narrow dark bands run down the neck and around the rump of this white coat.
A short upright mane, striped like the neck, stands along the crest.
It has a long dark muzzle, rounded ears and a barrel-shaped body.
The slim legs are ringed with stripes down to the black hooves.
A thin tail ends in a dark tuft.
It is the size of a pony and built for running.
Herds of this animal graze in open grassland dotted with flat-topped trees.
Its contrasting stripes set it apart from every other hoofed grazer.
It lives in family groups, is wary of big cats and flees at a gallop.
""",
    "horse": """
This tall, long-legged grazing animal has a smooth brown coat.
A long dark mane falls over one side of its arched neck.
Its full tail of long flowing hair hangs from the rump.
The long head has small pointed ears and a narrow muzzle.
It stands on slim strong legs that end in single hooves.
Its body is deep-chested and muscular, with a rounded rump.
It is often seen in pastures and on mountain meadows.
It is bigger than its grey long-eared cousin and carries its neck higher.
People have ridden it and worked with it for thousands of years.
It is a fast and willing runner that likes company.
""",
    "donkey": """
This small grey hoofed animal has very long upright ears.
Its pale muzzle and belly contrast with the grey coat.
A short stiff mane runs down the neck.
The thin tail ends in a tuft like that of a cow.
It has a large head on a rather short neck.
Its legs are slim and its hooves are small and dark.
It is a patient animal that people use to carry loads and pull a load.
It lives in dry and stony places as well as on farms.
Compared with its brown taller cousin it is shorter, greyer and longer in the ear.
Its loud braying call carries a long way.
""",
    "giraffe": """
This is the tallest of animals, with an enormously long neck.
Brown patches separated by pale lines cover its yellow coat.
Two short blunt horns stand on top of its small head.
Its legs are very long and thin and end in hooves.
The back slopes down steeply from the shoulders to the rump.
A short mane follows the back of the neck.
The tail is thin with a dark tuft at its end.
It reaches leaves in the crowns of acacias on the savanna.
No other animal with patches holds its head so high.
It walks slowly and gently and sleeps very little.
""",
    "elephant": """
This huge grey animal has a long hanging trunk.
Its very large ears fan out at the sides of the head.
Two curved white tusks grow beside the trunk.
The legs are thick columns that carry a massive body.
The wrinkled grey skin has hardly any hair.
A thin tail with a small tuft hangs at the back.
It is the heaviest animal on land.
It visits lakes and wanders across the savanna in families.
It is grey, bulky and has no visible neck.
It is clever, lives long and remembers much.
""",
    "lion": """
This big tawny cat has a thick dark mane around its head.
Its plain yellowish coat has neither stripes nor spots.
A long tail ends in a dark tuft.
It has a broad muzzle, round ears and a heavy head.
Strong legs end in large soft paws.
The body is long and muscular with a deep chest.
It rests in the dry grass of the savanna for most of the day.
The shaggy collar of hair makes its head look very large.
It lives and hunts in groups and roars at dusk.
It is the only large cat with such a mane.
""",
    "tiger": """
This large orange cat has black stripes across its body.
Dark bands cross its back, legs and long tail.
White fur marks its cheeks and belly.
Its head is round with a broad muzzle and small round ears.
It walks on heavy paws and strong legs.
The tail is long and ringed with black.
It moves alone through the shade of the jungle.
It is striped like a grazing animal of the plains but is orange and a cat.
It is among the fiercest of hunters and often active at night.
It likes water and swims well.
""",
    "leopard": """
This golden cat is covered with dark rosettes.
Its spots are rings with a darker yellow centre.
It is stocky, with short strong legs and large paws.
The round head is broad and has small ears.
Its long spotted tail helps it to balance.
The coat is yellow above and paler on the belly.
It climbs trees with ease and rests on branches.
It lives in the jungle and at the edge of the savanna.
It is heavier than the other spotted yellow cat and has no tear marks.
It hunts alone and mostly after dark.
""",
    "cheetah": """
This slender yellow cat has small solid black spots.
Dark tear lines run from its eyes to its mouth.
Its legs are long and thin and its waist is narrow.
The head is small and round for the size of its body.
A long tail is spotted and ringed near the tip.
It is built for speed, with a deep chest and a light frame.
Its pale yellow coat blends into the dry grass of the savanna.
It is slimmer than the cat with the ringed spots.
It is the fastest runner on land.
It hunts by day on open plains.
""",
    "wolf": """
This grey hunter looks like a large lean dog.
Its thick coat is grey above and paler below.
It has pointed upright ears and a long muzzle.
Its legs are long and its paws are large.
A bushy grey tail hangs down behind.
The chest is deep and narrow.
It roams through forests and over snow.
It is bigger than its orange relative and has no white tail tip.
It lives and hunts in packs and howls at night.
It is a tireless runner with keen senses.
""",
    "fox": """
This small hunter has bright orange fur.
Its very bushy tail ends in a white tip.
The muzzle is thin and pointed, with a white throat.
Large pointed ears have dark backs.
Its slim legs are dark towards the paws.
It is light and low, not much larger than a house cat.
It slips along the edges of forests and pastures.
It is far smaller than its grey relative and much more orange.
It is clever and shy and mostly hunts at night.
It pounces on mice, even under the snow.
""",
    "brown bear": """
This massive animal is covered with thick brown fur.
A hump of muscle rises above its shoulders.
Its head is large and round, with small round ears.
It walks flat on broad paws with thick legs.
The tail is so short that it hardly shows.
The muzzle is lighter and sticks out from a wide face.
It lives in forests and mountains and fishes in lakes.
It is dark where its northern relative is white.
It sleeps through the winter in a den.
It eats berries, roots and fish and mostly walks alone.
""",
    "cow": """
This heavy farm animal is white with large dark patches.
Two short horns curve out from the sides of its head.
Its muzzle is wide and pink.
The body is deep, long and square.
A thin tail with a tuft swings at its back.
It stands on rather short legs with split hooves.
An udder hangs under its belly.
It grazes calmly behind fences in green pastures.
The irregular blotches differ from one animal to the next.
People keep it in herds for milk.
""",
    "sheep": """
This round animal is wrapped in thick white wool.
Its face and legs are bare and darker than the fleece.
It has short thin legs with small hooves.
The ears point sideways from a narrow head.
Its curly coat hides the shape of the body.
The tail is short and woolly.
It is smaller than a cow and looks soft and stout.
Flocks of it graze on pastures and mountain slopes.
It looks like a cloud on four dark legs.
It is timid and always stays close to the others.
""",
    "flamingo": """
This tall bird is pink all over.
Its neck is very long, thin and curved like an S.
It stands on extremely long thin legs.
The thick bent beak has a black tip.
Its body is a small oval high above the water.
The wings hide black feathers at their edge.
It wades through shallow lakes in large flocks.
No other pink bird stands so tall.
It often rests on one leg.
It filters its food from the water with its head upside down.
""",
    "owl": """
This bird has a large round head and a flat face.
Two big eyes look straight ahead.
Its brown feathers are streaked and barred.
A small hooked beak sits in the middle of the face.
It sits upright with folded wings.
Its tail is short and its body is plump.
Feathered feet hold on to a branch.
It lives in dark forests.
Its face is round where other birds have a long beak.
It hunts silently at night.
""",
    "macaw": """
This colourful bird is red with blue and yellow wings.
Its strong hooked beak is large for its head.
A very long red tail hangs far below its body.
Its face has bare white skin around the eye.
The wings show bands of yellow and blue.
It sits upright and holds on with short grey feet.
It lives among the leaves of the jungle.
No other bird here shows so many bright colours.
It is loud and clever and can imitate sounds.
It flies in pairs and may live for fifty years.
""",
    "penguin": """
This upright bird is black on the back and white in front.
Its wings are flat flippers held at its sides.
It stands on short feet like a small person in a coat.
The beak is thin and dark, with orange near it.
Its body is shaped like a barrel and has no visible neck.
A very short tail touches the ground.
It lives on snow and ice at the edge of the sea.
It is the only bird here that stands so straight.
It cannot fly but swims very well.
It breeds in large noisy colonies.
""",
    "mallard": """
This duck has a shiny green head and a yellow beak.
A white ring separates the green head from the brown breast.
Its body is grey and boat-shaped.
The flat broad beak is yellow.
It has short orange legs and webbed feet.
Its short tail curls up a little.
It floats on lakes and walks in wet pastures.
It is much smaller than the white long-necked waterbird.
It dips its head under water to feed.
It flies south when the lakes freeze.
""",
    "clownfish": """
This small fish is bright orange with white bands.
Three white stripes edged in black cross its body.
Its fins are rounded and orange with dark rims.
It is short and deep from back to belly.
The head is blunt with a big dark eye.
Its tail fin is round like a fan.
It hides among the corals of the reef.
It is tiny beside the grey hunter of the sea.
It lives in a small group with one pair of parents.
Its stripes look as if they had been painted on.
""",
    "shark": """
This long grey fish has a tall triangular fin on its back.
Its belly is white and its back is grey.
The tail fin has a long upper and a shorter lower half.
Stiff pointed fins spread out behind the head.
Its snout is pointed and its mouth lies underneath.
Gill slits mark the side behind the head.
Its body is smooth and shaped like a torpedo.
It cruises through the open sea and along reefs.
It is grey where the other large swimmer is black and white.
It is a feared hunter that never stops swimming.
""",
    "turtle": """
This animal carries a domed shell on its back.
Large plates form a pattern on its shell.
Its legs are short and scaly.
A small round head on a wrinkled neck looks out of the shell.
The tail is tiny and pointed.
It has a horny mouth without teeth.
It crawls over beaches and swims past reefs.
Its hard shell makes it different from all other reptiles.
It can live for more than a hundred years.
It buries its eggs in the warm sand.
""",
    "crocodile": """
This long green reptile has rough scaly skin.
Its jaws are very long and full of teeth.
A row of ridges runs along its back and tail.
It has short legs spread to the sides.
The heavy tail is as long as its body.
Its eyes sit on top of a flat head.
It lies still at the edge of lakes and on beaches.
It is low and long, with legs that hardly lift it.
It waits for its prey without moving and then strikes.
It lays eggs and guards its nest.
""",
    "snake": """
This reptile has no legs at all.
Its body is a long thin tube in curves.
Patterned scales cover it from head to tail.
The small flat head is hardly wider than the neck.
A forked tongue flicks out of its mouth.
The body gets thinner towards the tail.
It glides over sand and between the leaves.
No other animal here lies so low on the ground.
It swallows its prey whole.
It warms itself in the sun and sleeps when it is cold.
""",
    "okapi": """
This forest animal is dark brown with striped legs.
White bands ring its thighs and upper legs.
Its neck is longer than that of a deer.
Large ears stand on a long narrow head.
Two short horns grow from the forehead.
The back slopes a little towards the rump.
A thin tail ends in a tuft.
It hides in the dense jungle.
It looks like a cross of a brown grazer and a striped one.
It is shy and lives alone.
""",
    "polar bear": """
This massive animal is covered with thick white fur.
Its nose and eyes are small black dots on a white head.
The neck is rather long and the head narrow for its size.
It walks on huge furry paws.
Small round ears hardly stand out.
Its tail is a tiny stump.
It lives on snow and ice by the sea.
It is white where its forest relative is brown.
It is a strong swimmer that hunts seals.
It wanders alone over great distances.
""",
    "snow leopard": """
This thick-furred cat is pale grey with dark rosettes.
Its tail is very long, thick and bushy.
It has broad paws like snowshoes.
The round head is small with short round ears.
Its coat is nearly white on the belly.
It stands low on short strong legs.
It lives on cold high mountains.
Its spots are like those of the golden cats but the coat is grey and white.
It is shy, lives alone and is rarely seen.
It leaps from rock to rock.
""",
    "deer": """
This graceful brown animal has branched antlers.
Its legs are long and very thin.
Large ears stand below the antlers.
It has a slim neck held upright.
The short tail shows white below.
Small hooves carry a slender body.
The reddish brown coat is paler on the belly.
It steps out of the forest to graze in the evening.
The antlers look like bare branches on its head.
It is timid and leaps away at the slightest noise.
""",
    "swan": """
This large bird is pure white.
Its long neck curves in the shape of an S.
The orange beak has a black knob at its base.
Large folded wings cover its back.
It floats on the water like a boat.
Its legs are short, dark and far back.
It glides over quiet lakes.
It is as long-necked as the pink wader but white and short in the leg.
It stays with one partner for life.
It hisses when somebody comes near its nest.
""",
    "orca": """
This large swimmer is black above and white below.
A white patch lies behind its eye.
A very tall black fin stands on its back.
Its body is thick and smooth and its head is blunt.
Broad rounded flippers grow at its sides.
The flat tail beats up and down.
It hunts in the open sea in family groups.
It is black and white where the grey hunter of the sea has pale grey skin.
It is clever, loud under water and breathes air.
A grey saddle marks its back behind the fin.
""",
}
TEXTS = {name: tuple(text.strip().splitlines()) for name, text in _TEXTS.items()}


def text_vectors(name: str) -> np.ndarray:
    """The ten sentences about a species as unit vectors.  -> (10, 256) float64.  Raises UnknownClass.

    A bag of words: each word adds a fixed direction that depends on its letters alone, weighted by log(300 / number of
    sentences that have it). Sentences with rare words in common are near each other; nothing was learned elsewhere.
    """
    if name not in TEXTS:
        raise UnknownClass(f"no sentences about '{name}'{near(name, TEXTS)}")
    weights = _weights()
    rows = [sum(weights[word] * _direction(word) for word in _words(sentence)) for sentence in TEXTS[name]]
    return np.stack([row / np.linalg.norm(row) for row in rows])


def _words(sentence: str) -> list[str]:
    """Its words that carry meaning, without the plural's s."""
    words = [word for word in re.findall(r"[a-z]+", sentence.lower()) if word not in _COMMON.split()]
    return sorted(
        {word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word for word in words}
    )


@cache
def _weights() -> dict[str, float]:
    every = [sentence for sentences in TEXTS.values() for sentence in sentences]
    counts = Counter(word for sentence in every for word in _words(sentence))
    return {word: float(np.log(len(every) / count)) for word, count in counts.items()}


@cache
def _direction(word: str) -> np.ndarray:
    rng = np.random.default_rng(int.from_bytes(sha256(word.encode()).digest()[:8], "little"))
    return rng.standard_normal(DIMENSIONS) / np.sqrt(DIMENSIONS)
