"""Measure what queries leave out, on captioned photos: python scripts/without.py path/to/flickr8k [--split val].

Of the ten photos that "dog -grass" or "no people" shows first, how many lack what is left out? Their captions decide:
a photo has a thing if one of its captions names it, and it fits a query if it has what is wanted and lacks the rest.
"""

import argparse
import re
import tempfile
from pathlib import Path

import twinlens
from twinlens.api.searching import Search
from twinlens.data.find import open_dataset

THINGS = {
    "people": "man men woman women people person boy boys girl girls child children kid kids baby lady ladies guy guys "
    "player players crowd couple someone he she toddler skier rider cyclist climber biker surfer snowboarder "
    "skateboarder hiker runner dancer team family friends teenager teen youth swimmer wrestlers gymnast bicyclist "
    "motorcyclist racer driver adult adults group his her",
    "grass": "grass grassy lawn meadow",
    "water": "water lake ocean sea river pool wave waves stream pond fountain beach",
    "snow": "snow snowy",
    "dog": "dog dogs puppy puppies",
    "ball": "ball balls football soccer basketball baseball",
    "beach": "beach shore sand",
    "woman": "woman women lady girl girls female ladies",
    "bicycle": "bike bikes bicycle bicycles biker cyclist bmx bicyclist",
    "hat": "hat hats cap helmet",
    "child": "child children kid kids boy girl boys girls baby toddler",
    "car": "car cars truck van vehicle",
}
WANTED = {  # besides these things
    "man": "man men guy guys",
    "mountain": "mountain mountains mountainside cliff cliffs",
    "street": "street streets road sidewalk",
    "a boy": "boy boys",
}
ENOUGH = 40  # photos that fit: four times as many as are shown
QUERIES = (
    "dog -grass, dog -water, dog -ball, dog -snow, child -water, man -bicycle, people -snow, man -beach, woman -child, "
    "beach -people, beach -dog, snow -people, grass -dog, mountain -people, street -car, water -people, ball -dog, "
    "a boy -grass"
).split(", ")


def main() -> None:
    """Prints a line a query, and the shares."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--split", default="val")
    given = parser.parse_args()
    photos = open_dataset(given.data).split(given.split)
    captions = {Path(photo.path).name: " ".join(photo.captions).lower() for photo in photos}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "photos"
        folder.mkdir()
        for photo in photos:
            (folder / Path(photo.path).name).symlink_to(Path(photo.path).resolve())
        with twinlens.Collection.create(folder) as library:
            library.index(follow_links=True)
            both = [lacking(library, query, query.rsplit("-", 1)[1], captions) for query in QUERIES]
            alone = [lacking(library, f"no {thing}", thing, captions) for thing in THINGS]
    enough = [found for query, found in zip(QUERIES, both, strict=True) if fitting(query, captions) >= ENOUGH]
    shares = {"words and what is left out": both, f"... where {ENOUGH} photos fit": enough, "only left out": alone}
    for name, found in shares.items():
        print(f"{name}: {sum(map(sum, found)) / sum(map(len, found)):.1%} of {len(found)} queries' photos")


def lacking(library: twinlens.Collection, query: str, thing: str, captions: dict[str, str]) -> list[bool]:
    """Which of the ten photos shown first lack a thing."""
    found = [not has(captions[hit.id], THINGS[thing]) for hit in library.answer(Search.of(query)).shown]
    print(f"{query}: {sum(found)} of {len(found)}")
    return found


def fitting(query: str, captions: dict[str, str]) -> int:
    """How many photos fit."""
    wanted, without = query.split(" -")
    names = WANTED.get(wanted) or THINGS[wanted]
    return sum(has(text, names) and not has(text, THINGS[without]) for text in captions.values())


def has(text: str, names: str) -> bool:
    """Whether captions have one of some words."""
    return re.search(rf"\b({names.replace(' ', '|')})\b", text) is not None


if __name__ == "__main__":
    main()
