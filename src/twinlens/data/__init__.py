"""Photos and captioned data sets on disk."""

READERS = {
    "captions-json": "twinlens.data.captions_json:CaptionsJson",
    "karpathy": "twinlens.data.karpathy:read_karpathy",
    "coco": "twinlens.data.coco:read_coco",
    "flickr": "twinlens.data.flickr:read_flickr",
    "table": "twinlens.data.table:read_table",
    "sidecars": "twinlens.data.sidecars:read_sidecars",
}
