"""The words of a query: emoji by name, which words a model knows, and what a misspelt one was meant to be."""
