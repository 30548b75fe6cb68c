from twinlens.collection.indexing.telling.report import (
    CaptionReport,
    IndexReport,
    ModelChangeReport,
    reasons_summary,
    why_no_photos,
)
from twinlens.embedding.local import Skipped


def test_the_json_has_the_contracts_fields_and_others_only_where_they_say_something() -> None:
    report = IndexReport(added=1, images=1, skipped=[Skipped("a.jpg", "damaged")])
    assert report.to_json() == {
        "added": 1,
        "updated": 0,
        "renamed": 0,
        "removed": 0,
        "unchanged": 0,
        "skipped": [{"path": "a.jpg", "reason": "damaged"}],
        "images": 1,
        "seconds": 0.0,
    }
    report.captions = CaptionReport(captions=2, added=2)
    assert report.to_json()["captions_added"] == 2
    report.model_change = ModelChangeReport("m", "f" * 16, photos=3)
    assert report.to_json()["model_change"]["photos"] == 3
    assert report.to_json()["deferred"] == 0


def test_two_runs_one_after_the_other_are_one() -> None:
    first = IndexReport(added=2, renamed=1, removed=1, unchanged=4, images=7, seconds=1.0)
    later = IndexReport(added=1, unchanged=7, images=8, seconds=0.5)
    both = first.followed_by(later)
    assert (both.added, both.renamed, both.removed, both.unchanged) == (3, 1, 1, 4)
    assert (both.images, both.seconds) == (8, 1.5)


def test_two_runs_of_a_model_change_are_added_up() -> None:
    first = ModelChangeReport("m", "f", photos=3, captions=1, seconds=1.0)
    both = ModelChangeReport("m", "f", photos=2, is_complete=True, seconds=0.25).after(first)
    assert (both.photos, both.captions, both.is_complete, both.seconds) == (5, 1, True, 1.25)


def test_reasons_are_counted_most_frequent_first() -> None:
    skipped = [Skipped(str(number), reason) for number, reason in enumerate(["empty", "damaged", "damaged"])]
    assert list(reasons_summary(skipped)) == [("damaged", 2), ("empty", 1)]


def test_a_folder_without_photos_says_what_is_there_instead() -> None:
    unread = [Skipped(f"{number}.CR2", "kind not read yet: RAW photo (.cr2)") for number in range(2)]
    drawing, text = (
        Skipped("noname", "kind not read yet: SVG drawing"),
        Skipped("a.txt", "not an image by its name (.txt)"),
    )
    assert why_no_photos([])[0] == "contains no photos to index; give a folder with photos"
    assert why_no_photos([text])[0] == "contains no photos to index, only 1 other file; give a folder with photos"
    assert why_no_photos([*unread, drawing])[0].startswith(
        "contains no photos that can be read: 3 files of kinds that are not read yet: 2 .cr2, 1 SVG drawing; save"
    )
    assert ", and 1 other file; save" in why_no_photos([*unread, text])[0]
