"""Recorded runs behind the figures of the docs: ``docs/figures/NAME.json``, each with the model that it measured.

A record holds ``fingerprint``, ``date``, ``command`` and what the command ``found``; where the run
depends on the calibration too, its digest.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from twinlens.errors import TwinlensError
from twinlens.model.bundle import Manifest

FOLDER = Path("docs") / "figures"
TOP = ("R@1", "R@5", "R@10")


@dataclass(frozen=True)
class Recording:
    """How a record is made.

    Attributes:
        command: prints the JSON that is recorded; "path/to/…" stands for the user's own data.
        kept: what is kept of its JSON values, one for each line.
        of_calibration: a new calibration makes the record stale, although the fingerprint stays the same.
    """

    command: str
    kept: Callable[[list[Any]], Any]
    of_calibration: bool = False

    def whole_command(self, name: str) -> str:
        return f"{self.command} python scripts/figures.py --record {name}"


def audit_summary(values: list[Any]) -> Any:
    """How many of each finding, and the recalls of each row."""
    audit = values[0]
    rows = {kind: [_recalls(row) for row in audit[kind]] for kind in ("protocols", "baselines")}
    findings = [{key: one[key] for key in ("code", "severity", "count")} for one in audit["findings"]]
    sizes = {key: audit[key] for key in ("name", "n_images", "n_captions")}
    return {**sizes, "findings": findings, **rows}


def search_answers(values: list[Any]) -> Any:
    """Query → its hits, without the paths of a machine."""
    keys = ("image_id", "probability", "grade")
    return {
        "n_photos": values[0]["num_candidates"],
        "answers": {one["query"]: [{key: hit[key] for key in keys} for hit in one["results"]] for one in values},
    }


def everything(values: list[Any]) -> Any:
    return values[0]


def _recalls(row: dict[str, Any]) -> dict[str, Any]:
    ways = {way: {name: round(row[way][name], 2) for name in TOP} for way in ("text_to_image", "image_to_text")}
    return {"name": row["name"], "is_right": row.get("is_right", False), **ways}


SHEETS = "python scripts/quality.py --photos path/to/photos"
RECORDINGS = {
    "audit-flickr8k-val": Recording(
        "twinlens audit --data path/to/flickr8k --split val --json |",
        audit_summary,
    ),
    "grades": Recording(
        "python scripts/calibrate.py default --photos path/to/data --measure --json |",
        everything,
        of_calibration=True,
    ),
    "pointing": Recording(f"{SHEETS}; cat runs/quality/FINGERPRINT/pointing.json |", everything),
    "everyday-judged": Recording(f"{SHEETS}; judge its sheets as docs/quality.md says; cat judged.json |", everything),
    "everyday-shown": Recording(
        f"{SHEETS}; grep '^[a-z]' benchmarks/quality/queries.txt | "
        "twinlens search --queries /dev/stdin --in runs/quality/FINGERPRINT/collection --all -k 5 --json |",
        search_answers,
        of_calibration=True,
    ),
    "demo": Recording(
        "make demo; python scripts/demo_questions.py | "
        "twinlens search --queries /dev/stdin --in .demo/COLLECTION --all -k 5 --json |",
        search_answers,
        of_calibration=True,
    ),
}


def read_records(root: Path, manifest: Manifest) -> dict[str, dict[str, Any]]:
    """All records, of the embedded model and its calibration.

    Raises:
        TwinlensError: one is missing, or of another model; says which command records it.
    """
    records = {}
    for name, recording in RECORDINGS.items():
        file = root / FOLDER / f"{name}.json"
        again = recording.whole_command(name)
        if not file.is_file():
            raise TwinlensError(f"{FOLDER / file.name} is missing; record it: {again}")
        record = json.loads(file.read_text(encoding="utf-8"))
        if record["fingerprint"] != manifest.fingerprint:
            raise TwinlensError(
                f"{FOLDER / file.name} was recorded with model {record['fingerprint']}, the embedded one is "
                f"{manifest.fingerprint}; record it again: {again}"
            )
        if recording.of_calibration and record.get("calibration") != calibration_digest(manifest):
            raise TwinlensError(
                f"{FOLDER / file.name} was recorded with another calibration of the model; record it again: {again}"
            )
        records[name] = record
    return records


def write_record(root: Path, manifest: Manifest, name: str, text: str) -> Path:
    """Keeps what a command printed, as of today.

    Raises:
        TwinlensError: no figure needs such a record, or the JSON is of another model.
    """
    if name not in RECORDINGS:
        raise TwinlensError(f"there is no record {name!r}; there are {', '.join(RECORDINGS)}")
    recording = RECORDINGS[name]
    try:
        values = [json.loads(text)]
    except ValueError:
        values = [json.loads(line) for line in text.splitlines() if line.strip()]
    for value in values:
        measured = value.get("model", manifest.fingerprint)
        if measured != manifest.fingerprint:
            raise TwinlensError(f"this is of model {measured}, the embedded one is {manifest.fingerprint}")
    record = {
        "fingerprint": manifest.fingerprint,
        **({"calibration": calibration_digest(manifest)} if recording.of_calibration else {}),
        "date": datetime.now(UTC).date().isoformat(),
        "command": recording.whole_command(name),
        "found": recording.kept(values),
    }
    file = root / FOLDER / f"{name}.json"
    if file.is_file() and json.loads(file.read_text(encoding="utf-8"))["fingerprint"] == manifest.fingerprint:
        old = json.loads(file.read_text(encoding="utf-8"))
        record |= {key: old[key] for key in ("remarks",) if key in old}  # a person's words about this model
    file.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return file


def calibration_digest(manifest: Manifest) -> str:
    """16 hex digits over the weights and thresholds of the calibration, whatever their names."""
    fields = manifest.calibration.model_dump(mode="json", exclude={"fitted"}) if manifest.calibration else {}
    return hashlib.sha256(json.dumps(sorted(_numbers(fields))).encode()).hexdigest()[:16]


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        for own in value.values():
            yield from _numbers(own)
    elif isinstance(value, int | float):
        yield float(value)
