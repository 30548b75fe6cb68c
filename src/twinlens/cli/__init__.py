"""The command line: one file per command, which reads arguments, calls ``api`` and shows the answer."""

COMMANDS = {
    "index": "twinlens.cli.index",
    "search": "twinlens.cli.search",
    "similar": "twinlens.cli.similar",
    "caption": "twinlens.cli.caption",
    "explain": "twinlens.cli.explain",
    "serve": "twinlens.cli.serve",
    "app": "twinlens.cli.app",
    "status": "twinlens.cli.status",
    "reindex": "twinlens.cli.reindex",
    "train": "twinlens.cli.train",
    "evaluate": "twinlens.cli.evaluate",
    "audit": "twinlens.cli.audit",
    "export": "twinlens.cli.export",
    "doctor": "twinlens.cli.doctor",
    "models": "twinlens.cli.models",
    "datasets": "twinlens.cli.datasets",
}
