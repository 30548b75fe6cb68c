"""Photoshop documents and JPEG XL, written by the tests."""

import io
import struct

import numpy as np
from PIL import Image


def psd(channels: np.ndarray, *, bits: int = 8, has_composite: bool = True, layers: int = 0) -> bytes:
    """A Photoshop document; ``channels`` [C, H, W] is the picture of its layers."""
    count, height, width = channels.shape
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, count, height, width, bits, 3)
    version_info = struct.pack(">IB", 1, has_composite) + bytes(8)
    resource = b"8BIM" + struct.pack(">H2xI", 1057, len(version_info)) + version_info + b"\0" * (len(version_info) % 2)
    section = struct.pack(">Ih", 2, layers) + bytes(4)
    blocks = (b"", resource, section if layers else b"")
    return head + b"".join(struct.pack(">I", len(block)) + block for block in blocks) + b"\0\0" + channels.tobytes()


def jpeg_xl(pixels: np.ndarray, **options: object) -> bytes:
    import pillow_jxl  # noqa: F401 — teaches Pillow to write it

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JXL", **options)
    return buffer.getvalue()
