"""Vectors on a Milvus server or cluster: addressed as ``milvus://host:port/name``."""
