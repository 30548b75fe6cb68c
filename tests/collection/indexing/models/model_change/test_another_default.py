"""The default model of a later release takes over."""

from collections.abc import Callable
from pathlib import Path

import pytest

from collection.indexing.models.model_change.conftest import NEW, Interrupted, OpenCollection, TurnedEncoder, contents
from conftest import ColourEncoder, PhotoMaker
from twinlens.collection.collection import Collection
from twinlens.collection.indexing.telling.progress import ModelChangePlan, SilentListener
from twinlens.collection.indexing.telling.report import PendingModelChange
from twinlens.errors import ModelMismatchError


@pytest.fixture
def updated(library: Collection, models: dict[str, ColourEncoder], turned: TurnedEncoder) -> Collection:
    """The library with a new default model; the earlier one is gone."""
    library.close()
    models["default"] = turned
    return Collection.open(library.path.parent)


class TestAnotherDefault:
    @pytest.fixture(autouse=True)
    def close(self, updated: Collection) -> None:
        yield
        updated.close()

    def test_index_embeds_again(self, updated: Collection, turned: TurnedEncoder) -> None:
        plans: list[ModelChangePlan] = []

        class Listener(SilentListener):
            def change_planned(self, plan: ModelChangePlan) -> None:
                plans.append(plan)

        assert updated.pending_change() == PendingModelChange("default", NEW, 0, 70, is_begun=False)
        report = updated.index(listener=Listener())
        assert report.model_change is not None
        assert report.model_change.is_complete
        (plan,) = plans
        assert (plan.model, plan.is_update, plan.photos, plan.photos_left, plan.captions_left) == (
            "default",
            True,
            70,
            70,
            3,
        )
        assert plan.disk_bytes > 70 * 12 * 4
        assert updated.search("red", k=1)[0].id in ("red.png", *(f"many/{number:02}.png" for number in range(0, 60, 2)))
        assert (updated.pending_change(), updated.faults()) == (None, [])

    def test_words_are_refused_before_that_with_the_remedy(self, updated: Collection) -> None:
        with pytest.raises(
            ModelMismatchError, match=r"reads every photo again: twinlens index --collection .*index\(\)"
        ):
            updated.search("red")

    def test_a_photo_of_the_collection_needs_no_model(self, updated: Collection, photos: Path) -> None:
        hits = updated.similar(photos / "blue.png", k=4)
        assert {hit.id for hit in hits} == {f"copy{number}.png" for number in range(4)}

    def test_new_changed_and_moved_photos_are_found_in_the_end(
        self, updated: Collection, photos: Path, make_photo: PhotoMaker, fresh: Callable[[], Collection], tmp_path: Path
    ) -> None:
        make_photo("new.png", "white", seed=99)
        make_photo("red.png", "green", seed=98)  # keeps its captions
        (photos / "black.png").rename(photos / "many" / "moved.png")
        (photos / "yellow.png").unlink()
        (photos / "broken.png").write_bytes(b"no photo")
        report = updated.index()
        assert (report.added, report.updated, report.renamed, report.removed) == (1, 1, 1, 1)
        assert (report.unchanged, report.images, report.deferred) == (67, 70, 0)
        assert [skipped.path for skipped in report.skipped] == ["broken.png"]
        assert contents(updated) == contents(fresh())
        assert updated.faults() == []

    def test_captions_are_learned_when_the_change_is_done(self, updated: Collection, tmp_path: Path) -> None:
        more = tmp_path / "more.csv"
        more.write_text("image,caption\nwhite.png,a white wall\n")
        with pytest.raises(ModelMismatchError, match="embed the photos again first"):
            updated.add_captions(more)
        report = updated.index(captions=more)
        assert report.captions is not None
        assert (report.captions.added, report.captions.captions) == (1, 4)
        assert updated.search("white", target="caption", k=1)[0].caption == "a white wall"
        assert updated.faults() == []

    def test_a_default_that_changes_once_more_begins_anew(
        self, updated: Collection, models: dict[str, ColourEncoder]
    ) -> None:
        with pytest.raises(KeyboardInterrupt):
            updated.index(listener=Interrupted(3))
        third = TurnedEncoder()
        third.fingerprint = "colour0000000004"
        models["default"] = third
        updated.index()
        assert third.photos == 66
        assert updated.catalog.model() == ("default", "colour0000000004", 12)
        assert updated.faults() == []

    def test_the_earlier_default_put_back_gives_the_change_up(
        self, updated: Collection, models: dict[str, ColourEncoder], encoder: ColourEncoder
    ) -> None:
        with pytest.raises(KeyboardInterrupt):
            updated.index(listener=Interrupted(3))
        models["default"] = encoder
        assert updated.index().model_change is None
        assert updated.catalog.next_model() is None
        assert updated.search("red", k=1)[0].score > 0.9


def test_another_model_is_refused_with_the_command_that_changes_to_it(
    library: Collection, open_collection: OpenCollection
) -> None:
    other = open_collection(model="turned")
    for action in (other.index, lambda: other.search("red"), lambda: other.similar(library.path.parent / "red.png")):
        with pytest.raises(ModelMismatchError, match=rf"run 'twinlens reindex {library.path} --model turned'"):
            action()


def test_a_model_that_is_gone_is_named_with_the_command_that_leaves_it(
    library: Collection, models: dict[str, ColourEncoder], open_collection: OpenCollection
) -> None:
    library.reindex("turned")
    del models["turned"]
    lost = open_collection()
    for action in (lost.index, lambda: lost.search("red")):
        with pytest.raises(ModelMismatchError, match=rf"restore it, or run 'twinlens reindex {lost.path} --model def"):
            action()
    assert lost.reindex("default").model_change is not None
    assert lost.search("red", k=1)[0].score > 0.9
    assert lost.faults() == []
