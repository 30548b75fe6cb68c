"""Photos and captioned data sets on disk; readers and writers by format name."""

READERS = {
    "captions-json": "twinlens.data.readers.captions_json:read_captions_json",
    "karpathy": "twinlens.data.readers.karpathy:read_karpathy",
    "coco": "twinlens.data.readers.coco:read_coco",
    "visual-genome": "twinlens.data.readers.visual_genome:read_visual_genome",
    "flickr": "twinlens.data.readers.flickr:read_flickr",
    "xtd": "twinlens.data.readers.multilingual.xtd:read_xtd",
    "multi30k": "twinlens.data.readers.multilingual.multi30k:read_multi30k",
    "crossmodal-3600": "twinlens.data.readers.multilingual.crossmodal:read_crossmodal",
    "table": "twinlens.data.readers.table:read_table",
    "sidecars": "twinlens.data.readers.sidecars:read_sidecars",
    "webdataset": "twinlens.data.readers.webdataset:read_webdataset",
    "parquet": "twinlens.data.readers.parquet:read_parquet",
}

WRITERS = {
    "captions-json": "twinlens.data.writers.captions_json:write_captions_json",
    "jsonl": "twinlens.data.writers.jsonl:write_jsonl",
    "webdataset": "twinlens.data.writers.webdataset:write_webdataset",
    "parquet": "twinlens.data.writers.parquet:write_parquet",
}
