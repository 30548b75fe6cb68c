"""Fixtures of the app's tests: a small indexed library, and the page in Streamlit's own test runner."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from rest.served_library import CAPTIONS, PHOTOS, draw
from twinlens.api.library import Collection
from twinlens.apps.libraries.local.open_libraries import LIBRARIES
from twinlens.apps.streamlit.launch import PAGE
from twinlens.apps.streamlit.settings import AppSettings

PAGE_S = 120  # a busy machine loads the model slowly
OpenPage = Callable[..., AppTest]


@pytest.fixture(scope="session")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five photos, one with a name of markup, indexed with captions and the embedded model."""
    root = tmp_path_factory.mktemp("app") / "photos"
    for number, (name, colour) in enumerate(PHOTOS.items()):
        draw(root / name, colour, seed=number)
    captions = root.parent / "captions.csv"
    captions.write_text(CAPTIONS, encoding="utf-8")
    with Collection.create([root]) as collection:
        collection.index(captions=captions)
    return root


@pytest.fixture
def close_libraries() -> Iterator[None]:
    """Closes after the test what the page has opened."""
    yield
    LIBRARIES.close()


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, close_libraries: None) -> OpenPage:
    """Runs the page with settings of the app, once, from a folder that holds nothing of ours."""
    monkeypatch.chdir(tmp_path)

    def run(view: str = "Photos", **settings: str) -> AppTest:
        for name, value in AppSettings(**settings).to_environment().items():
            monkeypatch.setenv(name, value)
        page = AppTest.from_file(PAGE, default_timeout=PAGE_S)
        page.session_state["view"] = view
        page.run()
        assert not page.exception
        return page

    return run


def a_run(folder: Path, *, epochs: int = 2, finished: bool = True) -> Path:
    """The folder of a training run as it is on disk."""
    folder.mkdir(parents=True)
    (folder / "recipe.json").write_text(json.dumps({"name": folder.name, "stages": [{"epochs": 3}]}))
    figures = {"R@1": 10.0, "R@10": 60.0}
    both = {"text_to_image": figures, "image_to_text": figures}
    line = {"stage": 1, "losses": {"pairs": 1.0, "loss": 2.0}, "val_loss": 2.0, "learning_rates": {"heads": 1e-3}}
    lines = [{"epoch": number + 1, **line, **both, "seconds": 2.0, "best": number == 0} for number in range(epochs)]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
    if finished:
        (folder / "validation.json").write_text(json.dumps({"epoch": 1, "n_images": 5, **both}))
    return folder
