import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from conftest import ColourEncoder
from twinlens.data.readers.captions_json import CaptionsJson
from twinlens.embedding.photo_hashes import hash_photos
from twinlens.errors import DataError
from twinlens.evaluation.audit.dataset import audit_dataset
from twinlens.evaluation.audit.embeddings import audit_embeddings
from twinlens.evaluation.audit.report import AuditReport
from twinlens.evaluation.pairs import checked_pairs, embed_split
from twinlens.types import CaptionedImage


class CollapsedEncoder(ColourEncoder):
    """Gives every photo and every text the same vector."""

    def _embed(self, colours: np.ndarray) -> np.ndarray:
        return np.tile(super()._embed(np.array([[10.0, 80.0, 200.0]], dtype=np.float32)), (len(colours), 1))


def found(report: AuditReport) -> dict[str, tuple[str, int]]:
    return {finding.code: (finding.severity, finding.count) for finding in report.findings}


def test_every_planted_fault_of_the_data_is_named(faulty: CaptionsJson, encoder: ColourEncoder) -> None:
    report = audit_dataset(faulty, "captions-json", "test", encoder=encoder)
    assert (
        found(report).items()
        >= {
            "same-photo-across-splits": ("error", 1),
            "near-duplicates-across-splits": ("warning", 1),
            "same-photo-in-other-splits": ("warning", 1),
            "same-photo-in-split": ("warning", 1),
            "captions-on-several-photos": ("warning", 1),
            "repeated-captions-in-photo": ("note", 1),
            "captions-across-splits": ("note", 1),
            "gallery-size": ("warning", 7),
        }.items()
    )
    examples = {finding.code: finding.examples for finding in report.findings}
    assert examples["same-photo-across-splits"] == ("train/leaked.png = test/again.png",)
    assert examples["near-duplicates-across-splits"] == ("small.jpg ≈ train/holiday.png",)
    assert examples["same-photo-in-other-splits"] == ("train/train0.png = val/leaked-too.png",)
    assert examples["same-photo-in-split"] == ("test/test0.png = test/twin.png",)
    assert examples["captions-on-several-photos"] == ("a photo: test2.png, test3.png",)
    assert "collapsed-embeddings" not in examples
    assert (report.n_images, report.n_captions, report.name) == (7, 18, "faulty/test")


def test_a_collapsed_model_and_its_ties_are_named_and_copies_still_found(faulty: CaptionsJson) -> None:
    report = audit_dataset(faulty, "captions-json", "test", encoder=CollapsedEncoder())
    assert found(report)["collapsed-embeddings"][0] == "error"
    ties = [finding for finding in report.findings if finding.code == "ties"]
    assert [(finding.severity, finding.count) for finding in ties] == [("error", 18), ("error", 7)]
    assert "from 0.0 to 100.0" in ties[0].sentence
    assert [finding.severity for finding in report.findings] == sorted(
        (finding.severity for finding in report.findings), key=["error", "warning", "note"].index
    )
    assert found(report)["near-duplicates-across-splits"] == ("warning", 1)  # the hash alone decides


def test_clean_data_has_nothing_but_notes_on_photos_and_captions(faulty: CaptionsJson, encoder: ColourEncoder) -> None:
    clean = Chosen(faulty, {"train": faulty.split("train")[:8], "test": faulty.split("test")[:1]})
    report = audit_dataset(clean, "made", "test", encoder=encoder)
    assert {"same-photo-across-splits", "near-duplicates-across-splits", "captions-across-splits"}.isdisjoint(
        found(report)
    )
    assert report.same_photos == {"across_splits": [], "within_split": []}
    assert report.near_duplicates == ()


class Chosen:
    """A data set of somebody else's reader."""

    name = "chosen"

    def __init__(self, source: CaptionsJson, splits: dict[str, Sequence[CaptionedImage]]) -> None:
        self._source, self._splits = source, splits

    def splits(self) -> tuple[str, ...]:
        return tuple(self._splits)

    def split(self, name: str) -> Sequence[CaptionedImage]:
        every = {image.image_id: image for own in self._splits.values() for image in own}
        return list(every.values()) if name == "all" else self._splits[name]


def test_a_photo_that_two_splits_list_is_an_error(faulty: CaptionsJson, encoder: ColourEncoder) -> None:
    shared = faulty.split("train")[:2]
    data = Chosen(faulty, {"train": faulty.split("train"), "test": [*faulty.split("test"), *shared]})
    report = audit_dataset(data, "made", "test", encoder=encoder, quick=True)
    assert found(report)["photo-in-two-splits"] == ("error", 2)
    assert report.findings[0].examples[0] == "train0.png: train and test"


def test_figures_are_those_of_evaluate_and_stand_first(faulty: CaptionsJson, encoder: ColourEncoder) -> None:
    report = audit_dataset(faulty, "captions-json", "test", encoder=encoder)
    alone = audit_embeddings(embed_split(encoder, faulty, "test"))
    assert report.protocols[0].is_right
    assert report.protocols[0].text_to_image == alone.protocols[0].text_to_image
    assert report.protocols[0].image_to_text == alone.protocols[0].image_to_text
    assert [row.name for row in report.baselines] == ["random", "bag of words", "TF-IDF"]
    names = [row.name for row in report.protocols]
    assert "training photos instead" in names
    assert "all rows in chunks of 5,000" in names
    assert [what for what in report.not_checked if "was trained on" not in what] == []


