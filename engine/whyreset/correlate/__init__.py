"""From events to verdicts, knowing no file and no grammar."""
