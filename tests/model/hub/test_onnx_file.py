"""What is refused in a graph, and what is read of it; the graphs are written by the ``onnx`` package."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from twinlens.errors import BundleError
from twinlens.model.hub.onnx_file import read_graph, with_weights_named
from twinlens.model.hub.pull import pull


def save(path, nodes, *, weights=(), functions=(), opsets=(("", 18),), shape=("batch", 3)):
    graph = helper.make_graph(
        nodes,
        "tower",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, list(shape))],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", 3])],
        list(weights),
    )
    imports = [helper.make_opsetid(*opset) for opset in opsets]
    path.write_bytes(
        helper.make_model(graph, opset_imports=imports, functions=list(functions), ir_version=9).SerializeToString()
    )
    return path


def outside(location: str) -> TensorProto:
    weight = numpy_helper.from_array(np.ones((3, 3), np.float32), "weight")
    weight.ClearField("raw_data")
    weight.data_location = TensorProto.EXTERNAL
    weight.external_data.add(key="location", value=location)
    weight.external_data.add(key="offset", value="0")
    weight.external_data.add(key="length", value="36")
    return weight


PRODUCT = helper.make_node("MatMul", ["pixels", "weight"], ["embedding"])


def test_inputs_outputs_and_shapes_are_those_that_onnx_reads(model_files):
    for name in ("image.onnx", "text.onnx"):
        found, wanted = read_graph(model_files[name]), onnx.load(str(model_files[name])).graph
        for ours, theirs in ((found.inputs, wanted.input), (found.outputs, wanted.output)):
            shapes = [[dim.dim_value or None for dim in value.type.tensor_type.shape.dim] for value in theirs]
            assert [value.name for value in ours] == [value.name for value in theirs]
            assert [value.shape for value in ours] == shapes
        assert found.weights == set()


@pytest.mark.parametrize("location", ["../secret", "/etc/passwd", "a/b.bin", "C:\\x", "..\\x", "..", ""])
def test_weights_outside_the_folder_are_refused(tmp_path, location):
    path = save(tmp_path / "image.onnx", [PRODUCT], weights=[outside(location)])
    with pytest.raises(BundleError, match="outside its own folder"):
        read_graph(path)


def test_weights_beside_the_graph_are_found_and_can_be_renamed(tmp_path):
    path = save(tmp_path / "image.onnx", [PRODUCT], weights=[outside("vision_model.onnx_data")])
    assert read_graph(path).weights == {"vision_model.onnx_data"}
    path.write_bytes(with_weights_named(path, "image.onnx_data"))
    (weight,) = onnx.load(str(path), load_external_data=False).graph.initializer
    assert {entry.key: entry.value for entry in weight.external_data} == {
        "location": "image.onnx_data",
        "offset": "0",
        "length": "36",
    }


def test_operators_of_another_package_are_refused(tmp_path):
    node = helper.make_node("Steal", ["pixels"], ["embedding"], domain="evil.ops")
    path = save(tmp_path / "image.onnx", [node], opsets=[("", 18), ("evil.ops", 1)])
    with pytest.raises(BundleError, match=r"evil\.ops:Steal"):
        read_graph(path)


def test_operators_of_another_package_are_refused_inside_branches_too(tmp_path):
    inner = helper.make_node("Steal", ["pixels"], ["inner"], domain="evil.ops")
    info = helper.make_tensor_value_info("inner", TensorProto.FLOAT, None)
    branch = helper.make_graph([inner], "branch", [], [info])
    node = helper.make_node("If", ["flag"], ["embedding"], then_branch=branch, else_branch=branch)
    path = save(tmp_path / "image.onnx", [node], opsets=[("", 18), ("evil.ops", 1)])
    with pytest.raises(BundleError, match=r"evil\.ops:Steal"):
        read_graph(path)


def test_operators_that_onnx_runtime_brings_and_functions_of_the_file_are_fine(tmp_path):
    function = helper.make_function(
        "own", "Same", ["x"], ["y"], [helper.make_node("Identity", ["x"], ["y"])], [helper.make_opsetid("", 18)]
    )
    nodes = [
        helper.make_node("Same", ["pixels"], ["same"], domain="own"),
        helper.make_node("QuickGelu", ["same"], ["embedding"], domain="com.microsoft"),
    ]
    opsets = [("", 18), ("com.microsoft", 1), ("own", 1)]
    read_graph(save(tmp_path / "image.onnx", nodes, functions=[function], opsets=opsets))


@pytest.mark.parametrize("dims", [[2**40], [2**20, 2**20], [-1, 3], [1] * 12])
def test_absurd_shapes_are_refused(tmp_path, dims):
    weight = TensorProto(name="weight", data_type=TensorProto.FLOAT, dims=dims)
    with pytest.raises(BundleError, match="absurd shape"):
        read_graph(save(tmp_path / "image.onnx", [PRODUCT], weights=[weight]))


@pytest.mark.parametrize(
    "content", [b"\x80\x04\x95 a pickle", b"", b"<html>not found</html>", b"\x3a\xff\xff\xff\xff\x0f"]
)
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / "image.onnx").write_bytes(content)
    with pytest.raises(BundleError, match=r"image\.onnx is not a readable ONNX file"):
        read_graph(tmp_path / "image.onnx")


def test_a_model_whose_weights_lie_beside_its_graph_is_pulled_whole(repository):
    graph = repository / "onnx/vision_model.onnx"
    model = onnx.load(str(graph))
    onnx.save(model, str(graph), save_as_external_data=True, location="vision_model.onnx_data", size_threshold=0)
    bundle = pull(str(repository), save_as="large")
    assert "image.onnx_data" in bundle.manifest.files
    bundle.verified("image.onnx")
    (bundle.directory / "image.onnx_data").write_bytes(b"x")
    with pytest.raises(BundleError, match="damaged"):
        bundle.verified("image.onnx")


def test_towers_of_different_spaces_are_refused(repository, model_files):
    graph = onnx.load(str(repository / "onnx/text_model.onnx"))
    (head,) = (weight for weight in graph.graph.initializer if weight.name == "head")
    head.CopyFrom(numpy_helper.from_array(np.ones((5, 4), np.float32), "head"))
    graph.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 4
    onnx.save(graph, str(repository / "onnx/text_model.onnx"))
    with pytest.raises(BundleError, match="length 6"):
        pull(str(repository), save_as="mixed")
