"""Teach a text tower of many languages the space of an existing model, whose photos stay as they are."""
