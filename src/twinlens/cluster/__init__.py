"""Other machines that compute for this one, through Ray: the cluster, and the workers that it runs."""
