"""``twinlens share``: a link is told once, listed and revoked."""

import json
from pathlib import Path

from e2e.conftest import Run
from twinlens.api.library import Collection

CAT, COFFEE = "pets/cat.png", "kitchen/coffee.png"


def test_links_are_made_listed_and_revoked(run_here: Run, indexed: Path) -> None:
    place = ("--in", indexed)
    made = run_here("share", "photos", indexed / CAT, COFFEE, "--heading", "Our cat", "--expires", "never", *place)
    link, _, key = made.stdout.strip().partition("#")
    assert (made.returncode, link) == (0, "http://127.0.0.1:5000/share"), made.stderr
    assert "shows 2 photos to whoever has it; never expires; take it back: twinlens share revoke 1" in made.stderr
    assert "works on this machine only" in made.stderr
    with Collection.open(indexed) as collection:
        assert collection.shares.find(key).heading == "Our cat"
        collection.albums.add("Best", [CAT])
    server = ("--server", "https://photos.example.org/family")
    album = run_here("share", "album", "best", "--originals", *server, *place)
    assert album.stdout.startswith("https://photos.example.org/family/share#2-")
    assert "this machine" not in album.stderr
    search = json.loads(run_here("share", "search", "a cat", "--expires", "7", "--json", *place).stdout)
    assert (search["number"], search["shows"]) == (3, "the search 'a cat'")
    assert "share#3-" in search["link"]
    assert "shows nothing any more" in run_here("share", "revoke", 3, *place).stdout
    third, second, first = run_here("share", "list", *place).stdout.splitlines()
    assert first.startswith("1\tOur cat: 2 photos\tmade 20")
    assert first.endswith("\tnever expires\topened 0 times")
    assert second.startswith("2\tBest: the album 'Best', with the files\t")
    assert "\trevoked 20" in third
    assert key.partition("-")[2] not in run_here("share", "list", "--json", *place).stdout


def test_wrong_values_are_refused_in_one_line(run_here: Run, indexed: Path) -> None:
    for arguments, said in (
        (("photos", CAT, "--expires", "soon"), "number of days, or never"),
        (("photos", CAT, "--server", "photos.example.org"), "such as https://"),
        (("photos",), "exactly one of these"),
    ):
        done = run_here("share", *arguments, "--in", indexed)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in " ".join(done.stderr.replace("│", " ").split())
    for arguments, said in (
        (("photos", CAT, "nowhere.jpg"), "nowhere.jpg"),
        (("photos", CAT, "--expires", "0"), "1 to 36,500 days"),
        (("album", "none"), "no album 'none'"),
        (("revoke", "1"), "no share 1"),
    ):
        done = run_here("share", *arguments, "--in", indexed)
        assert (done.returncode, done.stdout) == (1, "")
        assert said in done.stderr
    assert run_here("share", "list", "--in", indexed).returncode == 3
