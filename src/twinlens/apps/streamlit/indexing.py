"""Index a collection, or switch it to another model, with a progress bar on the page."""

from pathlib import Path

import streamlit as st

from twinlens import api
from twinlens.counted import counted


class PageListener(api.indexing.SilentListener):
    """Shows the progress of indexing on the page."""

    def __init__(self) -> None:
        self._bar = st.progress(0.0, "looking for photos")
        self._to_read = 0
        self._again = 0

    def planned(self, plan: api.indexing.IndexPlan) -> None:
        """The folders have been scanned."""
        self._to_read = plan.to_read
        self._bar.progress(0.0, f"{counted(plan.found, 'photo')} found, {plan.to_read:,} to read")

    def advanced(self, done: int, report: api.indexing.IndexReport) -> None:
        """More files are stored."""
        skipped = f", {len(report.skipped):,} skipped" if report.skipped else ""
        self._bar.progress(share(done, self._to_read), f"{done:,} of {counted(self._to_read, 'photo')} read{skipped}")

    def change_planned(self, plan: api.indexing.ModelChangePlan) -> None:
        """The model has changed; everything must be embedded again."""
        self._again = plan.photos_left

    def change_advanced(self, progress: api.indexing.ModelChangeProgress) -> None:
        """The new model has embedded more."""
        done = progress.photos
        self._bar.progress(share(done, self._again), f"{done:,} of {counted(self._again, 'photo')} embedded again")

    def close(self) -> None:
        """Removes the bar."""
        self._bar.empty()


def index_photos(place: str, *, model: str | None, verify: bool = False) -> str:
    """Creates or updates the collection of a photo folder; returns a one-line summary.

    Args:
        place: the photo folder.
        model: None = the collection's.
        verify: also read photos whose size and date have not changed.

    Raises:
        CollectionError: there is no such folder, or another process is indexing it.
    """
    listener = PageListener()
    try:
        located = api.indexing.open_for_index([Path(place)], at=None, model=model)
        with located.collection as collection:
            report = collection.index(listener=listener, verify=verify)
    finally:
        listener.close()
    skipped = f", {counted(len(report.skipped), 'file')} skipped" if report.skipped else ""
    restored = f", {report.restored:,} with restored captions, tags and the like" if report.restored else ""
    checked = report.verification
    verified = f", {checked.changed:,} of {checked.verified:,} read again had changed" if checked else ""
    kept = "".join(f". {folder} Nothing was removed there" for folder in report.kept_folders)
    return (
        f"{counted(report.images, 'photo')} can be searched: {report.added:,} new, {report.removed:,} gone"
        f"{restored}{verified}{skipped}{kept}"
    )


def complete_change(place: str, *, model: str | None) -> bool:
    """Changes a collection to the current version of its model if that reads no photo; returns whether it did.

    Raises:
        CollectionError: another process is indexing it, or it cannot be written.
    """
    with api.library.find_existing(place, model=model).collection as collection:
        if not collection.must_change():
            return False
        with st.spinner("The model has changed since the photos were indexed; changing, which reads no photo"):
            collection.complete_change()
        return True


def change_model(place: str, *, model: str) -> str:
    """Embeds a collection again with another model; returns a one-line summary.

    Raises:
        CollectionError: there is no collection, or another process is indexing it.
    """
    listener = PageListener()
    try:
        with api.library.find_existing(place).collection as collection:
            collection.reindex(model, listener=listener)
            return f"{counted(len(collection), 'photo')} can be searched with the model {model}"
    finally:
        listener.close()


def share(done: int, total: int) -> float:
    """Progress in [0, 1].

    >>> share(3, 4), share(5, 0)
    (0.75, 1.0)
    """
    return min(1.0, done / total) if total else 1.0
