"""Write the ranks of each query to a CSV file."""

import csv
from collections.abc import Iterator
from pathlib import Path

from twinlens.errors import DataError
from twinlens.evaluation.embedding_file import check_writable
from twinlens.evaluation.pairs import EmbeddedPairs
from twinlens.evaluation.report import RetrievalReport
from twinlens.whole_file import whole_file

COLUMNS = ("direction", "query", "caption", "photo", "rank", "right_answers")


def write_ranks(report: RetrievalReport, pairs: EmbeddedPairs, path: Path) -> None:
    """Writes one line per query: text → image first, then image → text.

    ``query`` is the number of the caption or photo, from 0; ``caption`` is empty if the query is
    a photo, or if captions are unknown; ``rank`` is that of the first right answer.

    Args:
        report: the result of ``evaluate_pairs`` for ``pairs``.
        pairs: the pairs that were ranked.
        path: must end in .csv.

    Raises:
        DataError: the file cannot be written, or does not end in .csv.
    """
    check_writable(path, ".csv")
    try:
        with (
            whole_file(path) as place,
            # file names that are not valid Unicode keep their bytes
            place.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file,
        ):
            table = csv.writer(file)
            table.writerow(COLUMNS)
            table.writerows(_lines(report, pairs))
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}") from error


def _lines(report: RetrievalReport, pairs: EmbeddedPairs) -> Iterator[tuple[str, int, str, str, int, int]]:
    photos = pairs.image_ids or tuple(map(str, range(len(pairs.images))))
    captions = pairs.captions or ("",) * len(pairs.texts)
    queries = pairs.queries()
    for number, ranks in zip(queries["text_to_image"].rows, report.ranks["text_to_image"], strict=True):
        photo = photos[pairs.text_image_index[number]]
        yield "text_to_image", int(number), captions[number], photo, int(ranks[0]), len(ranks)
    for number, ranks in zip(queries["image_to_text"].rows, report.ranks["image_to_text"], strict=True):
        yield "image_to_text", int(number), "", photos[number], int(ranks[0]), len(ranks)
