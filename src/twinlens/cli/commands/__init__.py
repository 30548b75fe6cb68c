"""Commands by name, a file each: read arguments, call ``api``, show the answer."""

COMMANDS = {
    "index": "twinlens.cli.commands.index",
    "search": "twinlens.cli.commands.search",
    "similar": "twinlens.cli.commands.similar",
    "caption": "twinlens.cli.commands.caption",
    "explain": "twinlens.cli.commands.explain",
    "serve": "twinlens.cli.commands.serve",
    "app": "twinlens.cli.commands.app",
    "status": "twinlens.cli.commands.status",
    "reindex": "twinlens.cli.commands.reindex",
    "train": "twinlens.cli.commands.train",
    "evaluate": "twinlens.cli.commands.evaluate",
    "audit": "twinlens.cli.commands.audit",
    "export": "twinlens.cli.commands.export",
    "doctor": "twinlens.cli.commands.doctor",
    "repair": "twinlens.cli.commands.repair",
    "models": "twinlens.cli.commands.models",
    "datasets": "twinlens.cli.commands.datasets",
}
