"""Options of the commands: shared ones, filters, data sets, and those of commands that have many."""
