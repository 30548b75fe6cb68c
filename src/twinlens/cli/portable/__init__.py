"""The commands of ``twinlens collection``, a file each."""
