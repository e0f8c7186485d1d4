"""Why was this connection reset by peer?"""

__version__ = "0.1.0"
