"""The command line, one verb a file (read arguments, call ``api``, show the answer); commands by name."""

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
