"""Small servers of several Python stacks: server.py KIND HOST PORT STYLE."""

import asyncio
import json
import logging
import socket
import socketserver
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KIND, HOST, PORT, STYLE = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
BLOCK = b"x" * 65536


def gone(address, error):
    """What an application says of a connection that broke."""
    where = f"{address[0]}:{address[1]}" if address else "?"
    if STYLE == "json":
        entry = {
            "level": "error",
            "logger": "net",
            "msg": "read failed",
            "peer": where,
            "error": str(error),
        }
        print(json.dumps(entry), flush=True)
    elif STYLE == "logfmt":
        print(f'level=warn msg="connection lost" remote={where} err="{error}"', flush=True)
    elif STYLE == "trace":
        logging.getLogger("app").exception("connection handler failed")
    elif STYLE == "tuple":
        logging.getLogger("app").error("client %s gone: %r", address, error)
    elif STYLE == "bare":
        logging.getLogger("app.net").warning("connection error: %s", error)
    else:
        logging.getLogger("app.net").warning("connection from %s lost: %s", where, error)


class Line(socketserver.BaseRequestHandler):
    def handle(self):
        if STYLE == "default":
            self.serve()
            return
        try:
            self.serve()
        except OSError as error:
            gone(self.client_address, error)

    def serve(self):
        while data := self.request.recv(4096):
            if data.startswith(b"BIG"):
                for _ in range(200):
                    self.request.sendall(BLOCK)
                    time.sleep(0.01)
            self.request.sendall(data)


class Threads(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64


class Web(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if "/slow" in self.path:
            time.sleep(float(self.path.partition("=")[2] or 2))
        blocks = 60 if "/big" in self.path else 0
        self.send_response(200)
        self.send_header("Content-Length", str(len(BLOCK) * blocks + 3))
        self.end_headers()
        for _ in range(blocks):
            self.wfile.write(BLOCK)
            time.sleep(0.02)
        self.wfile.write(b"ok\n")

    def do_POST(self):
        left = int(self.headers.get("Content-Length", 0))
        while left > 0 and (data := self.rfile.read(min(left, 4096))):
            left -= len(data)
            time.sleep(0.002)
        self.send_response(200)
        self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.write(b"ok\n")


async def asyncio_client(reader, writer):
    address = writer.get_extra_info("peername")
    try:
        while data := await reader.read(4096):
            if data.startswith(b"BIG"):
                for _ in range(200):
                    writer.write(BLOCK)
                    await writer.drain()
                    await asyncio.sleep(0.01)
            writer.write(data)
            await writer.drain()
    except OSError as error:
        if STYLE == "default":
            raise
        gone(address, error)
    finally:
        writer.close()


async def asyncio_server():
    server = await asyncio.start_server(asyncio_client, HOST, PORT)
    async with server:
        await server.serve_forever()


def aiohttp_server():
    from aiohttp import web

    async def quick(request):
        return web.Response(text="ok\n")

    async def slow(request):
        await asyncio.sleep(float(request.query.get("s", 2)))
        return web.Response(text="ok\n")

    async def big(request):
        answer = web.StreamResponse()
        await answer.prepare(request)
        for _ in range(100):
            await answer.write(BLOCK)
            await asyncio.sleep(0.02)
        return answer

    async def upload(request):
        await request.read()
        return web.Response(text="ok\n")

    app = web.Application(client_max_size=1 << 30)
    app.add_routes(
        [
            web.get("/", quick),
            web.get("/slow", slow),
            web.get("/big", big),
            web.post("/upload", upload),
        ]
    )
    web.run_app(app, host=HOST, port=PORT, print=None, handler_cancellation=STYLE == "cancel")


def tornado_server():
    import tornado.ioloop
    import tornado.web

    class Quick(tornado.web.RequestHandler):
        def get(self):
            self.write("ok\n")

        def post(self):
            self.write("ok\n")

    class Big(tornado.web.RequestHandler):
        async def get(self):
            for _ in range(100):
                self.write(BLOCK)
                await self.flush()
                await asyncio.sleep(0.02)

    logging.getLogger().setLevel(logging.INFO)
    app = tornado.web.Application(
        [("/", Quick), ("/upload", Quick), ("/slow", Quick), ("/big", Big)]
    )
    app.listen(PORT, HOST)
    asyncio.get_event_loop().run_forever()


async def application(scope, receive, send):
    """An ASGI application."""
    if scope["type"] != "http":
        return
    path = scope["path"]
    if path == "/slow":
        await asyncio.sleep(2)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(100 if path == "/big" else 0):
        await send({"type": "http.response.body", "body": BLOCK, "more_body": True})
        await asyncio.sleep(0.02)
    await send({"type": "http.response.body", "body": b"ok\n"})


def uvicorn_server():
    import uvicorn

    uvicorn.run(application, host=HOST, port=PORT)


def grpc_server():
    from concurrent import futures

    import grpc

    def say(request, context):
        time.sleep(0.1)
        return request

    plain = {"request_deserializer": bytes, "response_serializer": bytes}
    methods = {"Say": grpc.unary_unary_rpc_method_handler(say, **plain)}
    server = grpc.server(futures.ThreadPoolExecutor(16))
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("lab.Echo", methods)])
    server.add_insecure_port(f"{HOST}:{PORT}")
    server.start()
    server.wait_for_termination()


