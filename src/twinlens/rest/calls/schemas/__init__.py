"""What calls take and give, as OpenAPI describes it; a schema of a single topic stands with its calls."""
