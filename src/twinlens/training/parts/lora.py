"""LoRA: a text tower trained through small matrices beside its linear layers.

Hu et al. 2022, "LoRA: Low-Rank Adaptation of Large Language Models"; by the library ``peft``.
"""

from torch import nn

from twinlens.errors import ConfigError


def inject(tower: nn.Module, *, rank: int, alpha: int) -> None:
    """Puts trainable matrices beside all linear layers; all else is left frozen.

    Raises:
        ConfigError: the tower has no linear layers.
    """
    from peft import LoraConfig, inject_adapter_in_model  # takes seconds to import

    layers = [name for name, module in tower.named_modules() if isinstance(module, nn.Linear)]
    if not layers:
        raise ConfigError("text = 'lora' needs a tower with linear layers; take 'all' or 'last-1'")
    inject_adapter_in_model(LoraConfig(r=rank, lora_alpha=alpha, target_modules=layers), tower)


def merge(tower: nn.Module) -> None:
    """Adds the matrices to the weights they stand beside and takes them away; nothing where there are none."""
    if not any("lora_" in name for name, _ in tower.named_parameters()):
        return
    from peft.tuners.lora import LoraLayer

    for name, module in list(tower.named_modules()):
        if isinstance(module, LoraLayer):
            module.merge()
            parent, _, last = name.rpartition(".")
            setattr(tower.get_submodule(parent), last, module.get_base_layer())