def sanic_server():
    from sanic import Sanic, response

    app = Sanic("lab")

    @app.get("/")
    async def quick(request):
        return response.text("ok\n")

    @app.get("/slow")
    async def slow(request):
        await asyncio.sleep(1.5)
        return response.text("ok\n")

    @app.get("/big")
    async def big(request):
        answer = await request.respond(content_type="text/plain")
        for _ in range(60):
            await answer.send(BLOCK)
            await asyncio.sleep(0.02)

    @app.post("/upload")
    async def upload(request):
        return response.text("ok\n")

    app.run(HOST, PORT, access_log=True, single_process=True)


def cheroot_server():
    import cheroot.wsgi
    import wsgi

    cheroot.wsgi.Server((HOST, PORT), wsgi.application, numthreads=24).start()


def tls_server():
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[5])
    server = ThreadingHTTPServer((HOST, PORT), Web)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    server.serve_forever()


def backlog_server():
    """One at a time, with a short queue."""
    listener = socket.create_server((HOST, PORT), backlog=2)
    while True:
        one, _ = listener.accept()
        time.sleep(0.35)
        try:
            one.recv(4096)
            one.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n")
        except OSError as error:
            gone(None, error)
        one.close()


def relay_server():
    """Passes bytes on to another server: HOST PORT of it are the last words."""
    target = sys.argv[5], int(sys.argv[6])
    listener = socket.create_server((HOST, PORT), backlog=64)

    def copy(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def serve(one, address):
        try:
            other = socket.create_connection(target, 2)
        except OSError as error:
            where = f"{target[0]}:{target[1]}"
            if STYLE == "trace":
                logging.exception("no connection to %s", where)
            else:
                logging.error("client %s:%d: connecting to %s failed: %s", *address, where, error)
            one.close()
            return
        back = threading.Thread(target=copy, args=(other, one), daemon=True)
        back.start()
        copy(one, other)
        back.join()
        one.close()
        other.close()

    while True:
        one, address = listener.accept()
        threading.Thread(target=serve, args=(one, address), daemon=True).start()


def reset_server():
    """A server that forgets idle connections and answers later bytes with RST; `STYLE`: seconds."""
    listener = socket.create_server((HOST, PORT), backlog=64)

    def serve(one):
        one.settimeout(float(STYLE))
        linger = b"\1\0\0\0\0\0\0\0"
        try:
            while data := one.recv(4096):
                body = b"ok\n"
                one.sendall(
                    b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n" + body
                    if b"HTTP" in data
                    else data
                )
        except TimeoutError:
            one.settimeout(None)
            one.recv(1)
        except OSError:
            return
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        one.close()

    while True:
        one, _ = listener.accept()
        threading.Thread(target=serve, args=(one,), daemon=True).start()


def crash_server():
    """Serves slowly, then dies of a fault with requests under way."""
    import faulthandler

    faulthandler.enable()
    threading.Timer(float(STYLE), faulthandler._sigsegv).start()
    ThreadingHTTPServer((HOST, PORT), Web).serve_forever()


def hungry_server():
    """Serves, and after `STYLE` seconds takes memory until it is stopped."""
    hoard = []

    def eat():
        while True:
            hoard.append(bytearray(4_000_000))
            time.sleep(0.05)

    threading.Timer(float(STYLE), eat).start()
    ThreadingHTTPServer((HOST, PORT), Web).serve_forever()


def main():
    form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    if STYLE in ("tuple", "trace"):
        form = "%(levelname)s:%(name)s:%(message)s"
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format=form)
    if KIND == "line":
        Threads((HOST, PORT), Line).serve_forever()
    elif KIND == "http":
        ThreadingHTTPServer((HOST, PORT), Web).serve_forever()
    elif KIND == "asyncio":
        asyncio.run(asyncio_server())
    else:
        globals()[f"{KIND}_server"]()


if __name__ == "__main__":
    main()
