"""What the server counts, in Prometheus' format."""

import re
import sqlite3
from pathlib import Path

import pytest
from PIL import Image
from starlette.testclient import TestClient

from rest.served_library import PHOTOS, client_of
from twinlens.api.library import Collection
from twinlens.rest.app import create_app
from twinlens.rest.metrics import Metrics
from twinlens.rest.settings import Settings

N_PHOTOS = len(PHOTOS) + 2


def test_metrics_count_requests_stages_and_photos(indexed: Path) -> None:
    with client_of(indexed) as client:
        for _ in range(3):
            client.post("/api/search/text", json={"query": "the same"})
        text = client.get("/metrics").text
    assert 'twinlens_requests_total{method="POST",route="/api/search/text",status="200"} 3.0' in text
    assert 'twinlens_cache_requests_total{cache="query_vectors",outcome="hit"} 2.0' in text
    assert f"twinlens_images {N_PHOTOS}.0" in text
    for stage in ("encode", "search"):
        assert f'twinlens_stage_seconds_count{{stage="{stage}"}}' in text
    assert re.search(r'twinlens_process_memory_bytes\{process="\d+"\} \d', text)


def test_metrics_alone_notice_new_photos_and_captions(library: Path) -> None:
    with client_of(library) as client:
        assert f"twinlens_images {N_PHOTOS}.0" in client.get("/metrics").text
        Image.new("RGB", (60, 40), (120, 20, 120)).save(library / "fresh.png")
        captions = library.parent / "fresh.csv"
        captions.write_text("image,caption\nfresh.png,a violet wall\n", encoding="utf-8")
        with Collection.open(library) as collection:
            collection.index(captions=captions)
        text = client.get("/metrics").text
    assert f"twinlens_images {N_PHOTOS + 1}.0" in text
    assert "twinlens_captions 4.0" in text


def test_metrics_are_told_of_a_library_that_cannot_be_read(library: Path, caplog: pytest.LogCaptureFixture) -> None:
    with client_of(library) as client:
        with sqlite3.connect(library / ".twinlens" / "catalog.sqlite") as other:
            other.execute("UPDATE meta SET value = value + 1 WHERE key = 'generation'")
            other.execute("ALTER TABLE photos RENAME TO gone")
        answer = client.get("/metrics")
        assert client.get("/api/stats").status_code == 503
    assert answer.status_code == 200
    assert "twinlens_requests_total" in answer.text
    assert "could not be counted" in caplog.text


@pytest.mark.parametrize("root_path", ["", "/pictures", "/static"])
def test_files_of_the_page_are_one_route_wherever_a_proxy_puts_the_server(indexed: Path, root_path: str) -> None:
    with TestClient(
        create_app(indexed, settings=Settings()),
        base_url="http://localhost",
        client=("127.0.0.1", 1),
        root_path=root_path,
    ) as client:
        for path in ("/static/js/main.js", "/static/nothing", "/nothing"):
            client.get(root_path + path)
        text = client.get(f"{root_path}/metrics").text
    for route, status in (("/static", 200), ("/static", 404), ("none", 404)):
        assert f'twinlens_requests_total{{method="GET",route="{route}",status="{status}"}} 1.0' in text


def test_a_stage_counts_into_the_buckets_that_are_not_below_its_time() -> None:
    metrics = Metrics()
    for seconds in (0.002, 0.002, 0.3, 20.0):
        metrics.stages.labels("search").observe(seconds)
    text = metrics.text().decode()
    for bound, count in (("0.001", 0), ("0.0025", 2), ("0.25", 2), ("0.5", 3), ("10.0", 3), ("+Inf", 4)):
        assert f'twinlens_stage_seconds_bucket{{le="{bound}",stage="search"}} {count}.0' in text


def test_a_caller_cannot_make_new_series_by_odd_methods_and_paths() -> None:
    metrics = Metrics()
    for method in ("BREW", "X" * 1000, "get"):
        metrics.answered({"method": method, "path": "/odd"}, 404, 0.1)
    assert 'twinlens_requests_total{method="other",route="none",status="404"} 3.0' in metrics.text().decode()


def test_two_servers_in_one_process_count_each_for_itself() -> None:
    one, other = Metrics(), Metrics()
    one.images.set(5)
    assert ("twinlens_images 5.0" in one.text().decode(), "twinlens_images 5.0" in other.text().decode()) == (
        True,
        False,
    )
