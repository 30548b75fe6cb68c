"""Which model fits a machine and a library: the most relevant one that it can run, with reasons."""

from collections.abc import Sequence
from dataclasses import dataclass

from twinlens.errors import DataError
from twinlens.evaluation.speed.machine import Machine

MANY = "mul"  # code of a model of many languages
REACHED = 0.5  # share of a machine's speed in plain matrix products that an image tower reaches
OWN_BYTES = 400_000_000  # of the program besides the model
SHARE_OF_MEMORY = 0.5  # that may go to one program
BYTES_PER_WEIGHT = 5  # float32, and what is computed with them


@dataclass(frozen=True)
class Candidate:
    """A model that can be used, or pulled.

    Attributes:
        name: by which it is used.
        is_here: whether it needs no download.
        languages: codes as in BCP 47; "mul" = many.
        flickr30k: R@1 of texts on Flickr30k's test photos, zero-shot, in per cent; None = not known.
        parameters_m: of both towers, in millions; None = not known.
        photo_gflops: work of the image tower for one photo; None = not known.
        photos_per_s: measured on this library's photos; None = estimated from ``photo_gflops``.
    """

    name: str
    is_here: bool
    languages: tuple[str, ...]
    flickr30k: float | None = None
    parameters_m: int | None = None
    photo_gflops: float | None = None
    photos_per_s: float | None = None


@dataclass(frozen=True)
class Library:
    """What is to be embedded.

    Attributes:
        photos: how many there are.
        decoding_s: seconds that one takes to be decoded, all cores together.
        languages: in which people search.
    """

    photos: int
    decoding_s: float
    languages: tuple[str, ...]


@dataclass(frozen=True)
class Judged:
    """A candidate, the time to embed the library with it, and what speaks for it or against it.

    Attributes:
        candidate: the model.
        seconds: to embed the library; None = not known.
        is_measured: whether the time was measured rather than estimated.
        against: why it does not fit; empty = it fits.
    """

    candidate: Candidate
    seconds: float | None
    is_measured: bool
    against: tuple[str, ...]


@dataclass(frozen=True)
class Recommendation:
    """One model, and why."""

    model: Judged
    reasons: tuple[str, ...]
    others: tuple[Judged, ...]


def recommend(
    candidates: Sequence[Candidate], machine: Machine, library: Library, *, most_seconds: float = 8 * 3600
) -> Recommendation:
    """The model with the best published relevance among those that fit.

    Args:
        candidates: models to choose from; the first one is taken if none fits.
        machine: where they are to run.
        library: what is to be embedded.
        most_seconds: that embedding the library may take.

    Raises:
        DataError: there are no candidates.
    """
    if not candidates:
        raise DataError("there are no models to choose from; see 'twinlens models list'")
    judged = [_judge(candidate, machine, library, most_seconds) for candidate in candidates]
    fitting = [one for one in judged if not one.against]
    best = max(fitting, key=_rank, default=judged[0])
    others = tuple(sorted((one for one in judged if one is not best), key=_rank, reverse=True))
    return Recommendation(best, _reasons(best, others, machine, library), others)


def _rank(one: Judged) -> tuple[bool, float, float]:
    known = one.candidate.flickr30k
    return (not one.against, -1.0 if known is None else known, -(one.seconds or 0.0))


def _judge(candidate: Candidate, machine: Machine, library: Library, most_seconds: float) -> Judged:
    against = []
    if missing := [language for language in library.languages if not _understands(candidate, language)]:
        against.append(f"it is not known to understand {', '.join(missing)}")
    needed = _memory_bytes(candidate)
    if needed and machine.memory_bytes and needed > SHARE_OF_MEMORY * machine.memory_bytes:
        against.append(f"it needs about {needed / 1e9:.1f} GB of {machine.memory_bytes / 1e9:.1f} GB of memory")
    seconds = _seconds(candidate, machine, library)
    if seconds is not None and seconds > most_seconds:
        against.append(f"{library.photos:,} photos would take {duration(seconds)} here")
    return Judged(candidate, seconds, candidate.photos_per_s is not None, tuple(against))


def _understands(candidate: Candidate, language: str) -> bool:
    known = {code.partition("-")[0].lower() for code in candidate.languages}
    return MANY in known or language.partition("-")[0].lower() in known


def _memory_bytes(candidate: Candidate) -> int | None:
    if candidate.parameters_m is None:
        return None
    return OWN_BYTES + BYTES_PER_WEIGHT * 1_000_000 * candidate.parameters_m


def _seconds(candidate: Candidate, machine: Machine, library: Library) -> float | None:
    if candidate.photos_per_s:
        return library.photos / candidate.photos_per_s
    if candidate.photo_gflops is None:
        return None
    # decoders and the tower share the cores, so their times add up
    return library.photos * (library.decoding_s + candidate.photo_gflops / (REACHED * machine.gflops))


def _reasons(best: Judged, others: Sequence[Judged], machine: Machine, library: Library) -> tuple[str, ...]:
    candidate = best.candidate
    if best.against:
        return (f"no model fits: of {candidate.name}, {'; '.join(best.against)}",)
    reasons = []
    if library.languages:
        reasons.append(f"it understands {', '.join(library.languages)}")
    if candidate.flickr30k is not None:
        next_best = [one.candidate for one in others if not one.against and one.candidate.flickr30k is not None]
        than = f", {next_best[0].name} {next_best[0].flickr30k:.1f}" if next_best else ""
        reasons.append(f"R@1 of {candidate.flickr30k:.1f} on Flickr30k{than}")
    if (needed := _memory_bytes(candidate)) and machine.memory_bytes:
        reasons.append(f"it needs about {needed / 1e9:.1f} GB of {machine.memory_bytes / 1e9:.1f} GB of memory")
    if best.seconds is not None:
        how = "measured on this library's photos" if best.is_measured else "an estimate"
        cores = f"{machine.cores} core{'s' if machine.cores != 1 else ''}"
        reasons.append(f"{library.photos:,} photos take about {duration(best.seconds)} on {cores} ({how})")
    return tuple(reasons)


def duration(seconds: float) -> str:
    """A time for people.

    >>> duration(42), duration(300), duration(5 * 3600)
    ('42 s', '5 min', '5.0 h')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
