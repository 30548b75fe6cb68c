"""What is shared by links: made, opened by whoever has the link, listed and revoked."""
