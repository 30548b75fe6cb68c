"""Tests of the page in a real browser; a package, so that a fixture can last as long as it."""
