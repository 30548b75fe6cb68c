"""The training lane: the only home of torch (extra ``train``)."""
