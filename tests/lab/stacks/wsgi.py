"""A WSGI and an ASGI application for servers that are started with their own commands."""

import asyncio
import time

BLOCK = b"x" * 65536


def application(environ, start_response):
    """WSGI."""
    path = environ["PATH_INFO"]
    if path.startswith("/slow"):
        time.sleep(1.5)
    if environ["REQUEST_METHOD"] == "POST":
        while environ["wsgi.input"].read(4096):
            time.sleep(0.002)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return _body() if path.startswith("/big") else [b"ok\n"]


def _body():
    for _ in range(60):
        yield BLOCK
        time.sleep(0.02)


async def asgi(scope, receive, send):
    """ASGI."""
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    path = scope["path"]
    if path.startswith("/slow"):
        await asyncio.sleep(1.5)
    if scope["method"] == "POST":
        while (await receive()).get("more_body"):
            await asyncio.sleep(0.005)
    headers = [(b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for _ in range(60 if path.startswith("/big") else 0):
        await send({"type": "http.response.body", "body": BLOCK, "more_body": True})
        await asyncio.sleep(0.02)
    await send({"type": "http.response.body", "body": b"ok\n"})
