"""Which model fits a machine and a library: the most relevant one that it can run, with reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from twinlens.errors import DataError
from twinlens.evaluation.speed.machine import Machine

MANY = "mul"  # code of a model of many languages
MEASURED = frozenset(  # the languages of Crossmodal-3600
    [
        *("ar", "bn", "cs", "da", "de", "el", "en", "es", "fa", "fi", "fil", "fr", "he", "hi", "hr", "hu", "id", "it"),
        *("ja", "ko", "mi", "nl", "no", "pl", "pt", "quz", "ro", "ru", "sv", "sw", "te", "th", "tr", "uk", "vi", "zh"),
    ]
)
UNDERSTOOD = 50.0  # of recall there: below it, most searches in that language would fail
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
        languages: that it is said to understand, as in BCP 47; "mul" = many.
        recalls: language → mean of R@1, R@5 and R@10 of texts on Crossmodal-3600, in per cent; empty = not known.
        parameters_m: of both towers, in millions; None = not known.
        photo_gflops: work of the image tower for one photo; None = not known.
        photos_per_s: measured on this library's photos; None = estimated from ``photo_gflops``.
        is_used: whether the library is indexed with it.
    """

    name: str
    is_here: bool
    languages: tuple[str, ...]
    recalls: Mapping[str, float] = field(default_factory=dict)
    parameters_m: int | None = None
    photo_gflops: float | None = None
    photos_per_s: float | None = None
    is_used: bool = False


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
        recall: mean of its recalls in the languages of the searches; None = not known for each of them.
        seconds: to embed the library; None = not known.
        is_measured: whether the time was measured rather than estimated.
        against: why it does not fit; empty = it fits.
    """

    candidate: Candidate
    recall: float | None
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
    return (not one.against, -1.0 if one.recall is None else one.recall, -(one.seconds or 0.0))


def _judge(candidate: Candidate, machine: Machine, library: Library, most_seconds: float) -> Judged:
    against = []
    codes = [language.partition("-")[0].lower() for language in library.languages]
    if missing := [code for code in codes if not _understands(candidate, code)]:
        against.append(f"it is not known to understand {', '.join(missing)}")
    needed = _memory_bytes(candidate)
    if needed and machine.memory_bytes and needed > SHARE_OF_MEMORY * machine.memory_bytes:
        against.append(f"it needs about {needed / 1e9:.1f} GB of {machine.memory_bytes / 1e9:.1f} GB of memory")
    seconds = _seconds(candidate, machine, library)
    if seconds is not None and seconds > most_seconds:
        against.append(f"{library.photos:,} photos would take {duration(seconds)} here")
    return Judged(candidate, _recall(candidate, codes), seconds, candidate.photos_per_s is not None, tuple(against))


def _understands(candidate: Candidate, code: str) -> bool:
    """What was measured goes before what its card says."""
    if candidate.recalls and code in MEASURED:
        return candidate.recalls.get(code, 0.0) >= UNDERSTOOD
    known = {own.partition("-")[0].lower() for own in candidate.languages}
    return MANY in known or code in known


def _recall(candidate: Candidate, codes: Sequence[str]) -> float | None:
    found = [candidate.recalls[code] for code in codes if code in candidate.recalls]
    return sum(found) / len(found) if found and len(found) == len(codes) else None


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
    if best.recall is not None:
        next_best = [one for one in others if not one.against and one.recall is not None]
        than = f", {next_best[0].candidate.name} {next_best[0].recall:.1f}" if next_best else ""
        reasons.append(f"mean of R@1, R@5 and R@10 of {best.recall:.1f} on Crossmodal-3600 in these languages{than}")
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
