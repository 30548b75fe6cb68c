"""Contract of every data set; the tests of a reader inherit it and provide the two fixtures."""

from collections.abc import Callable
from pathlib import Path

import pytest

from twinlens.data.images import open_photo, photo_exists, photo_stamp
from twinlens.errors import DataError
from twinlens.protocols import Dataset

OpenDataset = Callable[[], Dataset]


class DatasetContract:
    """Inherit as ``class TestMyReader(DatasetContract)``; the data needs photos in at least two splits."""

    @pytest.fixture
    def open_dataset(self) -> OpenDataset:
        """Opens the same data again at each call."""
        raise NotImplementedError

    @pytest.fixture
    def images_folder(self) -> Path:
        """The folder that contains all photos of the data."""
        raise NotImplementedError

    def test_data_set_has_a_name_for_reports(self, open_dataset: OpenDataset) -> None:
        assert open_dataset().name.strip()

    def test_splits_have_photos_and_names_of_their_own(self, open_dataset: OpenDataset) -> None:
        dataset = open_dataset()
        names = dataset.splits()
        assert len(names) >= 2
        assert len(set(names)) == len(names)
        assert "all" not in names
        assert all(len(dataset.split(name)) for name in names)

    def test_splits_share_no_photo(self, open_dataset: OpenDataset) -> None:
        dataset = open_dataset()
        ids = [photo.image_id for name in dataset.splits() for photo in dataset.split(name)]
        paths = [photo.path for name in dataset.splits() for photo in dataset.split(name)]
        assert len(set(ids)) == len(ids)
        assert len(set(paths)) == len(paths)

    def test_all_covers_every_split_with_each_photo_once(self, open_dataset: OpenDataset) -> None:
        dataset = open_dataset()
        everything = {photo.image_id: photo for photo in dataset.split("all")}
        assert len(everything) == len(dataset.split("all"))
        for name in dataset.splits():
            for photo in dataset.split(name):
                assert everything[photo.image_id] == photo

    def test_every_photo_opens_and_lies_below_the_images_folder(
        self, open_dataset: OpenDataset, images_folder: Path
    ) -> None:
        for photo in open_dataset().split("all"):
            assert photo_exists(photo.path)
            assert open_photo(photo.path).image.size > (0, 0)
            assert photo.path.resolve().is_relative_to(images_folder.resolve())

    def test_a_photo_s_stamp_is_the_same_as_long_as_nothing_changes(self, open_dataset: OpenDataset) -> None:
        stamps = [[photo_stamp(photo.path) for photo in open_dataset().split("all")] for _ in range(2)]
        assert stamps[0] == stamps[1]
        assert all(size > 0 for size, _ in stamps[0])

    def test_every_photo_has_a_caption(self, open_dataset: OpenDataset) -> None:
        for photo in open_dataset().split("all"):
            assert photo.captions
            assert all(isinstance(caption, str) and caption.strip() for caption in photo.captions)

    def test_unknown_split_names_the_known_ones_and_the_nearest(self, open_dataset: OpenDataset) -> None:
        dataset = open_dataset()
        for known in dataset.splits():
            with pytest.raises(DataError) as error:
                dataset.split(known + "x")
            message = str(error.value)
            assert repr(known + "x") in message
            assert all(name in message for name in dataset.splits())
            assert f"did you mean {known!r}?" in message

    def test_split_of_no_likeness_is_refused_too(self, open_dataset: OpenDataset) -> None:
        with pytest.raises(DataError, match="QQQ"):
            open_dataset().split("QQQ")

    def test_order_is_the_same_whenever_it_is_opened(self, open_dataset: OpenDataset) -> None:
        first, second = open_dataset(), open_dataset()
        assert first.splits() == second.splits()
        for name in (*first.splits(), "all"):
            assert list(first.split(name)) == list(first.split(name))
            assert list(first.split(name)) == list(second.split(name))
