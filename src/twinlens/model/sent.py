"""A bundle that is sent to other machines: its files, unless the machine has them."""

import hashlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from twinlens.config import data_folder
from twinlens.model.bundle import MANIFEST, Bundle, Manifest
from twinlens.protocols import DualEncoder

EMBEDDED = Path(__file__).with_name("default")  # every installation has it


def sent_models_folder() -> Path:
    """Where models that came from other machines are kept; it may be deleted when nothing runs."""
    return data_folder() / "sent-models"


@dataclass(frozen=True)
class SentBundle:
    """Opens a bundle on another machine.

    Attributes:
        manifest: of the bundle.
        files: name → content; empty for the embedded model, which is there.
        threads: that share a batch there; None = one for each core.
    """

    manifest: Manifest
    files: dict[str, bytes]
    threads: int | None

    @classmethod
    def of(cls, bundle: Bundle, *, threads: int | None) -> Self:
        """The files of a bundle, whose hashes are checked before they are sent."""
        if bundle.directory.resolve() == EMBEDDED.resolve():
            return cls(bundle.manifest, {}, threads)
        names = [name for name in bundle.manifest.files if (bundle.directory / name).exists()]
        return cls(bundle.manifest, {name: bundle.verified(name).read_bytes() for name in names}, threads)

    def __call__(self) -> DualEncoder:
        """The encoder; it checks the hashes of files when it opens them."""
        from twinlens.model.onnx_encoder import OnnxDualEncoder

        return OnnxDualEncoder(Bundle(self._folder() if self.files else EMBEDDED, self.manifest), threads=self.threads)

    def _folder(self) -> Path:
        """The folder of the files here; several processes of a machine share it."""
        told = self.manifest.model_dump_json()
        place = sent_models_folder() / hashlib.sha256(told.encode()).hexdigest()[:16]
        if not place.is_dir():
            place.parent.mkdir(parents=True, exist_ok=True)
            partial = Path(tempfile.mkdtemp(dir=place.parent, prefix="."))
            for name, content in {**self.files, MANIFEST: told.encode()}.items():
                (partial / name).write_bytes(content)
            try:
                partial.rename(place)
            except OSError:  # another process was faster
                shutil.rmtree(partial)
        return place
