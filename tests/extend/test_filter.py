"""``docs/extend/filter.md``: the filter passes its contract and appears in every interface."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import twinlens
from conftest import ColourEncoder, PhotoMaker
from extend.conftest import Install, Run
from installed_package import install_package
from twinlens.errors import QueryError

# what calls take is made when the server's modules are imported: a process of its own
SERVED = """
import json, sys
from pathlib import Path
from rest.served_library import client_of
from conftest import ColourEncoder
from twinlens import Collection

place = Collection.open(Path(sys.argv[1]), model=ColourEncoder())
with client_of(place) as client:
    def found(answer):
        return sorted(one["image_id"] for one in answer.json()["results"])

    fields = client.get("/openapi.json").json()["components"]["schemas"]["TextSearch"]["properties"]
    text = lambda value: client.post("/api/search/text", json={"query": "red", "min_megapixels": value})
    print(json.dumps({
        "described": fields["min_megapixels"]["description"],
        "cards": [one for one in client.get("/api/filters").json()["filters"] if one["name"] == "min_megapixels"],
        "photos": found(client.get("/api/photos?min_megapixels=0.01")),
        "text": found(text("0.01")),
        "refused": text("many").status_code,
    }))
"""


@pytest.fixture
def photos(make_photo: PhotoMaker) -> Path:
    make_photo("small.png", "red", size=(48, 36))
    make_photo("large.png", "red", size=(200, 100), seed=1)
    return make_photo("blue.png", "blue", size=(160, 120)).parent


def test_the_page_s_contract_test_passes(install: Install, site: Path, tmp_path: Path) -> None:
    assert "passed" in install("filter.md").run_its_test(site, tmp_path)


def test_python_takes_it(install: Install, photos: Path, encoder: ColourEncoder) -> None:
    install("filter.md")
    assert "min_megapixels" in twinlens.known_filters()
    with twinlens.Collection.create([photos], model=encoder) as collection:
        collection.index()
        assert [hit.id for hit in collection.search("red", min_megapixels=0.01)] == ["large.png", "blue.png"]
        assert collection.count(min_megapixels=0.0195) == 1
        answer = collection.answer("red", k=1, min_megapixels="0.0195")
        assert answer.to_json()["understood"].endswith(", 0.0195 megapixels or more")
        with pytest.raises(QueryError, match="min_megapixels must be a number above 0, such as 12 or"):
            collection.search("red", min_megapixels="many")


def test_without_the_package_there_is_no_such_filter(photos: Path, encoder: ColourEncoder) -> None:
    with (
        twinlens.Collection.create([photos], model=encoder) as collection,
        pytest.raises(QueryError, match="'min_megapixels'"),
    ):
        collection.count(min_megapixels=1)


def test_the_command_line_takes_it(install: Install, run: Run, photos: Path) -> None:
    install("filter.md")
    told = run("search", "--help")
    assert "--min-megapixels" in told.stdout
    assert "Only photos of so many megapixels or more." in " ".join(told.stdout.replace("│", " ").split())
    assert run("index", photos).returncode == 0
    found = run("search", "a red wall", "--in", photos, "--min-megapixels", "0.0195", "--all", "--json")
    assert [one["image_id"] for one in json.loads(found.stdout)["results"]] == ["large.png"]
    refused = run("search", "a red wall", "--in", photos, "--min-megapixels", "many")
    assert refused.returncode == 2
    assert "--min-megapixels must be a number" in refused.stderr
    assert "must be a number above 0, such as 12 or 0.5, got 'many'" in " ".join(
        refused.stderr.replace("│", " ").split()
    )


def test_one_that_cannot_be_loaded_is_left_out_with_a_line(install: Install, run: Run, site: Path) -> None:
    install("filter.md")
    install_package(site, "broken", "raise RuntimeError('no map')\n", family="filter", parts={"place": "broken:PLACE"})
    install_package(
        site, "other", "from megapixels import *\n", family="filter", parts={"surface": "other:MIN_MEGAPIXELS"}
    )
    told = run("search", "--help")
    assert told.returncode == 0
    assert "--min-megapixels" in told.stdout
    assert told.stderr.splitlines() == [
        "the filter 'place' was left out, its package failed: RuntimeError('no map')",
        "the filter 'surface' was left out, its package failed: ValueError(\"its own name is 'min_megapixels'\")",
    ]


def test_the_server_takes_it_and_tells_of_it(
    install: Install, photos: Path, encoder: ColourEncoder, tmp_path: Path
) -> None:
    page = install("filter.md")
    with twinlens.Collection.create([photos], model=encoder) as collection:
        collection.index()
    script = tmp_path / "served.py"
    script.write_text(f"import sys; sys.path.insert(0, {str(Path(__file__).parents[1])!r})\n{SERVED}")
    done = subprocess.run([sys.executable, script, photos], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["described"] == "Only photos of so many megapixels or more."
    assert [card["label"] for card in told["cards"]] == ["Megapixels"]
    assert told["photos"] == told["text"] == ["blue.png", "large.png"]
    assert told["refused"] == 422
    assert "/api/photos?min_megapixels=12" in page.text
