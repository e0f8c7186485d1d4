"""The lowest floor: units, places in text, networks, shipped files."""
