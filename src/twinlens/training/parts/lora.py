"""LoRA: fine-tune a text tower through low-rank matrices added to its linear layers.

Hu et al. 2022, "LoRA: Low-Rank Adaptation of Large Language Models"; implemented with ``peft``.
"""

from torch import nn

from twinlens.errors import ConfigError


def inject(tower: nn.Module, *, rank: int, alpha: int) -> None:
    """Adds trainable low-rank matrices to all linear layers; other parameters are frozen.

    Raises:
        ConfigError: the tower has no linear layers.
    """
    from peft import LoraConfig, inject_adapter_in_model  # takes seconds to import

    layers = [name for name, module in tower.named_modules() if isinstance(module, nn.Linear)]
    if not layers:
        raise ConfigError("text = 'lora' needs a tower with linear layers; use 'all' or 'last-1'")
    inject_adapter_in_model(LoraConfig(r=rank, lora_alpha=alpha, target_modules=layers), tower)


def merge(tower: nn.Module) -> None:
    """Merges the low-rank matrices into the weights and removes them; does nothing without LoRA."""
    if not any("lora_" in name for name, _ in tower.named_parameters()):
        return
    from peft.tuners.lora import LoraLayer

    for name, module in list(tower.named_modules()):
        if isinstance(module, LoraLayer):
            module.merge()
            parent, _, last = name.rpartition(".")
            setattr(tower.get_submodule(parent), last, module.get_base_layer())
    if hasattr(tower, "peft_config"):  # or peft would take the next stage's matrices for a second adapter
        del tower.peft_config
