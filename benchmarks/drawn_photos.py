"""Photos drawn in code: as large, as detailed and as heavy as those of a camera, and the same for each seed."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT = 4000, 3000  # 12 megapixels
QUALITY = 88  # with the grain below a file has 3 to 5 MB, as from a phone
GRAIN = 9.0  # standard deviation of the sensor's noise, of 255
TEXTURES = ((64, 14.0), (16, 8.0), (4, 5.0))  # cell in pixels and strength: finer is weaker, as in nature
SHAPES = 80
SCENES = 8  # drawing one takes a second, altering it a tenth of one


def draw_photos(folder: Path, count: int, *, seed: int = 0) -> list[Path]:
    """Writes ``count`` JPEG files, no two alike: few scenes, each mirrored and shifted by chance."""
    generator = np.random.default_rng(seed)
    scenes = [draw_scene(generator) for _ in range(min(SCENES, count))]
    chances = generator.integers((2, HEIGHT, WIDTH), size=(count, 3))

    def write(number: int) -> Path:
        mirrored, down, right = chances[number]
        scene = scenes[number % len(scenes)]
        pixels = np.roll(scene[:, ::-1] if mirrored else scene, (int(down), int(right)), axis=(0, 1))
        path = folder / f"photo-{number:05d}.jpg"
        Image.fromarray(pixels).save(path, "JPEG", quality=QUALITY)
        return path

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(write, range(count)))


def draw_scene(generator: np.random.Generator) -> NDArray[np.uint8]:
    """[H, W, 3]: things before a background, with texture at several scales and grain."""
    things = _draw_things(generator).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    relief = generator.standard_normal((HEIGHT, WIDTH), dtype=np.float32) * np.float32(GRAIN)
    for cell, strength in TEXTURES:
        coarse = generator.normal(0, strength, (HEIGHT // cell, WIDTH // cell)).astype(np.float32)
        relief += np.asarray(Image.fromarray(coarse).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))
    scene: NDArray[np.uint8] = (np.asarray(things, dtype=np.float32) + relief[..., None]).clip(0, 255).astype(np.uint8)
    return scene


def _draw_things(generator: np.random.Generator) -> Image.Image:
    width, height = WIDTH // 4, HEIGHT // 4
    top, bottom = generator.integers(40, 220, (2, 3))
    fall = np.linspace(0, 1, height)[:, None, None]
    background = np.broadcast_to(top * (1 - fall) + bottom * fall, (height, width, 3)).astype(np.uint8)
    picture = Image.fromarray(background)
    pen = ImageDraw.Draw(picture)
    for _ in range(SHAPES):
        x, y = generator.integers((width, height)).tolist()
        across, down = generator.integers(8, 180, 2).tolist()
        red, green, blue = generator.integers(0, 256, 3).tolist()
        draw = pen.ellipse if generator.random() < 0.6 else pen.rectangle
        draw((x - across, y - down, x + across, y + down), fill=(red, green, blue))
    return picture.filter(ImageFilter.GaussianBlur(1))
