"""Audit of a model on a data set, including the data itself and the training split."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeAlias

import numpy as np

from twinlens.data.survey import survey
from twinlens.embedding.photo_hashes import hash_photos
from twinlens.errors import DataError
from twinlens.evaluation.audit.collapse import collapse_findings, measure_collapse
from twinlens.evaluation.audit.embeddings import DataFaults, audit_embeddings
from twinlens.evaluation.audit.near_duplicates import near_duplicates
from twinlens.evaluation.audit.photos import (
    listed_twice,
    near_duplicate_findings,
    same_photo_findings,
    split_of_photo,
    training_photo_findings,
)
from twinlens.evaluation.audit.protocols import ProtocolFigures, with_training_rows
from twinlens.evaluation.audit.repeated_captions import caption_findings, repeated_captions
from twinlens.evaluation.audit.report import AuditReport
from twinlens.evaluation.pairs import EmbeddedPairs, embed_split
from twinlens.protocols import Dataset, DualEncoder
from twinlens.types import CaptionedImage

ALL, TRAIN = "all", "train"

Listener: TypeAlias = Callable[[str, int, int], None]
"""Called with the name of the step, the number done and the total."""


def audit_dataset(
    dataset: Dataset,
    kind: str,
    split: str,
    *,
    encoder: DualEncoder | None = None,
    pairs: EmbeddedPairs | None = None,
    quick: bool = False,
    on_progress: Listener | None = None,
) -> AuditReport:
    """Audits a model, or embeddings from elsewhere, on a split.

    Args:
        dataset: captioned photos.
        kind: name of its reader.
        split: the split to audit.
        encoder: the model; embeds the photos of all splits, or with ``quick`` only of the audited one.
        pairs: embeddings of the split, instead of a model.
        quick: do not compare photos between splits, and do not embed training photos.
        on_progress: called with the name of the step, the number done and the total.

    Raises:
        DataError: there is no such split, or the embeddings belong to other data.
    """
    names = (split,) if split == ALL else dict.fromkeys((*dataset.splits(), split))
    captioned = {name: _captioned(dataset, name) for name in names}
    report = on_progress or (lambda *_: None)
    everything: EmbeddedPairs | None = None
    if pairs is not None:
        pairs = _named(pairs, captioned[split], f"{dataset.name}/{split}")
    elif encoder is None:
        raise DataError("an audit needs a model or embeddings; give --model or --embeddings")
    elif quick or split == ALL:
        pairs = _embedded(encoder, dataset, split, report)
    else:
        everything = _embedded(encoder, dataset, ALL, report)
        pairs = _part_of(everything, captioned[split], f"{dataset.name}/{split}")
    data = _audit_data(dataset, kind, split, captioned, everything or pairs, quick=quick, report=report)
    trained = _training_rows(everything, captioned, split, len(pairs.images), report)
    data.findings.extend(training_photo_findings(pairs))
    not_checked = _not_checked(split, quick=quick, trained=bool(trained))
    if pairs.trained_on is None:
        not_checked.append("photos that the model was trained on: there is no list of them, as bundles have it")
    return audit_embeddings(pairs, data=data, trained=trained, not_checked=not_checked)


def _captioned(dataset: Dataset, split: str) -> list[CaptionedImage]:
    return [image for image in dataset.split(split) if image.captions]


def _embedded(encoder: DualEncoder, dataset: Dataset, split: str, report: Listener) -> EmbeddedPairs:
    photos, captions = partial(report, "embedding photos"), partial(report, "embedding captions")
    return embed_split(encoder, dataset, split, on_progress=photos, on_texts=captions)


def _named(pairs: EmbeddedPairs, images: Sequence[CaptionedImage], name: str) -> EmbeddedPairs:
    """Embeddings from a file, with name and ids of the split they belong to; raises DataError if they do not fit."""
    counts = [len(image.captions) for image in images]
    if pairs.image_ids and set(pairs.image_ids) != {image.image_id for image in images}:
        raise DataError(
            f"the embeddings are of other photos than {name}, e.g. {pairs.image_ids[0]}; give their --split"
        )
    if pairs.image_ids:
        return replace(pairs, name=name)
    if list(np.bincount(pairs.text_image_index)) != counts:
        raise DataError(
            f"the embeddings are of {len(pairs.images):,} photos and {len(pairs.texts):,} captions, {name} has "
            f"{len(images):,} and {sum(counts):,}, or the order differs; give their --split, or save image_ids too"
        )
    return replace(pairs, name=name, image_ids=tuple(image.image_id for image in images))


def _part_of(everything: EmbeddedPairs, images: Sequence[CaptionedImage], name: str) -> EmbeddedPairs:
    """The embeddings of one split, taken from those of all photos."""
    row_of = {image_id: row for row, image_id in enumerate(everything.image_ids)}
    rows = np.array([row_of[image.image_id] for image in images if image.image_id in row_of], dtype=np.int64)
    if not len(rows):
        raise DataError(f"none of the {len(images):,} photos of {name} could be read")
    wanted = set(rows.tolist())
    texts = [number for number, row in enumerate(everything.text_image_index) if int(row) in wanted]
    paths = {str(image.path) for image in images}
    trained_on = None
    if everything.trained_on is not None:
        known = set(everything.trained_on)
        trained_on = tuple(image.image_id for image in images if image.image_id in known)
    return replace(
        everything.part(rows),
        name=name,
        model=everything.model,
        image_ids=tuple(everything.image_ids[row] for row in rows),
        captions=tuple(everything.captions[number] for number in texts),
        skipped=tuple(skipped for skipped in everything.skipped if skipped.path in paths),
        trained_on=trained_on,
    )


def _audit_data(
    dataset: Dataset,
    kind: str,
    split: str,
    captioned: Mapping[str, Sequence[CaptionedImage]],
    embedded: EmbeddedPairs,
    *,
    quick: bool,
    report: Listener,
) -> DataFaults:
    repeated = repeated_captions(captioned, split)
    findings = [*listed_twice(captioned), *caption_findings(repeated, split)]
    if quick:
        return DataFaults(findings, captions=repeated)
    split_of = split_of_photo(captioned)
    surveyed = survey(dataset, kind, on_progress=lambda *done: report("opening photos", *done))
    findings += same_photo_findings(surveyed, split_of, split)
    images = [image for own in captioned.values() for image in own]
    hashed = hash_photos([image.path for image in images], on_progress=lambda *done: report("comparing photos", *done))
    hashes = {image.image_id: found for image, found in zip(images, hashed, strict=True)}
    vectors = dict(zip(embedded.image_ids, embedded.images, strict=False))
    # embeddings of a collapsed model cannot tell which photos are copies
    collapsed = collapse_findings({"photo": measure_collapse(embedded.images)})
    near = near_duplicates(hashes, split_of, split, vectors=None if collapsed else vectors)
    known = {frozenset(group) for group in surveyed.same_across_splits or ()}
    near = [pair for pair in near if not any({pair.image_id, pair.other_id} <= group for group in known)]
    findings += near_duplicate_findings(near, split)
    groups = {"across_splits": surveyed.same_across_splits or [], "within_split": surveyed.same_within_split or []}
    return DataFaults(findings, groups, near, repeated)


def _training_rows(
    everything: EmbeddedPairs | None,
    captioned: Mapping[str, Sequence[CaptionedImage]],
    split: str,
    n_images: int,
    report: Listener,
) -> list[ProtocolFigures]:
    if everything is None or split == TRAIN or TRAIN not in captioned:
        return []
    ids = {image.image_id for image in captioned[TRAIN]}
    rows = np.array([row for row, image_id in enumerate(everything.image_ids) if image_id in ids], dtype=np.int64)
    if not len(rows):
        return []
    return with_training_rows(everything, rows, n_images, on_progress=partial(report, "ranking queries"))


def _not_checked(split: str, *, quick: bool, trained: bool) -> list[str]:
    if quick:
        return ["identical and near-duplicate photos across splits, training rows: run without --quick"]
    return [] if trained else [f"training rows: there are no embeddings of a train split besides {split}"]
