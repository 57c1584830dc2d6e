"""What a repository declares in `.ci.yaml`: read, resolved, checked and compared. No I/O, no SDK."""
