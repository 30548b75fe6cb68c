"""A plain ViT and text transformer with open_clip's names and arithmetic, written without transformers."""

import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn

LETTERS = "abcdefghijklmnopqrstuvwxyz"
TOKENS = [*LETTERS, *(letter + "</w>" for letter in LETTERS), "re", "red</w>", "<|startoftext|>", "<|endoftext|>"]
MERGES = ["r e", "re d</w>"]
SIDE, PATCH, LENGTH, DIM = 32, 8, 12, 24
MEAN, STD = (0.4, 0.5, 0.6), (0.25, 0.3, 0.2)
CONFIG = {
    "model_cfg": {
        "embed_dim": DIM,
        "vision_cfg": {"image_size": SIDE, "layers": 2, "width": 48, "head_width": 16, "patch_size": PATCH},
        "text_cfg": {"context_length": LENGTH, "vocab_size": len(TOKENS), "width": 32, "heads": 2, "layers": 2},
    },
    "preprocess_cfg": {"mean": MEAN, "std": STD, "interpolation": "bicubic", "resize_mode": "shortest"},
}


class QuickGELU(nn.Module):
    """OpenAI's, faster than the exact one."""

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(1.702 * x)


class Block(nn.Module):
    """Attention and MLP, each after a norm."""

    def __init__(self, width: int, heads: int, *, quick: bool) -> None:
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = nn.MultiheadAttention(width, heads, batch_first=True)
        self.mlp = nn.Sequential()
        self.mlp.add_module("c_fc", nn.Linear(width, 4 * width))
        self.mlp.add_module("gelu", QuickGELU() if quick else nn.GELU())
        self.mlp.add_module("c_proj", nn.Linear(4 * width, width))

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        own = self.ln_1(x)
        x = x + self.attn(own, own, own, need_weights=False, attn_mask=mask)[0]
        return x + self.mlp(self.ln_2(x))


class Blocks(nn.Module):
    """Two of them."""

    def __init__(self, width: int, heads: int, *, quick: bool) -> None:
        super().__init__()
        self.resblocks = nn.ModuleList(Block(width, heads, quick=quick) for _ in range(2))

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        for block in self.resblocks:
            x = block(x, mask)
        return x


class Visual(nn.Module):
    """Patches and a class token, whose last state is projected."""

    def __init__(self, *, quick: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 48, PATCH, PATCH, bias=False)
        self.class_embedding = nn.Parameter(torch.randn(48))
        self.positional_embedding = nn.Parameter(torch.randn((SIDE // PATCH) ** 2 + 1, 48))
        self.ln_pre, self.ln_post = nn.LayerNorm(48), nn.LayerNorm(48)
        self.transformer = Blocks(48, 48 // 16, quick=quick)
        self.proj = nn.Parameter(torch.randn(48, DIM))

    def forward(self, pixels: Tensor) -> Tensor:
        patches = self.conv1(pixels).flatten(2).transpose(1, 2)  # [B, T, W]
        first = self.class_embedding.expand(len(pixels), 1, -1)
        x = self.ln_pre(torch.cat([first, patches], dim=1) + self.positional_embedding)
        return self.ln_post(self.transformer(x)[:, 0]) @ self.proj


class PlainOpenClip(nn.Module):
    """Both towers; ``state_dict`` has open_clip's names."""

    def __init__(self, *, quick: bool = False) -> None:
        super().__init__()
        self.visual = Visual(quick=quick)
        self.token_embedding = nn.Embedding(len(TOKENS), 32)
        self.positional_embedding = nn.Parameter(torch.randn(LENGTH, 32))
        self.transformer = Blocks(32, 2, quick=quick)
        self.ln_final = nn.LayerNorm(32)
        self.text_projection = nn.Parameter(torch.randn(32, DIM))
        self.logit_scale = nn.Parameter(torch.tensor(3.5))
        with torch.no_grad():
            for parameter in self.parameters():  # also norms and biases, so that leaving one out would show
                parameter.add_(0.3 * torch.randn(parameter.shape))

    @torch.no_grad()
    def embed_image(self, image: Image.Image) -> Tensor:
        """[D], of length 1: the shorter side to the input's, the middle, then mean and deviation."""
        scale = SIDE / min(image.size)
        image = image.resize((int(image.width * scale), int(image.height * scale)), Image.Resampling.BICUBIC)
        left, top = (image.width - SIDE) // 2, (image.height - SIDE) // 2
        image = image.crop((left, top, left + SIDE, top + SIDE))
        pixels = (np.asarray(image, dtype=np.float32) / 255 - np.float32(MEAN)) / np.float32(STD)
        found = self.visual(torch.from_numpy(pixels.transpose(2, 0, 1)[None]))
        return nn.functional.normalize(found, dim=-1)[0]

    @torch.no_grad()
    def embed_tokens(self, tokens: list[str]) -> Tensor:
        """[D], of length 1: filled up with zeros, no token sees a later one, pooled where the number is highest."""
        given = ["<|startoftext|>", *tokens[: LENGTH - 2], "<|endoftext|>"]
        ids = torch.tensor([[*map(TOKENS.index, given), *[0] * (LENGTH - len(given))]])
        mask = torch.full((LENGTH, LENGTH), float("-inf")).triu(1)
        x = self.transformer(self.token_embedding(ids) + self.positional_embedding, mask)
        return nn.functional.normalize(self.ln_final(x)[0, ids[0].argmax()] @ self.text_projection, dim=-1)

    def save(self, folder: Path, *, quick: bool = False, prefix: str = "") -> Path:
        """As open_clip pushes it to a hub, with CLIP's vocabulary beside."""
        folder.mkdir(parents=True, exist_ok=True)
        sides = ("visual.", "logit_scale")
        weights = {
            name if name.startswith(sides) else prefix + name: value for name, value in self.state_dict().items()
        }
        save_file(weights, folder / "open_clip_model.safetensors")
        settings = {**CONFIG, "model_cfg": {**CONFIG["model_cfg"], "quick_gelu": quick}}
        (folder / "open_clip_config.json").write_text(json.dumps(settings))
        (folder / "vocab.json").write_text(json.dumps({token: number for number, token in enumerate(TOKENS)}))
        (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *MERGES]))
        return folder
