from pathlib import Path

from twinlens.evaluation.audit.repeated_captions import caption_findings, repeated_captions
from twinlens.types import CaptionedImage


def image(name: str, *captions: str) -> CaptionedImage:
    return CaptionedImage(name, Path(name), captions)


SPLITS = {
    "train": [image("t1", "a dog", "a dog"), image("t2", "two cats", "a bird")],
    "test": [image("x1", "a bird", "one car", "a tree"), image("x2", "one car", "one car"), image("x3", "A bird")],
}


def test_each_kind_of_repetition_is_found_to_the_letter() -> None:
    found = repeated_captions(SPLITS, "test")
    assert found.in_photo == {"t1": ["a dog"], "x2": ["one car"]}
    assert found.in_split == {"one car": ["x1", "x2"]}
    assert found.across_splits == {"a bird": ["train"]}


def test_findings_say_what_it_does_to_the_figures() -> None:
    found = caption_findings(repeated_captions(SPLITS, "test"), "test")
    assert [(finding.code, finding.severity, finding.count) for finding in found] == [
        ("repeated-captions-in-photo", "note", 2),
        ("captions-on-several-photos", "warning", 1),
        ("captions-across-splits", "note", 1),
    ]
    assert found[1].examples == ("one car: x1, x2",)
    assert caption_findings(repeated_captions({"test": [image("a", "b")]}, "test"), "test") == []
