"""A backbone cut into blocks."""

from torch import nn

from twinlens.training.parts.blocks import layer_blocks


class Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.ModuleList(nn.Linear(2, 2) for _ in range(3))
        self.positions = nn.Embedding(4, 2)  # registered last, read first


class Backbone(nn.Module):
    def __init__(self, tail: nn.Module) -> None:
        super().__init__()
        self.scale = nn.Parameter(nn.Linear(1, 1).weight)
        self.words = nn.Embedding(5, 2)
        self.activation = nn.ReLU()
        self.encoder = Encoder()
        self.tail = tail


def parameters(module: nn.Module) -> set[int]:
    return {id(parameter) for parameter in module.parameters()}


def test_a_norm_belongs_to_the_last_layer_and_tables_to_the_first_block() -> None:
    backbone = Backbone(nn.LayerNorm(2))
    first, *layers = layer_blocks(backbone)
    inputs = parameters(backbone.words) | parameters(backbone.encoder.positions) | {id(backbone.scale)}
    assert parameters(first) == inputs
    assert layers[:2] == list(backbone.encoder.layer[:2])
    assert parameters(layers[2]) == parameters(backbone.encoder.layer[2]) | parameters(backbone.tail)


def test_a_head_convolution_is_a_block_of_its_own() -> None:
    backbone = Backbone(nn.Conv2d(2, 2, 1))
    blocks = layer_blocks(backbone)
    assert blocks[-2:] == [backbone.encoder.layer[2], backbone.tail]


def test_a_backbone_without_a_list_of_layers_is_one_block() -> None:
    (block,) = layer_blocks(nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1)))
    assert len(parameters(block)) == 4


def test_sequences_can_count_as_lists() -> None:
    first, last = nn.Sequential(nn.Linear(1, 1), nn.ReLU()), nn.Sequential(nn.Linear(1, 1))
    backbone = nn.ModuleDict({"stem": nn.Conv2d(3, 4, 3), "first": first, "last": last})
    blocks = layer_blocks(backbone, lists=(nn.ModuleList, nn.Sequential))
    assert blocks == [backbone["stem"], first[0], last[0]]
