"""Convert a repository's image processor to our preprocessing."""

import logging
from typing import Any

from PIL.Image import Resampling

from twinlens.errors import TrainingError
from twinlens.model.preprocess import Interpolation, Preprocessing, ResizeMode
from twinlens.training.parts.pretrained import Repository, reading

logger = logging.getLogger(__name__)
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
USUAL_IMAGE_SIZE = 224
USUAL_CROP_FRACTION = 224 / 256
DIGITS = 9  # so that the manifest has a mean of 0.456, not 0.45599999999999996
PROCESSOR_FILES = ("preprocessor_config.json", "processor_config.json")  # the second one describes a tokenizer too
WARPS_FROM = 384  # ConvNeXt's processor crops below this size and squashes from this size on

# only EfficientNet's files say nearest, but its weights were trained with bicubic
_INTERPOLATIONS: dict[int, Interpolation] = {
    Resampling.NEAREST: "bicubic",
    Resampling.LANCZOS: "lanczos",
    Resampling.BILINEAR: "bilinear",
    Resampling.BICUBIC: "bicubic",
    Resampling.BOX: "bilinear",
    Resampling.HAMMING: "bilinear",
}


def repository_preprocessing(repository: Repository, config: Any, *, fixed_size: int | None = None) -> Preprocessing:
    """Preprocessing of a pretrained vision model.

    Without a processor: ImageNet's mean and standard deviation, the size in the model's
    configuration (or 224), and the usual crop.

    Args:
        repository: its files.
        config: the model's configuration.
        fixed_size: the only input size of the model; None if it takes any size.

    Raises:
        TrainingError: the processor does something unsupported, such as non-square inputs.
    """
    with reading(repository.name):
        if not any(map(repository.file, PROCESSOR_FILES)):
            size = getattr(config, "image_size", None)
            return usual_preprocessing(fixed_size or (size if isinstance(size, int) else USUAL_IMAGE_SIZE))
        from transformers import AutoImageProcessor

        processor = AutoImageProcessor.from_pretrained(repository.directory, trust_remote_code=False)
        preprocessing = preprocessing_of(processor, repository.name)
    if fixed_size and preprocessing.image_size != fixed_size:
        logger.info(
            "%s takes %d pixels, unlike its processor (%d)", repository.name, fixed_size, preprocessing.image_size
        )
        return preprocessing.model_copy(update={"image_size": fixed_size})
    return preprocessing


def usual_preprocessing(image_size: int) -> Preprocessing:
    """As usual for ImageNet: shorter side resized to 8/7 of the size, centre crop, ImageNet mean and deviation."""
    return Preprocessing(
        image_size=image_size,
        resize_mode="crop",
        crop_fraction=USUAL_CROP_FRACTION,
        interpolation="bicubic",
        mean=IMAGENET_MEAN,
        std=IMAGENET_STD,
    )


def preprocessing_of(processor: Any, source: str) -> Preprocessing:
    """Converts a transformers image processor."""
    size, mode, fraction = _geometry(processor, source)
    mean, std = _scaling(processor)
    return Preprocessing(
        image_size=size,
        resize_mode=mode,
        crop_fraction=fraction,
        interpolation=_INTERPOLATIONS[int(processor.resample)],
        mean=mean,
        std=std,
    )


def _geometry(processor: Any, source: str) -> tuple[int, ResizeMode, float]:
    """Image size, resize mode and crop fraction."""
    shortest = processor.size.shortest_edge
    if shortest and hasattr(processor, "crop_pct"):  # ConvNeXt and ResNet
        if shortest >= WARPS_FROM:
            return shortest, "squash", 1.0
        return shortest, "crop", shortest / int(shortest / (processor.crop_pct or USUAL_CROP_FRACTION))
    resized = (shortest, shortest) if shortest else (processor.size.height, processor.size.width)
    crops = bool(getattr(processor, "do_center_crop", False))
    final = (processor.crop_size.height, processor.crop_size.width) if crops else resized
    if None in final or final[0] != final[1] or resized[0] != resized[1] or final[0] > resized[0]:
        raise TrainingError(
            f"the image processor of {source!r} resizes to {processor.size} and crops to "
            f"{processor.crop_size if crops else 'nothing'}; only square inputs are supported"
        )
    mode: ResizeMode = "crop" if shortest else "squash-crop" if crops else "squash"
    return final[0], mode, final[0] / resized[0]


def _scaling(processor: Any) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Mean and standard deviation on the [0, 1] scale that combine all of the processor's steps."""
    # all steps are linear in a pixel x in [0, 1]: gain · x + shift
    gain, shift = [1.0] * 3, [0.0] * 3
    if processor.do_rescale:
        gain = [255 * processor.rescale_factor] * 3
        shift = [-1.0 if getattr(processor, "rescale_offset", False) else 0.0] * 3
    else:
        gain = [255.0] * 3
    steps = [(processor.image_mean, processor.image_std)] if processor.do_normalize else []
    if getattr(processor, "include_top", False):  # EfficientNet's processor divides a second time
        steps.append(([0.0] * 3, processor.image_std))
    for mean, std in steps:
        gain = [value / deviation for value, deviation in zip(gain, std, strict=True)]
        shift = [(value - middle) / deviation for value, middle, deviation in zip(shift, mean, std, strict=True)]
    means = [round(-value / scale, DIGITS) for value, scale in zip(shift, gain, strict=True)]
    deviations = [round(1 / scale, DIGITS) for scale in gain]
    return (means[0], means[1], means[2]), (deviations[0], deviations[1], deviations[2])
