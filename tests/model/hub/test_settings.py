"""How settings of published models are read: photos and texts."""

import json
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from twinlens.errors import BundleError
from twinlens.evaluation.speed.recommend import MEASURED
from twinlens.model.hub.patches import refuse_patches
from twinlens.model.hub.photo_settings import photo_settings
from twinlens.model.hub.published import published
from twinlens.model.hub.text_settings import text_settings
from twinlens.model.hub.towers import MAX_TOKENS

CLIP = {
    "crop_size": {"height": 224, "width": 224},
    "do_center_crop": True,
    "do_resize": True,
    "image_mean": [0.5] * 3,
    "image_std": [0.5] * 3,
    "resample": 3,
    "size": {"shortest_edge": 224},
}


def photos(**changes):
    return photo_settings("a model", {**CLIP, **changes}, is_open_clip=False)


class TestPhotos:
    def test_clip_takes_the_middle_in_whole_pixels(self):
        found = photos()
        assert (found.image_size, found.resize_mode, found.interpolation) == (224, "whole-pixel-crop", "bicubic")

    def test_the_older_spelling_is_the_same(self):
        assert photos(size=224, crop_size=224) == photos()

    def test_a_margin_is_cut_off(self):
        found = photos(size={"shortest_edge": 256})
        assert (found.resized_side, found.image_size) == (256, 224)

    def test_siglip_squashes(self):
        found = photos(size={"height": 256, "width": 256}, do_center_crop=None, resample=2)
        assert (found.image_size, found.resize_mode, found.interpolation) == (256, "squash", "bilinear")

    def test_mobileclip_does_not_normalize(self):
        found = photos(do_normalize=False)
        assert (found.mean, found.std) == ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))

    def test_another_scale_is_worked_into_mean_and_deviation(self):
        found = photos(rescale_factor=2 / 255)
        assert (found.mean, found.std) == ((0.25, 0.25, 0.25), (0.25, 0.25, 0.25))

    def test_open_clip_and_jina_clip_name_their_mode(self):
        fields = {"size": [224, 224], "mean": [0.1, 0.2, 0.3], "std": [0.4, 0.5, 0.6], "interpolation": "bilinear"}
        found = photo_settings("a model", {**fields, "resize_mode": "squash"}, is_open_clip=True)
        assert (found.resize_mode, found.interpolation, found.mean) == ("squash", "bilinear", (0.1, 0.2, 0.3))
        assert photo_settings("a model", fields, is_open_clip=True).resize_mode == "whole-pixel-crop"

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({"do_center_crop": False}, "keeps their shape"),
            ({"size": {"height": 224, "width": 448}}, "not square"),
            ({"crop_size": 300}, "crops 300 pixels out of 224"),
            ({"resample": 5}, "filter"),
            ({"crop_size": {"height": 9999, "width": 9999}, "size": 9999}, "2048"),
        ],
    )
    def test_what_cannot_be_followed_is_said_in_one_line(self, changes, why):
        with pytest.raises(BundleError, match=f"a model prepares photos in a way that cannot be followed: .*{why}"):
            photos(**changes)


ODD = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        1.5,
        float("inf"),
        float("nan"),
        10**30,
        "",
        "x",
        "224",
        [],
        [1, 2, 3],
        [None] * 3,
        {},
        {"a": 1},
    ]
    + [{"height": 0, "width": 0}, {"height": [1], "width": 2}, {"shortest_edge": 0}, {"shortest_edge": "x"}]
)


class TestWhateverStandsInTheSettings:
    """Files of a hub may hold anything: they are followed, or refused in one line."""

    @given(
        changes=st.dictionaries(st.sampled_from([*CLIP, "do_pad", "resize_mode", "rescale_factor"]), ODD, max_size=3)
    )
    def test_of_photos(self, changes):
        with suppress(BundleError):
            photos(**changes)

    @given(
        tokens=st.dictionaries(
            st.sampled_from(["pad_token", "model_max_length", "padding_side", "tokenizer_class"]), ODD
        ),
        kind=st.one_of(ODD, st.sampled_from(["clip", "siglip", "chinese_clip"])),
        text=st.one_of(ODD, st.dictionaries(st.sampled_from(["max_position_embeddings", "context_length"]), ODD)),
        is_open_clip=st.booleans(),
    )
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_of_texts(self, tmp_path, tokens, kind, text, is_open_clip):
        file = tmp_path / "tokenizer.json"
        if not file.exists():
            Tokenizer(WordLevel({"a": 0, "[PAD]": 1}, unk_token="a")).save(str(file))
        config = {"model_type": kind, "text_cfg" if is_open_clip else "text_config": text}
        with suppress(BundleError):
            found = text_settings(
                "a model", file, config=config, tokenizer_config=tokens, graph_tokens=None, is_open_clip=is_open_clip
            )
            assert 4 <= found.max_tokens <= MAX_TOKENS
        with suppress(BundleError):
            refuse_patches("a model", config={**config, "vision_config": text}, photos=tokens)


