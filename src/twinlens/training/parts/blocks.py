"""Cut a backbone into blocks from input to output, so that a stage can train the last n of them."""

from torch import nn


def layer_blocks(backbone: nn.Module, *, lists: tuple[type[nn.Module], ...] = (nn.ModuleList,)) -> list[nn.Module]:
    """The backbone's outermost layers in order; disjoint, together all of its parameters.

    Everything before the layers is one block, and each element of the outermost lists is
    a block: the layers of a transformer, the stages of a ResNet. A norm or a pooler
    after them belongs to the last layer, since training only a norm as "the last block"
    would be of little use; a head convolution is a block of its own.

    Args:
        backbone: modules must be registered in the order in which they are applied.
        lists: module types that count as a list of layers.
    """
    stem: list[nn.Module] = []
    layers: list[nn.Module] = []
    tail: list[nn.Module] = []
    for module, is_layer in _parts(backbone, lists):
        if is_layer:
            layers += [*tail, module]
            tail = []
        elif layers and not isinstance(module, nn.Embedding):
            tail.append(module)
        else:  # position embeddings belong to the input, even if registered later
            stem.append(module)
    if tail and any(isinstance(part, nn.Conv2d) for module in tail for part in module.modules()):
        layers.append(_joined(tail))
    elif tail:
        layers[-1] = _joined([layers[-1], *tail])
    return [_joined(stem), *layers] if stem else layers


def _parts(module: nn.Module, lists: tuple[type[nn.Module], ...]) -> list[tuple[nn.Module, bool]]:
    """The submodules that have parameters, each with whether it is an element of a list of layers."""
    own = list(module.parameters(recurse=False))
    parts: list[tuple[nn.Module, bool]] = [(nn.ParameterList(own), False)] if own else []
    for child in module.children():
        if isinstance(child, lists):
            parts += [(layer, True) for layer in child.children() if _has_parameters(layer)]
        elif _holds_a_list(child, lists) or _is_wrapped_model(child, lists):
            parts += _parts(child, lists)
        elif _has_parameters(child):
            parts.append((child, False))
    return parts


def _holds_a_list(module: nn.Module, lists: tuple[type[nn.Module], ...]) -> bool:
    return any(isinstance(part, lists) for part in module.children())


def _is_wrapped_model(module: nn.Module, lists: tuple[type[nn.Module], ...]) -> bool:
    """Whether it is a model inside of another, as the RoBERTa in AltCLIP's text model."""
    if nn.Sequential in lists:  # such lists are in every small part
        return False
    return any(_holds_a_list(child, lists) for child in module.children())


def _has_parameters(module: nn.Module) -> bool:
    return next(module.parameters(), None) is not None


def _joined(modules: list[nn.Module]) -> nn.Module:
    return modules[0] if len(modules) == 1 else nn.ModuleList(modules)
