"""Augmentation: the same seed gives the same pixels; what may not change stays."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from twinlens.training.feeding.augment import Augmentation, drop_words, mentions_side

NOTHING = Augmentation(random_resized_crop=None, flip=0.0)
EVERYTHING = Augmentation(random_resized_crop=(0.3, 1.0), flip=0.5, colour_jitter=0.5, rand_augment=(2, 9))


def gradient_photo(height: int = 40, width: int = 60) -> np.ndarray:
    """Red tells the column, green the row: each pixel says where it came from."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([columns * 4, rows * 6, np.full_like(rows, 90)], axis=-1).astype(np.uint8)


def noise_photo(side: int = 32) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, size=(side, side, 3), dtype=np.uint8)


def test_turned_off_it_gives_the_same_pixels() -> None:
    assert np.array_equal(NOTHING(noise_photo(), 3), noise_photo())


def test_same_seed_gives_the_same_pixels_on_any_thread_and_another_seed_others() -> None:
    photo = gradient_photo()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda seed: EVERYTHING(photo, seed), [*range(20), *range(20)]))
    for first, again in zip(answers[:20], answers[20:], strict=True):
        assert np.array_equal(first, again)
    assert len({answer.tobytes() for answer in answers}) >= 19
    assert np.array_equal(photo, gradient_photo())  # never changed in place


def test_random_state_of_the_process_plays_no_part() -> None:
    np.random.seed(1)
    first = EVERYTHING(gradient_photo(), 7)
    np.random.seed(2)
    assert np.array_equal(first, EVERYTHING(gradient_photo(), 7))


def test_size_and_type_stay_and_the_answer_may_be_written_to() -> None:
    for seed in range(20):
        answer = EVERYTHING(gradient_photo(41, 60), seed)
        assert answer.shape == (41, 60, 3)
        assert answer.dtype == np.uint8
        assert answer.flags.writeable


def test_half_of_the_photos_are_mirrored_and_none_where_it_may_not() -> None:
    augment, photo = Augmentation(random_resized_crop=None, flip=0.5), gradient_photo()
    answers = [augment(photo, seed) for seed in range(200)]
    mirrored = [np.array_equal(answer, photo[:, ::-1]) for answer in answers]
    assert all(flip or np.array_equal(answer, photo) for flip, answer in zip(mirrored, answers, strict=True))
    assert 70 < sum(mirrored) < 130
    assert all(np.array_equal(augment(photo, seed, may_flip=False), photo) for seed in range(50))


def test_all_but_the_flip_is_the_same_whether_it_may_or_not() -> None:
    augment, photo = Augmentation(random_resized_crop=(0.5, 0.9), flip=1.0, colour_jitter=0.5), gradient_photo()
    for seed in range(10):
        assert np.array_equal(augment(photo, seed, may_flip=False)[:, ::-1], augment(photo, seed))


def test_crop_keeps_the_share_of_the_area_that_was_asked_for() -> None:
    augment, photo, shares, shapes = Augmentation(random_resized_crop=(0.3, 0.6), flip=0.0), gradient_photo(), [], []
    for seed in range(100):
        answer = augment(photo, seed).astype(float)
        # colours tell the columns and rows seen; the outermost pixels' centres lie half a pixel inside
        width = np.ptp(answer[20, 3:-3, 0]) / 4 * 60 / 53
        height = np.ptp(answer[3:-3, 30, 1]) / 6 * 40 / 33
        shares.append(width * height / (40 * 60))
        shapes.append(width / height)
        assert (answer[..., 2] == 90).all()
    assert 0.27 < min(shares) < 0.35
    assert 0.55 < max(shares) < 0.65
    assert 0.70 < min(shapes) < 0.85
    assert 1.20 < max(shapes) < 1.40


def test_crop_stays_whole_where_no_shape_fits() -> None:
    photo = np.repeat(gradient_photo(8, 60), 1, axis=0)  # 60 wide and 8 high: no share near 1 has a shape up to 4 : 3
    assert np.array_equal(Augmentation(random_resized_crop=(0.9, 1.0), flip=0.0)(photo, 1), photo)


def test_colours_stay_for_one_photo_of_five_and_geometry_for_all() -> None:
    augment = Augmentation(random_resized_crop=None, flip=0.0, colour_jitter=1.0)
    flat = np.full((4, 4, 3), (200, 120, 40), dtype=np.uint8)
    answers = [augment(flat, seed) for seed in range(200)]
    assert 20 < sum(np.array_equal(answer, flat) for answer in answers) < 60
    assert all((answer == answer[0, 0]).all() for answer in answers)


