"""Embeds a folder of photos in the straight way of CLIP indexers, for comparison with ``twinlens index``.

Pillow decodes each photo in full, two threads do that ahead, ONNX Runtime gets batches of
eight with its own threads. Run as a process of its own: ``straight_indexer.py BUNDLE FOLDER``.
"""

import json
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from PIL import Image, ImageOps

BATCH, DECODERS, LOOKAHEAD = 8, 2, 32
SIDE = 224
MEAN = np.array([0.48145466, 0.4578275, 0.40821073], dtype=np.float32)
STD = np.array([0.26862954, 0.26130258, 0.27577711], dtype=np.float32)


def main(arguments: Sequence[str]) -> None:
    """Prints the number of photos embedded."""
    bundle, folder = map(Path, arguments)
    session = onnxruntime.InferenceSession(str(bundle / "image.onnx"), providers=["CPUExecutionProvider"])
    (pixels,) = [given.name for given in session.get_inputs()]
    rows: list[NDArray[np.float32]] = []
    batch: list[NDArray[np.float32]] = []
    paths = sorted(folder.iterdir())
    for number, photo in enumerate(decoded(paths), start=1):
        batch.append(photo)
        if len(batch) == BATCH or number == len(paths):
            rows.append(session.run(["embedding"], {pixels: np.stack(batch)})[0])
            batch = []
    print(json.dumps({"images": len(np.concatenate(rows))}))


def decoded(paths: Sequence[Path]) -> Iterator[NDArray[np.float32]]:
    """The photos as the tower takes them, [3, SIDE, SIDE], in order."""
    with ThreadPoolExecutor(DECODERS) as pool:
        pending: deque[Future[NDArray[np.float32]]] = deque()
        for path in paths:
            pending.append(pool.submit(decode, path))
            if len(pending) == LOOKAHEAD:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def decode(path: Path) -> NDArray[np.float32]:
    """One photo, decoded in full, its middle cut out."""
    with Image.open(path) as opened:
        image = ImageOps.exif_transpose(opened).convert("RGB")
    scale = SIDE / min(image.size)
    image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BICUBIC)
    image = ImageOps.fit(image, (SIDE, SIDE))
    planes: NDArray[np.float32] = ((np.asarray(image, dtype=np.float32) / 255 - MEAN) / STD).transpose(2, 0, 1)
    return planes


if __name__ == "__main__":
    main(sys.argv[1:])
