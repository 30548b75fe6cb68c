"""How each figure of the embedded model is worded in the docs: name → text, from the manifest and the records."""

import textwrap
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from demo_questions import LANGUAGES, Question, questions
from figure_records import TOP

from twinlens.model.bundle import ENGLISH_MODEL, ENGLISH_TOKENIZER, IMAGE_MODEL, TEXT_MODEL, TOKENIZER, Manifest
from twinlens.types import GRADES

TEST, ZERO_SHOT = "flickr8k/test", "imagenet_sample"
TO_IMAGE, TO_TEXT = "text_to_image", "image_to_text"
HITS = 5  # that are judged of each everyday query
WIDTH = 118
MEGABYTE = 1e6
SHOWN_BY_TABLE = ("gallery-size", "wrong-protocol")
LANGUAGE_NAMES = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "pt": "Portuguese",
    "nl": "Dutch", "pl": "Polish", "cs": "Czech", "ru": "Russian", "uk": "Ukrainian", "tr": "Turkish",
    "ar": "Arabic", "hi": "Hindi", "vi": "Vietnamese", "zh": "Chinese", "ja": "Japanese", "ko": "Korean",
}  # fmt: skip


@dataclass(frozen=True)
class Sources:
    """Where figures come from."""

    manifest: Manifest
    records: dict[str, dict[str, Any]]

    def found(self, name: str) -> Any:
        return self.records[name]["found"]

    def remarks(self, name: str) -> str:
        paragraphs = self.records[name].get("remarks", [])
        return "\n\n".join(textwrap.fill(own, WIDTH, break_on_hyphens=False) for own in paragraphs) or "No remarks."

    @property
    def test(self) -> dict[str, Any]:
        return dict(self.manifest.figures[TEST])

    @property
    def zero_shot(self) -> dict[str, Any]:
        return dict(self.manifest.figures[ZERO_SHOT]["zero_shot"])


# --- from the manifest


def bundle_size(sources: Sources) -> str:
    manifest = sources.manifest
    sizes = {name: record.size_bytes / MEGABYTE for name, record in manifest.files.items()}
    image, text = sizes[IMAGE_MODEL], sizes[TEXT_MODEL]
    english = manifest.english
    second = f"English text {sizes[ENGLISH_MODEL]:.1f} ({english.quantization}), " if english else ""
    tokenizers = sizes[TOKENIZER] + sizes.get(ENGLISH_TOKENIZER, 0.0)
    whole = sum(sizes.values()) + sum(record.size_bytes for record in manifest.bridges.values()) / MEGABYTE
    return (
        f"{whole:.1f} MB: image {image:.1f} ({manifest.image.quantization}), text {text:.1f} "
        f"({manifest.text.quantization}), {second}tokenizers {tokenizers:.1f}; the rest are the photos' head, the word "
        "list, the reference embeddings of the calibration and the list of training photos"
    )


def card_retrieval(sources: Sources) -> str:
    ways = {"text→image": sources.test[TO_IMAGE], "image→text": sources.test[TO_TEXT]}
    return "; ".join(
        f"{name} R@1/5/10 **{_slashed(way, ' / ')}** (R@1 {_dashed(way['ci95']['R@1'])}), MRR {way['MRR']:.3f}, "
        f"median rank {way['MedR']:g}"
        for name, way in ways.items()
    )


def zero_shot_interval(sources: Sources) -> str:
    own = sources.zero_shot
    return (
        f"top-1 accuracy of **{own['top1']:.1f} %** ({_dashed(own['ci95']['top1'])}) and top-5 accuracy of "
        f"{own['top5']:.1f} % ({_dashed(own['ci95']['top5'])})"
    )


def zero_shot_categories(sources: Sources) -> str:
    own = sources.zero_shot
    rows = sorted(own["categories"], key=lambda row: -row["top1"])
    lines = [f"| {row['category']} | {row['n_images']} | {row['top1']:.1f} | {row['top5']:.1f} |" for row in rows]
    total = f"| all | {own['n_images']:,} | {own['top1']:.1f} | {own['top5']:.1f} |"
    head = ["| category | photos | top-1, % | top-5, % |", "| --- | ---: | ---: | ---: |"]
    return "\n".join([*head, *lines, total])


