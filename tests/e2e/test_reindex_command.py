"""``twinlens reindex``, and what a new default model means for a collection, with real models in real processes."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from twinlens.model.bridge import Bridge, save_bridge
from twinlens.model.bundle import open_bundle
from twinlens.model.load import DEFAULT_BUNDLE

pytestmark = pytest.mark.slow


@pytest.fixture
def mine(own_home: Path) -> Path:
    """A model of one's own: the default one that reads a word less."""
    folder = Path(shutil.copytree(DEFAULT_BUNDLE, own_home / "models" / "mine"))
    renew(folder)
    return folder


def renew(bundle: Path, *, with_bridge: bool = False) -> str:
    """Makes the bundle another model: one that reads fewer words; its fingerprint of before."""
    before = open_bundle(bundle)
    manifest = json.loads((bundle / "model.json").read_text())
    manifest["text"]["max_tokens"] -= 1
    manifest["calibration"] = None  # it was fitted for the other
    (bundle / "model.json").write_text(json.dumps(manifest))
    if with_bridge:
        same = np.eye(before.manifest.dim, dtype=np.float32)
        save_bridge(open_bundle(bundle), Bridge(before.fingerprint, same, same))
    return before.fingerprint


def test_a_model_that_is_renewed_leaves_a_collection_searchable_and_index_embeds_it_again(
    library: Path, run: Callable, mine: Path
) -> None:
    assert run("index", library, "--model", "mine").returncode == 0
    before = run("search", "a cat", "--in", library, "-k", "1")
    old = renew(mine, with_bridge=True)

    status = run("status", "--in", library)
    assert "has changed: 7 photos to embed again; run twinlens index" in status.stdout
    across = run("search", "a cat", "--in", library, "-k", "1")
    assert across.stdout.splitlines()[0].split("\t")[-1] == before.stdout.splitlines()[0].split("\t")[-1]
    assert across.stderr.count("queries are mapped into its space") == 1

    indexed = run("index", library, "--json")
    assert "the model mine has changed: 7 photos to embed again, about " in indexed.stderr
    assert "; searches use the old vectors until then" in indexed.stderr
    assert "model mine: 7 photos embedded again" in indexed.stderr
    change = json.loads(indexed.stdout)["model_change"]
    assert (change["photos"], change["is_complete"], change["waiting"]) == (7, True, [])
    assert change["fingerprint"] != old
    after = run("search", "a cat", "--in", library, "-k", "1")
    assert (after.stdout, after.stderr) == (before.stdout, before.stderr)
    assert "change " not in run("status", "--in", library).stdout


def test_reindex_changes_the_model_and_says_which(library: Path, run: Callable, mine: Path) -> None:
    run("index", library)
    refused = run("search", "a cat", "--in", library, "--model", "mine")
    assert refused.returncode == 1
    assert "run 'twinlens reindex " in refused.stderr
    assert "--model mine'" in refused.stderr
    changed = run("reindex", library, "--model", mine, "--json")
    assert changed.returncode == 0
    assert "7 photos to embed again" in changed.stderr
    assert json.loads(changed.stdout)["model_change"]["model"] == str(mine)
    status = json.loads(run("status", "--in", library, "--json").stdout)
    assert (status["model"], status["model_change"]) == (str(mine), None)
    assert run("search", "a cat", "--in", library).returncode == 0


def test_reindex_needs_a_collection_and_a_model(library: Path, run: Callable) -> None:
    none = run("reindex", library, "--model", "default")
    assert (none.returncode, none.stdout) == (1, "")
    assert "create one: twinlens index" in none.stderr
    assert not (library / ".twinlens").exists()
    assert run("reindex", library).returncode == 2
