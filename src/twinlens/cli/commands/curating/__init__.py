"""Commands that give something to photos, or teach."""
