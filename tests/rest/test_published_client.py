"""Client programs written for the published interface run as they are, against a server on port 5000."""

import io
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from PIL import Image

from rest.conftest import Serve
from rest.served_library import draw
from twinlens.api.library import Collection

pytestmark = pytest.mark.server
PORT = 5000
FIRST_EXAMPLE = """
import requests

# Text search
response = requests.post(
    'http://localhost:5000/api/search/text',
    json={'query': 'sunset over mountains', 'top_k': 5}
)
results = response.json()

# Display results
for item in results['results']:
    print(f"Rank {item['rank']}: {item['image_id']} (score: {item['score']:.4f})")
"""
SECOND_EXAMPLE = """
import requests

# Start API server first: python api_server.py

# Text search
def text_search(query, top_k=10):
    response = requests.post(
        'http://localhost:5000/api/search/text',
        json={'query': query, 'top_k': top_k}
    )
    return response.json()

# Image search
def image_search(image_id, top_k=10):
    response = requests.post(
        'http://localhost:5000/api/search/image',
        json={'image_id': image_id, 'top_k': top_k}
    )
    return response.json()

# Usage
results = text_search("a cat sitting on a couch", top_k=5)
for item in results['results']:
    print(f"Rank {item['rank']}: {item['image_id']} ({item['score']:.4f})")
"""
ITS_OTHER_FUNCTION = """
for item in image_search("image_001.jpg", top_k=3)["results"]:
    print(item["image_id"])
"""


def is_free(port: int) -> bool:
    try:
        with socket.create_server(("127.0.0.1", port)):
            return True
    except OSError:
        return False


def printed_by(script: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.slow
def test_the_published_calls_and_clients_work_unmodified(serve: Serve, library: Path) -> None:
    if not is_free(PORT):
        pytest.skip("port 5000 is in use, and the published clients ask no other")
    draw(library / "image_001.jpg", (120, 60, 20))
    with Collection.open(library) as collection:
        num_images = collection.index().images
    with serve(library, "--cors-origin", "null", port=PORT):
        check_health(num_images)
        check_searches()
        check_pictures(library)
        check_stats(num_images)
        check_a_page_opened_from_a_file()
        first = printed_by(FIRST_EXAMPLE)
        second = printed_by(SECOND_EXAMPLE + ITS_OTHER_FUNCTION)
    assert [line.partition(":")[0] for line in first] == [f"Rank {rank}" for rank in range(1, 6)]
    assert len(second) == 5 + 3
    assert "image_001.jpg" not in second[5:]


def check_health(num_images: int) -> None:
    answer = requests.get("http://localhost:5000/health", timeout=60)
    assert answer.json() == {"status": "healthy", "model_loaded": True, "num_images": num_images}


def check_searches() -> None:
    text = requests.post(
        "http://localhost:5000/api/search/text", json={"query": "a dog playing in the park", "top_k": 10}, timeout=60
    ).json()
    assert text["query"] == "a dog playing in the park"
    assert text["num_results"] == len(text["results"]) == 8
    for rank, result in enumerate(text["results"], start=1):
        assert result["rank"] == rank
        assert isinstance(result["image_id"], str)
        assert isinstance(result["image_path"], str)
        assert isinstance(result["score"], float)
    image = requests.post(
        "http://localhost:5000/api/search/image", json={"image_id": "image_001.jpg", "top_k": 10}, timeout=60
    ).json()
    assert image["num_results"] == len(image["results"]) > 0
    assert set(image["results"][0]) >= {"rank", "image_id", "image_path", "score"}


def check_pictures(library: Path) -> None:
    answer = requests.get("http://localhost:5000/api/image/image_001.jpg", timeout=60)
    assert answer.content == (library / "image_001.jpg").read_bytes()
    assert answer.headers["content-type"] == "image/jpeg"
    answer = requests.get("http://localhost:5000/api/image/image_001.jpg/thumbnail?size=256", timeout=60)
    assert max(Image.open(io.BytesIO(answer.content)).size) <= 256


def check_stats(num_images: int) -> None:
    stats = requests.get("http://localhost:5000/api/stats", timeout=60).json()
    assert stats["num_images"] == num_images
    assert stats["num_captions"] == 3
    assert stats["embedding_dim"] > 0
    assert set(stats["model_architecture"]) == {"image_input_dim", "text_input_dim", "shared_dim"}


def check_a_page_opened_from_a_file() -> None:
    answer = requests.get("http://localhost:5000/health", headers={"Origin": "null"}, timeout=60)
    assert answer.headers["access-control-allow-origin"] == "null"
