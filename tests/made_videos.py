"""Small videos made in code: scenes of one colour each, with key frames a second apart."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

Colour = tuple[int, int, int]
RED, GREEN, BLUE, BLACK = (200, 30, 30), (30, 180, 40), (30, 40, 200), (0, 0, 0)


def make_video(
    path: Path,
    scenes: Sequence[Colour | np.ndarray],
    *,
    scene_s: int = 4,
    rate: int = 4,
    size: tuple[int, int] = (64, 48),
    codec: str = "mpeg4",
    metadata: Mapping[str, str] | None = None,
) -> Path:
    """A video of scenes, each a colour or a picture [H, W, 3]."""
    import av

    path.parent.mkdir(parents=True, exist_ok=True)
    options = {"movflags": "use_metadata_tags"} if metadata else {}
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = *size, "yuv420p", rate
        container.metadata.update(metadata or {})
        for scene in scenes:
            picture = np.empty((size[1], size[0], 3), dtype=np.uint8)
            picture[:] = scene
            for _ in range(scene_s * rate):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode())
    return path


def turn_quarter(path: Path) -> None:
    """Writes into an MP4 that it is to be shown turned clockwise, as phones do."""
    content = bytearray(path.read_bytes())
    upright = np.array([0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000], dtype=">u4").tobytes()
    turned = np.array([0, 0x10000, 0, 0xFFFF0000, 0, 0, 0, 0, 0x40000000], dtype=">u4").tobytes()
    place = content.index(upright, content.index(b"tkhd"))
    content[place : place + len(turned)] = turned
    path.write_bytes(content)


def make_sound(path: Path) -> Path:
    """A file of sound alone."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), dtype=np.float32), format="fltp", layout="mono")
        frame.rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