def default_row(sources: Sources) -> str:
    ways = [sources.test[TO_IMAGE], sources.test[TO_TEXT]]
    recalls, intervals, mrr, median = (
        " \\| ".join(cells)
        for cells in (
            [_slashed(way) for way in ways],
            [_dashed(way["ci95"]["R@1"]) for way in ways],
            [f"{way['MRR']:.3f}" for way in ways],
            [f"{way['MedR']:.1f}" for way in ways],
        )
    )
    head = ["| model | R@1/5/10 | R@1 interval | MRR | MedR |", "| --- | --- | --- | --- | --- |"]
    name = f"`default`, fingerprint {sources.manifest.fingerprint}"
    return "\n".join([*head, f"| {name} | {recalls} | {intervals} | {mrr} | {median} |"])


# --- from recorded runs


def audit_run(sources: Sources) -> str:
    return f"fingerprint {sources.manifest.fingerprint}, {sources.records['audit-flickr8k-val']['date']}"


def audit_table(sources: Sources) -> str:
    audit = sources.found("audit-flickr8k-val")
    head = ["| row | text → image R@1 / R@5 / R@10 | image → text R@1 / R@5 / R@10 |", "| --- | --- | --- |"]
    rows = [*audit["protocols"], *audit["baselines"]]
    return "\n".join([*head, *(_audit_row(row) for row in rows)])


def _audit_row(row: dict[str, Any]) -> str:
    bold = "**" if row["is_right"] else ""
    cells = (row["name"], _slashed(row[TO_IMAGE], " / "), _slashed(row[TO_TEXT], " / "))
    return "| " + " | ".join(f"{bold}{cell}{bold}" for cell in cells) + " |"


def audit_findings(sources: Sources) -> str:
    findings = sources.found("audit-flickr8k-val")["findings"]
    told = [own for own in findings if own["code"] not in SHOWN_BY_TABLE]
    lines = [f"| `{own['code']}` | {own['severity']} | {own['count']:,} |" for own in told]
    errors = sum(own["severity"] == "error" for own in findings)
    counts = f"Number of errors: {errors}. The warnings and notes, apart from those that the table above shows:"
    return "\n".join([counts, "", "| code | severity | how many |", "| --- | --- | ---: |", *lines])


def val_r1(sources: Sources) -> str:
    right = sources.found("audit-flickr8k-val")["protocols"][0]
    return f"{right[TO_IMAGE]['R@1']:.1f} \\| {right[TO_TEXT]['R@1']:.1f}"


def card_grades(sources: Sources) -> str:
    rows = [row for row in sources.found("grades")["lines"] if row["line"] in ("en", "sentences")]
    return "; ".join(
        f"{'English words' if row['line'] == 'en' else 'sentences'}: *strong* right in {_maybe(row['strong_right'])}, "
        f"*likely* in {_maybe(row['likely_right'])}; "
        f"of what is there, {_maybe(row['found'])} graded among the first ten; "
        f"of what is not, {_maybe(row['absent_strong'])} get a *strong*, {_maybe(row['absent_likely'])} a *likely*"
        for row in rows
    )


LIBRARY_HEADS = ("library", "queries", "strong right", "likely right", "possible right", "found", "first ten")
LIBRARY_HEADS += ("absent: strong", "absent: likely")


def grades_libraries(sources: Sources) -> str:
    return _grades_table(sources.found("grades")["libraries"], ("library", "line"), LIBRARY_HEADS)


def grades_lines(sources: Sources) -> str:
    return _grades_table(sources.found("grades")["lines"], ("line",), ("asked as", *LIBRARY_HEADS[2:]))


def grades_uncalibrated(sources: Sources) -> str:
    return _grades_table(sources.found("grades")["uncalibrated"], ("library", "line"), LIBRARY_HEADS)


def grades_photos(sources: Sources) -> str:
    rows = [row | {"line": row["line"].removeprefix("photos, more/")} for row in sources.found("grades")["photos"]]
    return _grades_table(rows, ("library", "line"), LIBRARY_HEADS)


