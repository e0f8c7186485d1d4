"""From rule files to a plan: parse, name, check, compile, format."""