def test_stronger_jitter_changes_more() -> None:
    flat = np.full((2, 2, 3), (200, 120, 40), dtype=np.uint8)

    def change(strength: float) -> float:
        augment = Augmentation(random_resized_crop=None, flip=0.0, colour_jitter=strength)
        return float(np.mean([np.abs(augment(flat, seed).astype(int) - flat).mean() for seed in range(60)]))

    assert 0 < change(0.1) < change(0.4) < change(1.0)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"random_resized_crop": (0.0, 1.0)}, r"above 0 and up to 1, but \(0.0, 1.0\)"),
        ({"random_resized_crop": (0.9, 0.8)}, r"but \(0.9, 0.8\)"),
        ({"random_resized_crop": (0.9, 1.1)}, r"but \(0.9, 1.1\)"),
        ({"flip": 1.5}, "flip is a number from 0 to 1, but 1.5"),
        ({"colour_jitter": -0.1}, "colour_jitter is a number from 0 to 1, but -0.1"),
        ({"rand_augment": (2, 11)}, r"magnitude from 0 to 10, but \(2, 11\)"),
        ({"rand_augment": (-1, 3)}, r"but \(-1, 3\)"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Augmentation(**options)


@pytest.mark.parametrize(
    ("caption", "named"),
    [
        ("A dog runs to the left.", True),
        ("the man on the RIGHT, in red", True),
        ("left-handed batsman", True),
        ("the leftmost of three cats", True),
        ("a righthand turn", True),
        ("horses run anti-clockwise", True),
        ("a bright light", False),
        ("an upright piano and leftovers", False),
        ("a copyright sign, frightened child", False),
        ("", False),
    ],
)
def test_sides_are_found_in_captions(caption: str, named: bool) -> None:
    assert mentions_side(caption) == named


CAPTION, SPECIAL = [101, 7, 8, 9, 10, 11, 102, 0, 0], frozenset({0, 101, 102})


def test_words_are_dropped_in_the_share_asked_for_and_the_rest_keeps_its_order() -> None:
    kept = [drop_words(CAPTION, SPECIAL, 0.3, seed) for seed in range(2000)]
    for ids in kept:
        assert [token for token in ids if token in SPECIAL] == [101, 102, 0, 0]
        words = [token for token in ids if token not in SPECIAL]
        assert words
        assert words == sorted(words)
        assert ids[0] == 101
        assert ids[-3:] == [102, 0, 0]
    assert np.mean([len(CAPTION) - len(ids) for ids in kept]) / 5 == pytest.approx(0.3, abs=0.02)


def test_one_word_stays_and_each_word_has_its_chance() -> None:
    kept = [drop_words(CAPTION, SPECIAL, 1.0, seed) for seed in range(100)]
    assert all(len(ids) == 5 for ids in kept)
    assert {ids[1] for ids in kept} == {7, 8, 9, 10, 11}


def test_a_word_that_comes_twice_is_dropped_by_its_place() -> None:
    lengths = {len(drop_words([5, 5, 5, 5], frozenset(), 0.5, seed)) for seed in range(50)}
    assert lengths == {1, 2, 3, 4}


def test_nothing_is_dropped_at_share_zero_or_without_words() -> None:
    assert drop_words(CAPTION, SPECIAL, 0.0, 3) == CAPTION
    assert drop_words([101, 102], SPECIAL, 1.0, 3) == [101, 102]
    assert drop_words([], SPECIAL, 0.5, 3) == []


def test_same_seed_drops_the_same_words() -> None:
    assert drop_words(CAPTION, SPECIAL, 0.5, 9) == drop_words(CAPTION, SPECIAL, 0.5, 9)
    assert len({tuple(drop_words(CAPTION, SPECIAL, 0.5, seed)) for seed in range(40)}) > 10


def test_share_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match=r"from 0 to 1, got 1\.5"):
        drop_words(CAPTION, SPECIAL, 1.5, 0)


def test_pixels_of_a_read_only_array_are_taken() -> None:
    photo = np.asarray(Image.fromarray(noise_photo()))
    assert EVERYTHING(photo, 1).shape == photo.shape