def _grades_table(rows: list[dict[str, Any]], names: tuple[str, ...], heads: tuple[str, ...]) -> str:
    lines = [
        f"| {' | '.join(heads)} |",
        f"| {' | '.join('---' if own < len(names) else '---:' for own in range(len(heads)))} |",
    ]
    for row in rows:
        cells = [
            *(str(row[name]) for name in names),
            f"{_maybe(row['strong_right'])} of {row['strong']:,}",
            f"{_maybe(row['likely_right'])} of {row['likely']:,}",
            *(_maybe(row[name]) for name in ("possible_right", "found", "ranked", "absent_strong", "absent_likely")),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def grade_thresholds(sources: Sources) -> str:
    text = sources.manifest.calibration.text.grades
    return f"{text.strong:.2f}, {text.likely:.2f} and {text.possible:.2f}"


def languages(sources: Sources) -> str:
    """Those that find judged things well enough, and those that were taught but find less."""
    well = sources.manifest.calibration.fitted["languages"]
    names = ", ".join(LANGUAGE_NAMES[code] for code in well)
    less = [LANGUAGE_NAMES[code] for code in sources.manifest.text.languages if code not in well]
    return f"{names}; less well {' and '.join(less)}" if less else names


def _maybe(share: float | None) -> str:
    return "–" if share is None else _share(share)


def card_pointing(sources: Sources) -> str:
    own = sources.found("pointing")
    return (
        f"**{own['pointed']:.1f} %** {_interval(own['ci95'])} pointed at (middle of the photo {own['centre']:.1f} %, "
        f"a random place {own['random']:.1f} %)"
    )


def pointing_row(sources: Sources) -> str:
    own = sources.found("pointing")
    cells = (f"{own['pointed']:.1f} {_interval(own['ci95'])}", f"{own['heat_inside']:.1f}")
    return " | ".join((f"`{sources.manifest.fingerprint}`, embedded", *cells))


def pointing_missed(sources: Sources) -> str:
    own = sources.found("pointing")
    words = Counter(missed["words"] for missed in own["missed"])
    listed = ", ".join(
        f'"{word}"' + (f" ({times} times)" if times > 1 else "") for word, times in sorted(words.items())
    )
    return f"{len(own['missed'])} of the {own['n_boxes']} objects: {listed}"


def everyday_photos(sources: Sources) -> str:
    return f"{sources.found('everyday-shown')['n_photos']:,}"


def card_everyday(sources: Sources) -> str:
    kinds = sources.found("everyday-judged")["right"]
    shares = {kind: _right(queries) / (HITS * len(queries)) for kind, queries in kinds.items()}
    listed = ", ".join(f"{kind} {100 * share:.0f} %" for kind, share in sorted(shares.items(), key=lambda own: -own[1]))
    total, queries = sum(map(_right, kinds.values())), sum(map(len, kinds.values()))
    return f"{total} of the first {HITS * queries} hits are right ({listed})"


def everyday_kinds(sources: Sources) -> str:
    kinds = sources.found("everyday-judged")["right"]
    lines = ["| kind | queries | right | mean of 5 |", "| --- | ---: | ---: | ---: |"]
    for kind, queries in kinds.items():
        share = f"{_right(queries)} of {HITS * len(queries)}"
        lines.append(f"| {kind} | {len(queries)} | {share} | {_right(queries) / len(queries):.2f} |")
    total, asked = sum(map(_right, kinds.values())), sum(map(len, kinds.values()))
    return "\n".join([*lines, f"| all | {asked} | **{total} of {HITS * asked}** | {total / asked:.2f} |"])


def everyday_counts(sources: Sources) -> str:
    judged = sources.found("everyday-judged")
    counts = Counter(right for queries in judged["right"].values() for right in queries.values())
    first = judged["first_hit_right"]
    return f"{counts[HITS]} have all five right, {counts[0]} have none; for {first} the first hit is right"


def everyday_queries(sources: Sources) -> str:
    lines = ["| kind | query | right of 5 |", "| --- | --- | ---: |"]
    for kind, queries in sources.found("everyday-judged")["right"].items():
        for number, (query, right) in enumerate(queries.items()):
            lines.append(f"| {kind if not number else ''} | {query} | {right} |")
    return "\n".join(lines)


def everyday_grades(sources: Sources) -> str:
    answers = sources.found("everyday-shown")["answers"]
    judged = {
        query: right for kind in sources.found("everyday-judged")["right"].values() for query, right in kind.items()
    }
    counts = Counter(hit["grade"] for hits in answers.values() for hit in hits)
    told = ", ".join(f"{counts[grade]} {grade}" for grade in GRADES)
    unsure = {query for query, hits in answers.items() if not any(hit["grade"] for hit in hits)}
    without = {query for query, right in judged.items() if not right}
    return (
        f"of the {HITS * len(judged)} hits, {told}. For {len(unsure)} queries it says that there is no sure match; "
        f"{len(unsure & without)} of these are among the {len(without)} with no right hit"
    )


def demo_found(sources: Sources) -> str:
    answers = sources.found("demo")["answers"]
    asked = questions()
    missed = [one.text for one in asked if not _is_found(one, answers[one.text])]
    found = f"{len(asked) - len(missed)} of {len(asked)} pictures first"
    return f"{found}; not {_listed(missed)}" if missed else found


def demo_table(sources: Sources) -> str:
    answers = sources.found("demo")["answers"]
    lines = [
        "| asked | in | best hit | grade | right | of the best five with a grade |",
        "| --- | --- | --- | --- | --- | ---: |",
    ]
    for one in questions():
        hits = answers[one.text]
        best = hits[0]["image_id"]
        graded = sum(hit["grade"] is not None for hit in hits)
        lines.append(
            f"| {one.text} | {LANGUAGES[one.language]} | {best} | {hits[0]['grade'] or 'no sure match'} | "
            f"{'yes' if best == one.photo else one.photo} | {graded} |"
        )
    return "\n".join(lines)


def _is_found(question: Question, hits: list[dict[str, Any]]) -> bool:
    return bool(hits[0]["image_id"] == question.photo and hits[0]["grade"] is not None)


def _listed(texts: list[str]) -> str:
    quoted = [f'"{text}"' for text in texts]
    return " or ".join(filter(None, [", ".join(quoted[:-1]), quoted[-1]]))


def _right(queries: dict[str, int]) -> int:
    return sum(queries.values())


def _slashed(way: dict[str, Any], between: str = "/") -> str:
    return between.join(f"{way[name]:.1f}" for name in TOP)


def _named(way: dict[str, Any]) -> str:
    return ", ".join(f"{name} {way[name]:.1f}" for name in TOP)


def _dashed(interval: list[float]) -> str:
    return f"{interval[0]:.1f}–{interval[1]:.1f}"


def _interval(interval: list[float]) -> str:
    return f"[{interval[0]:.1f}, {interval[1]:.1f}]"


def _share(number: float) -> str:
    return f"{100 * number:.0f} %"


FIGURES: dict[str, Callable[[Sources], str]] = {
    "fingerprint": lambda sources: f"`{sources.manifest.fingerprint}`",
    "bundle-size": bundle_size,
    "train-photos": lambda sources: f"{sources.manifest.training['train_photos']:,}",
    "calibration-data": lambda sources: sources.manifest.calibration.fitted["data"],
    "test-text-to-image": lambda sources: _named(sources.test[TO_IMAGE]),
    "test-image-to-text": lambda sources: _named(sources.test[TO_TEXT]),
    "test-r1": lambda sources: " \\| ".join(f"{sources.test[way]['R@1']:.1f}" for way in (TO_IMAGE, TO_TEXT)),
    "zero-shot": lambda sources: f"top-1 {sources.zero_shot['top1']:.1f} %, top-5 {sources.zero_shot['top5']:.1f} %",
    "zero-shot-top1": lambda sources: f"top-1 {sources.zero_shot['top1']:.1f} %",
    "zero-shot-interval": zero_shot_interval,
    "zero-shot-categories": zero_shot_categories,
    "card-retrieval": card_retrieval,
    "default-row": default_row,
    "audit-run": audit_run,
    "audit-table": audit_table,
    "audit-findings": audit_findings,
    "audit-remarks": lambda sources: sources.remarks("audit-flickr8k-val"),
    "val-r1": val_r1,
    "card-grades": card_grades,
    "grade-thresholds": grade_thresholds,
    "grades-libraries": grades_libraries,
    "grades-lines": grades_lines,
    "grades-photos": grades_photos,
    "grades-uncalibrated": grades_uncalibrated,
    "languages": languages,
    "card-pointing": card_pointing,
    "pointing-row": pointing_row,
    "pointing-missed": pointing_missed,
    "pointing-remarks": lambda sources: sources.remarks("pointing"),
    "card-everyday": card_everyday,
    "everyday-photos": everyday_photos,
    "everyday-date": lambda sources: sources.records["everyday-judged"]["date"],
    "everyday-kinds": everyday_kinds,
    "everyday-counts": everyday_counts,
    "everyday-queries": everyday_queries,
    "everyday-remarks": lambda sources: sources.remarks("everyday-judged"),
    "everyday-grades": everyday_grades,
    "demo-photos": lambda sources: str(sources.found("demo")["n_photos"]),
    "demo-found": demo_found,
    "demo-date": lambda sources: sources.records["demo"]["date"],
    "demo-table": demo_table,
}
