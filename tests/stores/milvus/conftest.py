import importlib.util
import os
from collections.abc import Iterator

import pytest

from stores.milvus.running import RunningMilvus


@pytest.fixture(scope="session")
def milvus(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[RunningMilvus]:
    if importlib.util.find_spec("milvus") is None or importlib.util.find_spec("pymilvus") is None:
        assert not os.environ.get("PROXIES_REQUIRED"), "the packages milvus and pymilvus are missing"
        pytest.skip("needs the packages milvus and pymilvus, which are not for this system")
    base = tmp_path_factory.getbasetemp()
    server = RunningMilvus((base if worker_id == "master" else base.parent) / "milvus")
    yield server
    server.close()
