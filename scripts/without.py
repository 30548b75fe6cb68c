"""Measure what queries leave out, on captioned photos: python scripts/without.py path/to/flickr8k [--split val].

Of the ten photos that "dog -grass" or "no people" shows first, how many lack what is left out? Their captions decide:
a photo has a thing if one of its captions names it.
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
QUERIES = (
    "dog -grass, dog -water, dog -ball, dog -snow, child -water, man -bicycle, people -snow, man -beach, woman -child, "
    "beach -people, beach -dog, snow -people, grass -dog, mountain -people, street -car, water -people, ball -dog, "
    "a boy -grass"
).split(", ")


def main() -> None:
    """Prints a line a query, and the two shares."""
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
    for name, found in (("words and what is left out", both), ("only left out", alone)):
        print(f"{name}: {sum(map(sum, found)) / sum(map(len, found)):.1%}")


def lacking(library: twinlens.Collection, query: str, thing: str, captions: dict[str, str]) -> list[bool]:
    """Which of the ten photos shown first lack a thing."""
    names = re.compile(rf"\b({THINGS[thing].replace(' ', '|')})\b")
    found = [not names.search(captions[hit.id]) for hit in library.answer(Search.of(query)).shown]
    print(f"{query}: {sum(found)} of {len(found)}")
    return found


if __name__ == "__main__":
    main()
