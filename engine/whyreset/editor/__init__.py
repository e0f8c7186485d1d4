"""What editors ask of rule files while they are being written."""
