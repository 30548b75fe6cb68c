"""A graph with both towers, as Chinese-CLIP's exports have it."""

import json

import numpy as np
import onnx
import pytest
from onnx import TensorProto, compose, helper
from PIL import Image

from twinlens.errors import BundleError
from twinlens.model.hub.one_graph import split_towers
from twinlens.model.hub.onnx_file import read_graph
from twinlens.model.hub.pull import pull
from twinlens.model.onnx_encoder import OnnxDualEncoder


def combined(repository, *, names=("image_embeds", "text_embeds")):
    """The tiny towers as one graph, with the logits of their product besides."""
    parts = []
    for tower in ("vision", "text"):
        graph = onnx.load(str(repository / f"onnx/{tower}_model.onnx"))
        parts.append(compose.add_prefix(graph, f"{tower}/"))
    made = compose.merge_models(*parts, io_map=[])
    short = {"vision/pixels": "pixel_values", "text/input_ids": "input_ids", "text/attention_mask": "attention_mask"}
    short |= {"vision/embedding": names[0], "text/embedding": names[1]}
    for node in made.graph.node:
        node.input[:] = [short.get(name, name) for name in node.input]
        node.output[:] = [short.get(name, name) for name in node.output]
    for value in (*made.graph.input, *made.graph.output):
        value.name = short.get(value.name, value.name)
    made.graph.node.append(helper.make_node("Gemm", list(names), ["logits_per_image"], transB=1))
    made.graph.output.append(helper.make_tensor_value_info("logits_per_image", TensorProto.FLOAT, ["photos", "texts"]))
    onnx.checker.check_model(made)
    return made


@pytest.fixture
def both(repository):
    """The repository with one graph."""
    made = combined(repository)
    for tower in ("vision", "text"):
        (repository / f"onnx/{tower}_model.onnx").unlink()
    onnx.save(made, str(repository / "onnx/model.onnx"))
    config = {"model_type": "chinese_clip", "text_config": {"max_position_embeddings": 512}}
    (repository / "config.json").write_text(json.dumps(config))
    (repository / "tokenizer_config.json").write_text(json.dumps({"pad_token": "[PAD]", "model_max_length": 512}))
    return repository


def test_each_part_has_its_own_inputs_and_weights_alone(both, tmp_path):
    image, text = tmp_path / "image.onnx", tmp_path / "text.onnx"
    split_towers(both / "onnx/model.onnx", image, text)
    assert [value.name for value in read_graph(image).inputs] == ["pixel_values"]
    assert [value.name for value in read_graph(text).inputs] == ["input_ids", "attention_mask"]
    for path, name in ((image, "image_embeds"), (text, "text_embeds")):
        model = onnx.load(str(path))
        onnx.checker.check_model(model)
        assert [value.name for value in model.graph.output] == [name]
    assert len(onnx.load(str(image)).graph.initializer) == 1


def test_the_towers_give_what_they_gave_together(both, tiny_bundle):
    bundle = pull(str(both), save_as="both")
    assert bundle.manifest.text.max_tokens == 52
    ours, theirs = OnnxDualEncoder(bundle), OnnxDualEncoder(tiny_bundle)
    photo, texts = Image.linear_gradient("L").convert("RGB"), ["a red dog", "cat"]
    np.testing.assert_allclose(ours.encode_image([photo]), theirs.encode_image([photo]), atol=1e-6)
    np.testing.assert_allclose(ours.encode_text(texts), theirs.encode_text(texts), atol=1e-6)


def test_a_graph_without_embeddings_is_refused(repository, tmp_path):
    onnx.save(combined(repository, names=("left", "right")), str(tmp_path / "model.onnx"))
    with pytest.raises(BundleError, match="has no output image_embeds; it has left"):
        split_towers(tmp_path / "model.onnx", tmp_path / "image.onnx", tmp_path / "text.onnx")


def test_two_graphs_are_preferred_to_one(both, repository, model_files):
    (repository / "onnx/vision_model.onnx").write_bytes(model_files["image.onnx"].read_bytes())
    (repository / "onnx/text_model.onnx").write_bytes(model_files["text.onnx"].read_bytes())
    bundle = pull(str(repository), save_as="two")
    assert bundle.manifest.image.embedding == "embedding"
