"""The hash that names things: `hashlib` would load OpenSSL, which takes longer than the rules."""

try:
    from _blake2 import blake2s
except ImportError:  # an interpreter that was built without it
    from hashlib import blake2s

__all__ = ["blake2s"]