class TestTexts:
    @pytest.fixture
    def tokenizer(self, tmp_path):
        words = ["<pad>", "</s>", "a", "dog", "Dog", "dog!", "Dog!"]
        made = Tokenizer(WordLevel({word: number for number, word in enumerate(words)}, unk_token="a"))
        made.pre_tokenizer = Whitespace()
        made.save(str(tmp_path / "tokenizer.json"))
        return tmp_path / "tokenizer.json"

    def settings(self, tokenizer, config, tokenizer_config=None, *, graph_tokens=None, is_open_clip=False):
        return text_settings(
            "a model", tokenizer, config=config, tokenizer_config=tokenizer_config or {"pad_token": "</s>"},
            graph_tokens=graph_tokens, is_open_clip=is_open_clip,
        )  # fmt: skip

    def test_clip_pads_to_the_longest_and_siglip_fully(self, tokenizer):
        clip = self.settings(tokenizer, {"model_type": "clip", "text_config": {}})
        siglip = self.settings(
            tokenizer, {"model_type": "siglip", "text_config": {}}, {"pad_token": {"content": "</s>"}}
        )
        assert (clip.padding, clip.max_tokens, clip.pad_token_id) == ("longest", 77, 1)
        assert (siglip.padding, siglip.max_tokens, siglip.pad_token_id) == ("full", 64, 1)

    def test_a_graph_of_one_length_decides(self, tokenizer):
        found = self.settings(tokenizer, {"model_type": "clip"}, graph_tokens=52)
        assert (found.padding, found.max_tokens) == ("full", 52)

    def test_a_long_reader_is_cut_to_what_a_query_needs(self, tokenizer):
        config = {"model_type": "jina_clip", "text_config": {"max_position_embeddings": 8192}}
        assert self.settings(tokenizer, config).max_tokens == 512

    @pytest.mark.parametrize(
        ("config", "kind", "is_open_clip", "said", "seen"),
        [
            ({"model_type": "siglip"}, "SiglipTokenizer", False, " Dog!  a", "dog a"),
            ({"model_type": "siglip"}, "GemmaTokenizer", False, "Dog!", "dog!"),
            ({"model_type": "siglip2"}, "", False, "Dog!", "dog!"),
            ({"model_type": "clip"}, "", False, "Dog!", "Dog!"),
            ({"text_cfg": {"tokenizer_kwargs": {"clean": "canonicalize"}}}, "", True, "Dog!", "dog"),
            ({"text_cfg": {}}, "", True, " Dog!\n a ", "Dog! a"),
        ],
    )
    def test_texts_are_cleaned_as_the_family_was_trained(self, tokenizer, config, kind, is_open_clip, said, seen):
        tokens = {"pad_token": "</s>", "tokenizer_class": kind}
        found = self.settings(tokenizer, config, tokens, is_open_clip=is_open_clip)
        normalizer = found.tokenizer.normalizer
        assert (normalizer.normalize_str(said) if normalizer else said) == seen

    def test_a_tokenizer_that_cleans_by_itself_is_left_alone(self, tokenizer):
        fields = json.loads(tokenizer.read_text())
        fields["normalizer"] = {"type": "Lowercase"}
        tokenizer.write_text(json.dumps(fields))
        found = self.settings(tokenizer, {"model_type": "siglip"})
        assert json.loads(found.tokenizer.to_str())["normalizer"] == {"type": "Lowercase"}

    def test_an_unknown_padding_token_is_refused(self, tokenizer):
        with pytest.raises(BundleError, match="pads texts with '<none>'"):
            self.settings(tokenizer, {}, {"pad_token": "<none>"})


def test_every_figure_in_the_table_has_its_source_and_every_name_its_repository():
    for name, entry in published().items():
        for figures in ("flickr30k", "coco", "crossmodal"):
            assert bool(getattr(entry, figures)) == bool(getattr(entry, f"{figures}_source")), name
        assert set(entry.crossmodal) <= MEASURED, name
        assert all(20 <= recall <= 100 for recall in entry.crossmodal.values()), name
        assert entry.repository.count("/") == 1
        assert entry.revision == "" or len(entry.revision) == 40
