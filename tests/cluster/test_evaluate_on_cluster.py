"""A model is measured on a cluster as it is here."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conftest import COLOURS, ColourEncoder, draw_photo
from twinlens.api.evaluation import embed_pairs, evaluate_captions
from twinlens.cluster.connection import Cluster
from twinlens.data.photo_hash import hash_file
from twinlens.embedding import on_cluster
from twinlens.embedding.on_cluster import ClusterEmbedding
from twinlens.types import PhotoHashes

N = 24


class TrainedEncoder(ColourEncoder):
    """Knows the photos that it was trained on."""

    def __init__(self, hashes: PhotoHashes) -> None:
        super().__init__()
        self.hashes = hashes

    def training_photos(self) -> PhotoHashes:
        return self.hashes


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Photos with three captions each, one of which cannot be read."""
    listed = []
    for number in range(N):
        colour = list(COLOURS)[number % len(COLOURS)]
        draw_photo(tmp_path / "images" / f"{number:02}.png", colour, seed=number)
        listed += [{"file_name": f"{number:02}.png", "caption": f"{word} {colour}"} for word in ("a", "so", "very")]
    # a hash needs contrast
    draw_photo(tmp_path / "images" / "00.png", "white", seed=1, size=(96, 72))
    (tmp_path / "images" / "05.png").write_bytes(b"no photo")
    (tmp_path / "captions.json").write_text(json.dumps(listed), encoding="utf-8")
    return tmp_path


def test_a_cluster_measures_as_this_process_does(data: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_cluster, "TEXTS", 20)
    first = hash_file(data / "images" / "00.png")
    encoder = TrainedEncoder(np.zeros((0, 4), np.uint64) if first is None else first[None])
    told: dict[str, Any] = {"photos": [], "texts": []}
    wanted = embed_pairs(encoder, data, "all")
    with ClusterEmbedding(cluster) as on:
        found = embed_pairs(
            encoder,
            data,
            "all",
            on=on,
            on_progress=lambda done, total: told["photos"].append((done, total)),
            on_texts=lambda done, total: told["texts"].append((done, total)),
        )
    assert found.image_ids == wanted.image_ids
    assert len(found.image_ids) == N - 1
    assert found.captions == wanted.captions
    assert found.images == pytest.approx(wanted.images, abs=1e-6)
    assert found.texts == pytest.approx(wanted.texts, abs=1e-6)
    assert (found.skipped, found.trained_on) == (wanted.skipped, wanted.trained_on)
    assert told["photos"][-1] == (N, N)
    assert told["texts"][-1] == (3 * (N - 1), 3 * (N - 1))
    assert evaluate_captions(found).to_json() == evaluate_captions(wanted).to_json()
