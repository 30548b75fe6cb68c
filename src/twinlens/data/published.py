"""Published data sets by name: source, licence, size and file layout."""

from dataclasses import dataclass

from twinlens.errors import DataError
from twinlens.plugins import did_you_mean


@dataclass(frozen=True, slots=True)
class Published:
    """What to know before downloading a data set.

    Attributes:
        name: as given on the command line.
        title: as in its paper.
        home: the authors' page.
        access: how to get it from there.
        licence: terms of captions and photos.
        images: number of photos.
        captions: number of captions.
        download: size of the download.
        layout: files as ``--data`` expects them.
        citation: the paper.
    """

    name: str
    title: str
    home: str
    access: str
    licence: str
    images: int
    captions: int
    download: str
    layout: tuple[str, ...]
    citation: str


_FLICKR_TERMS = "photos belong to their Flickr owners; for non-commercial research and education, no redistribution"

PUBLISHED = {
    "flickr8k": Published(
        name="flickr8k",
        title="Flickr8k",
        home="https://hockenmaier.cs.illinois.edu/8k-pictures.html",
        access="request it with the form on that page",
        licence=_FLICKR_TERMS,
        images=8091,
        captions=40455,
        download="1.1 GB",
        layout=(
            "Flicker8k_Dataset/*.jpg",
            "Flickr8k.token.txt",
            "Flickr_8k.trainImages.txt, Flickr_8k.devImages.txt, Flickr_8k.testImages.txt (6,000, 1,000, 1,000 photos)",
            "or Kaggle's captions.txt + Images/ (no splits), or Karpathy's dataset_flickr8k.json + images/",
        ),
        citation="Hodosh, Young, Hockenmaier: Framing Image Description as a Ranking Task: Data, Models and "
        "Evaluation Metrics. Journal of Artificial Intelligence Research 47, 2013",
    ),
    "flickr30k": Published(
        name="flickr30k",
        title="Flickr30k",
        home="https://shannon.cs.illinois.edu/DenotationGraph/",
        access="request it with the form on that page",
        licence=_FLICKR_TERMS,
        images=31783,
        captions=158915,
        download="4.4 GB",
        layout=(
            "flickr30k-images/*.jpg",
            "results_20130124.token",
            "or Kaggle's results.csv + flickr30k_images/ (no splits)",
            "or Karpathy's dataset_flickr30k.json + images/ (the splits that papers report: 29,000, 1,014, 1,000)",
        ),
        citation="Young, Lai, Hodosh, Hockenmaier: From image descriptions to visual denotations: New similarity "
        "metrics for semantic inference over event descriptions. Transactions of the ACL 2, 2014",
    ),
    "coco": Published(
        name="coco",
        title="COCO Captions (2017)",
        home="https://cocodataset.org/#download",
        access="2017 train and val images, 2017 train/val annotations; no account",
        licence="captions CC BY 4.0; photos under the terms chosen by their Flickr owners",
        images=123287,
        captions=616767,
        download="19 GB",
        layout=(
            "train2017/*.jpg, val2017/*.jpg",
            "annotations/captions_train2017.json, annotations/captions_val2017.json",
            "or Karpathy's dataset_coco.json + images/train2014/, images/val2014/ (the splits that papers report)",
        ),
        citation="Lin et al.: Microsoft COCO: Common Objects in Context. ECCV 2014; "
        "Chen et al.: Microsoft COCO Captions: Data Collection and Evaluation Server. arXiv:1504.00325, 2015",
    ),
    "visual-genome": Published(
        name="visual-genome",
        title="Visual Genome",
        home="https://homes.cs.washington.edu/~ranjay/visualgenome/",
        access="images (two parts), image meta data and region descriptions of version 1.2 or later; no account",
        licence="annotations CC BY 4.0; photos from YFCC100M and COCO under their own terms",
        images=108077,
        captions=5408689,
        download="15 GB",
        layout=(
            "VG_100K/*.jpg, VG_100K_2/*.jpg (or both below images/)",
            "region_descriptions.json, image_data.json",
        ),
        citation="Krishna et al.: Visual Genome: Connecting Language and Vision Using Crowdsourced Dense Image "
        "Annotations. International Journal of Computer Vision 123, 2017",
    ),
}


def find_published(name: str) -> Published:
    """A published data set by name.

    Raises:
        DataError: there is no data set of that name.
    """
    if name.lower() in PUBLISHED:
        return PUBLISHED[name.lower()]
    known = ", ".join(PUBLISHED)
    raise DataError(
        f"{name!r} is neither a folder nor a published data set; known: {known}{did_you_mean(name.lower(), PUBLISHED)}"
    )
