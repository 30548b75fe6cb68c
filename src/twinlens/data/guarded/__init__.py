"""Decoding in processes of their own: a hostile photo may end its process, never ours."""
