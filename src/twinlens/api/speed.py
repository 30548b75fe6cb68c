"""How fast models are here, and which one fits a library."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from twinlens.api.library import find_existing
from twinlens.cluster.connection import Cluster
from twinlens.data.images import read_photo_bytes
from twinlens.errors import BundleError
from twinlens.evaluation.speed.machine import Machine, this_machine
from twinlens.evaluation.speed.measured import Speed, decoding_s, measure_speed, photos_per_s
from twinlens.evaluation.speed.on_cluster import measure_on
from twinlens.evaluation.speed.recommend import Candidate, Judged, Library, Recommendation, duration
from twinlens.evaluation.speed.recommend import recommend as _recommend
from twinlens.model.bundle import IMAGE_MODEL, TEXT_MODEL, open_bundle
from twinlens.model.hub.published import published
from twinlens.model.load import DEFAULT, known_bundles, load_model

SAMPLE = 64  # photos of a library on which a model is measured


def benchmark(
    model: str | Path = DEFAULT,
    place: str | os.PathLike[str] | None = None,
    *,
    on_progress: Callable[[int, int], None] | None = None,
) -> Speed:
    """Measures a model on this machine.

    Args:
        model: its name or folder.
        place: a photo folder with a collection, or a collection, whose photos are read; None = decoded photos only.
        on_progress: called with the number of photos embedded and the total.

    Raises:
        CollectionError: there is no collection at that place.
        BundleError, UnknownPartError: there is no such model, or it is damaged.
    """
    return measure_speed(load_model(model), [] if place is None else _sample(place)[0], on_progress=on_progress)


def benchmark_on(
    cluster: Cluster, models: Sequence[str | Path], place: str | os.PathLike[str] | None = None
) -> Iterator[tuple[str, Speed]]:
    """Measures models on the machines of a cluster, several at once, each with a machine for itself.

    Only machines with as many CPUs as the largest one take part.

    Args:
        cluster: see ``api.cluster``.
        models: names or folders.
        place: as in ``benchmark``; its photos are sent.

    Yields:
        The name of a machine, and a model's speed there, in the order of the models.

    Raises:
        ClusterError: no machine can do it.
        BundleError, UnknownPartError, CollectionError: as ``benchmark``.
    """
    openers = [load_model(model).opener(threads=None) for model in models]
    photos = [] if place is None else [(file.suffix, read_photo_bytes(file)) for file in _sample(place)[0]]
    yield from measure_on(cluster, openers, photos)


def recommend(
    place: str | os.PathLike[str] | None = None,
    *,
    languages: Sequence[str] = ("en",),
    most_hours: float = 8.0,
    on_model: Callable[[str], None] | None = None,
) -> Recommendation:
    """Names the model that fits this machine, a library and the languages in which it is searched.

    Models that are here are measured on 64 of the library's photos; for those that can be pulled the time is
    estimated from their size and from how fast this machine decodes those photos and multiplies.

    Args:
        place: a photo folder with a collection, or a collection; None = that of the current folder.
        languages: codes such as "en" or "de".
        most_hours: that embedding the library may take.
        on_model: called with the name of each model before it is measured.

    Raises:
        CollectionError: there is no collection at that place.
        DataError: none of its photos can be read.
    """
    files, count, used = _sample(place)
    here = []
    for name, folder in known_bundles().items():
        if on_model:
            on_model(name)
        try:
            here.append(_measured(name, folder, files, used))
        except BundleError:
            if name == DEFAULT:
                raise
    names = {candidate.name for candidate in here}
    others = [
        Candidate(
            name=name,
            is_here=False,
            languages=entry.languages,
            recalls=entry.crossmodal,
            parameters_m=entry.parameters_m,
            photo_gflops=entry.photo_gflops,
        )
        for name, entry in published().items()
        if name not in names
    ]
    library = Library(count, decoding_s(load_model(DEFAULT), files), tuple(languages))
    return _recommend([*here, *others], this_machine(), library, most_seconds=3600 * most_hours)


def _measured(name: str, folder: Path, files: Sequence[Path], used: str | None) -> Candidate:
    bundle = open_bundle(folder)
    manifest = bundle.manifest
    entry = published().get(name)
    size = sum(record.size_bytes for file, record in manifest.files.items() if file in (IMAGE_MODEL, TEXT_MODEL))
    return Candidate(
        name=name,
        is_here=True,
        languages=manifest.text.languages or (entry.languages if entry else ()),
        recalls=entry.crossmodal if entry else {},
        parameters_m=entry.parameters_m if entry else size // 4_000_000,
        photos_per_s=photos_per_s(load_model(folder), files),
        is_used=bundle.fingerprint == used,
    )


def _sample(place: str | os.PathLike[str] | None) -> tuple[list[Path], int, str | None]:
    """Files of photos of a collection, how many it has, and the fingerprint of its model."""
    with find_existing(None if place is None else Path(place)).collection as collection:
        return collection.sample_files(SAMPLE), len(collection), collection.status()["fingerprint"]
