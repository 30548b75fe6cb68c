"""A training run, from its recipe to its report and its bundle."""
