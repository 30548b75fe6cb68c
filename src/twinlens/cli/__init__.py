"""The command line: one verb a file; read arguments, call ``api``, show the answer."""
