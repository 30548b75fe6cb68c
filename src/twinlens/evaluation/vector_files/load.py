"""Load embedded photos and captions from files of any kind."""

from collections.abc import Sequence
from pathlib import Path

from twinlens.errors import DataError
from twinlens.evaluation.embedding_file import load_pairs
from twinlens.evaluation.pairs import EmbeddedPairs, captioned_photos
from twinlens.evaluation.vector_files.clip_retrieval import is_clip_retrieval, read_clip_retrieval, read_part_of
from twinlens.evaluation.vector_files.matching import match_pairs
from twinlens.evaluation.vector_files.vectors import read_photo_vectors, read_text_vectors
from twinlens.protocols import Dataset


def load_vectors(
    path: Path, texts: Path | None, dataset: Dataset | None, split: str, languages: Sequence[str] = ()
) -> EmbeddedPairs:
    """Embedded photos and captions of any program.

    Args:
        path: an npz file, the folder of clip-retrieval, or an array of photos.
        texts: array of captions; needed where path has none.
        dataset: says which captions belong to which photo; an npz file says so itself, and clip-retrieval's folder may.
        split: of the data set.
        languages: only captions in these; none = all.

    Raises:
        DataError: a file is missing, damaged, or does not fit the data set.
    """
    if path.suffix.lower() == ".npz":
        if dataset or texts:
            raise DataError(f"{path} says itself which text belongs to which photo; leave out the data and other files")
        return load_pairs(path)
    if not path.exists():
        raise DataError(f"{path} is missing")
    is_folder = path.is_dir()
    if is_folder and not is_clip_retrieval(path):
        raise DataError(
            f"{path} is not a folder of clip-retrieval, which has img_emb/, text_emb/ and metadata/; "
            "for arrays give --embeddings PHOTOS.npy --text-embeddings TEXTS.npy"
        )
    if is_folder and not dataset and not texts:
        return read_clip_retrieval(path)
    if dataset is None:
        raise DataError(f"{path} does not say which caption belongs to which photo; give the data set as well")
    if not is_folder and texts is None:
        raise DataError(f"{path} has the vectors of photos; give those of the captions as well: --text-embeddings FILE")
    images = read_part_of(path, "image") if is_folder else read_photo_vectors(path)
    captions = read_part_of(path, "caption") if texts is None else read_text_vectors(texts)
    return match_pairs(images, captions, captioned_photos(dataset, split, languages), f"{dataset.name}/{split}")
