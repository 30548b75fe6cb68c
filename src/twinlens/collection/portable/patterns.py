"""What the other collection of a merge leaves out, this one leaves out, too: unless photos here would go."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.indexing.excluding.folders import is_excluded
from twinlens.collection.indexing.excluding.rules import Rules, collection_rules
from twinlens.collection.indexing.excluding.scope import from_inside
from twinlens.counted import counted
from twinlens.data.file_names import on_one_line


@dataclass(slots=True)
class PatternsTaken:
    """The patterns of files to leave out that the other collection has, and this one had not.

    Attributes:
        taken: they hold here from now on.
        refused: those that do not, each with the reason.
    """

    taken: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def take_patterns(
    catalog: Catalog, patterns: Sequence[str], subfolders: Iterable[str], paths: Iterable[str]
) -> PatternsTaken:
    """Takes the patterns of another collection over, so that no index run adds what it leaves out.

    Patterns hold in all photo folders. One that would leave out a photo of either collection is not taken, nor is one
    with "!" where other patterns hold: it could bring in what they leave out.

    Args:
        catalog: of the collection.
        patterns: of the other collection, in their order.
        subfolders: where its photo folders are in those of this one; "" = it has one of its own.
        paths: of its photos, in the photo folders of this one.
    """
    ours, report = catalog.excluded, PatternsTaken()
    places = sorted(set(subfolders))
    known = _Known({*paths, *(path for _, path in catalog.files.all())}, collection_rules(ours))
    new = [moved for one in patterns for place in places if (moved := from_inside(one, place)) not in ours]
    if not ours and not known.left_out_by(new):
        report.taken = new
    else:
        for pattern in new:
            if why := _why_not(known, pattern):
                report.refused[pattern] = why
            else:
                report.taken.append(pattern)
    if report.taken:
        catalog.exclude([*ours, *report.taken])
    return report


def _why_not(known: "_Known", pattern: str) -> str | None:
    if pattern.startswith("!"):
        return "it takes back what other patterns leave out, and those of this collection may be meant"
    if lost := known.left_out_by([pattern]):
        return f"it would leave out {counted(len(lost), 'photo')} here, such as {on_one_line(lost[0])}"
    return None


class _Known:
    """Files of both collections that the rules of this one do not leave out."""

    def __init__(self, paths: Iterable[str], rules: Rules) -> None:
        folders: dict[str, bool] = {}
        self._paths = [path for path in sorted(paths) if not _is_left_out(rules, path, folders)]

    def left_out_by(self, patterns: Sequence[str]) -> list[str]:
        rules = collection_rules(patterns)
        folders: dict[str, bool] = {}
        return [path for path in self._paths if _is_left_out(rules, path, folders)] if rules else []


def _is_left_out(rules: Rules, path: str, folders: dict[str, bool]) -> bool:
    """Whether a file, or a folder around it, is left out; ``folders`` remembers those that were asked for."""
    around = path.rpartition("/")[0]
    return _is_folder_left_out(rules, around, folders) or is_excluded(rules, path, is_folder=False)


def _is_folder_left_out(rules: Rules, folder: str, folders: dict[str, bool]) -> bool:
    if not folder:
        return False
    if folder not in folders:
        around = folder.rpartition("/")[0]
        is_out = _is_folder_left_out(rules, around, folders) or is_excluded(rules, folder, is_folder=True)
        folders[folder] = is_out
    return folders[folder]
