"""Calls that change what people give to photos, or teach."""
