"""Published models: ready-made ONNX exports of a model hub, turned into bundles."""
