"""Places for files: a folder, or a bucket that speaks the S3 API."""
