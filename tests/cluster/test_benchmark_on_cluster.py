"""Models are measured on the machines of a cluster."""

import io
import platform

from PIL import Image

from conftest import ColourEncoder
from twinlens.cluster.connection import Cluster
from twinlens.evaluation.speed.on_cluster import measure_on


def test_models_are_measured_in_order_with_photos_that_were_sent(cluster: Cluster) -> None:
    content = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(content, "png")
    photos = [(".png", content.getvalue())] * 3
    assert cluster.cpus_of_machines()[-1] == 2
    openers = [ColourEncoder(name=name).opener(threads=None) for name in ("first", "second")]
    found = list(measure_on(cluster, openers, photos))
    assert [(machine, speed.model, speed.photos) for machine, speed in found] == [
        (platform.node(), "first", 3),
        (platform.node(), "second", 3),
    ]
    assert all(speed.photos_per_s and speed.tower_photos_per_s > 0 for _, speed in found)
