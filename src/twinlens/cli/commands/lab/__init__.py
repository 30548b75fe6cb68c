"""Commands that train, measure and export models, and look at data sets."""