def test_quick_leaves_photos_and_training_rows_out_and_says_so(faulty: CaptionsJson, encoder: ColourEncoder) -> None:
    report = audit_dataset(faulty, "captions-json", "test", encoder=encoder, quick=True)
    assert report.same_photos is None
    assert report.near_duplicates is None
    assert "run without --quick" in report.not_checked[0]
    assert "captions-on-several-photos" in found(report)
    assert "training rows included" not in [row.name for row in report.protocols]


def test_saved_embeddings_are_audited_with_the_data_that_they_are_of(
    faulty: CaptionsJson, encoder: ColourEncoder
) -> None:
    pairs = embed_split(encoder, faulty, "test")
    bare = checked_pairs(pairs.images, pairs.texts, pairs.text_image_index)
    for given in (pairs, bare):
        report = audit_dataset(faulty, "captions-json", "test", pairs=given)
        assert found(report)["same-photo-across-splits"] == ("error", 1)
        assert report.protocols[0].text_to_image == audit_embeddings(pairs).protocols[0].text_to_image
        assert "training rows" in report.not_checked[0]


def test_embeddings_of_another_split_are_refused(faulty: CaptionsJson, encoder: ColourEncoder) -> None:
    pairs = embed_split(encoder, faulty, "val")
    with pytest.raises(DataError, match="of other photos than faulty/test"):
        audit_dataset(faulty, "captions-json", "test", pairs=pairs)
    with pytest.raises(DataError, match="3 photos and 6 captions, faulty/test has 7 and 18"):
        audit_dataset(faulty, "captions-json", "test", pairs=replace(pairs, image_ids=(), captions=()))
    with pytest.raises(DataError, match="model or embeddings"):
        audit_dataset(faulty, "captions-json", "test")


def test_photos_that_do_not_open_are_named_and_in_no_figure(faulty: CaptionsJson, encoder: ColourEncoder) -> None:
    faulty.split("test")[0].path.write_bytes(b"no photo")
    report = audit_dataset(faulty, "captions-json", "test", encoder=encoder)
    assert report.n_images == 6
    assert [skipped.reason for skipped in report.skipped] == ["not an image, or a damaged one"]
    assert found(report)["unreadable-photos"] == ("warning", 1)


def test_all_photos_can_be_audited_as_one_split(faulty: CaptionsJson, encoder: ColourEncoder) -> None:
    report = audit_dataset(faulty, "captions-json", "all", encoder=encoder)
    assert report.n_images == 20
    assert {"photo-in-two-splits", "same-photo-across-splits"}.isdisjoint(found(report))
    assert found(report)["same-photo-in-split"] == ("warning", 3)


def test_an_unknown_split_is_an_error(faulty: CaptionsJson, encoder: ColourEncoder) -> None:
    with pytest.raises(DataError, match="no split is called 'tset'"):
        audit_dataset(faulty, "captions-json", "tset", encoder=encoder)


def test_progress_tells_each_part_to_its_end(faulty: CaptionsJson, encoder: ColourEncoder) -> None:
    told: dict[str, tuple[int, int]] = {}
    audit_dataset(
        faulty,
        "captions-json",
        "test",
        encoder=encoder,
        on_progress=lambda what, done, total: told.update({what: (done, total)}),
    )
    assert told == {
        "embedding photos": (20, 20),
        "embedding captions": (45, 45),
        "ranking queries": (65, 65),
        "opening photos": (20, 20),
        "comparing photos": (20, 20),
    }


def test_embeddings_alone_say_what_was_not_checked() -> None:
    random = np.random.default_rng(0)
    rows = random.normal(size=(300, 8))
    report = audit_embeddings(checked_pairs(rows, rows + random.normal(size=rows.shape), np.arange(300)))
    assert "--data" in report.not_checked[0]
    assert [row.name for row in report.baselines] == ["random"]
    assert report.captions is None
    assert found(report)["gallery-size"][0] == "note"
    flattering = [finding.sentence for finding in report.findings if finding.code == "wrong-protocol"]
    assert "in batches of 32" in flattering[0]


def test_report_is_complete_as_json_and_readable_as_text(faulty: CaptionsJson, encoder: ColourEncoder) -> None:
    report = audit_dataset(faulty, "captions-json", "test", encoder=encoder)
    fields = json.loads(json.dumps(report.to_json()))
    assert set(fields) == set(
        "name model n_images n_captions findings protocols baselines collapse checked not_checked "
        "same_photos near_duplicates captions skipped".split()
    )
    assert fields["near_duplicates"][0]["other_id"] == "holiday.png"
    assert fields["captions"]["in_split"] == {"a photo": ["test2.png", "test3.png"]}
    assert [row["is_right"] for row in fields["protocols"]].count(True) == 1
    text = str(report)
    assert text.index("error:") < text.index("warning:") < text.index("note:")
    assert "right: whole gallery" in text
    assert "wrong: in batches of 32" in text
    assert "baseline: TF-IDF" in text
    assert "gallery captions" in text


def test_photos_that_the_model_was_trained_on_are_an_error_and_counted_in_the_audited_split_only(
    faulty: CaptionsJson, encoder: ColourEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes = [own for own in hash_photos([photo.path for photo in faulty.split("train")]) if own is not None]
    monkeypatch.setattr(encoder, "training_photos", lambda: np.array(hashes, dtype=np.uint64))
    report = audit_dataset(faulty, "captions-json", "test", encoder=encoder)
    (finding,) = [one for one in report.findings if one.code == "trained-on"]
    assert finding.severity == "error"
    assert set(finding.examples) == {"again.png", "small.jpg"}
