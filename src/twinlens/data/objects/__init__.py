"""Photos in object storage (S3, Google Cloud, Azure, SFTP), read in place through fsspec."""
