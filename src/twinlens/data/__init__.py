"""Photos and captioned data sets on disk."""

READERS = {
    "captions-json": "twinlens.data.captions_json:read_captions_json",
    "karpathy": "twinlens.data.karpathy:read_karpathy",
    "coco": "twinlens.data.coco:read_coco",
    "visual-genome": "twinlens.data.visual_genome:read_visual_genome",
    "flickr": "twinlens.data.flickr:read_flickr",
    "table": "twinlens.data.table:read_table",
    "sidecars": "twinlens.data.sidecars:read_sidecars",
    "webdataset": "twinlens.data.webdataset:read_webdataset",
    "parquet": "twinlens.data.parquet:read_parquet",
}

WRITERS = {
    "captions-json": "twinlens.data.writers.captions_json:write_captions_json",
    "jsonl": "twinlens.data.writers.jsonl:write_jsonl",
    "webdataset": "twinlens.data.writers.webdataset:write_webdataset",
    "parquet": "twinlens.data.writers.parquet:write_parquet",
}
