"""Programs that call others and log what goes wrong: client.py KIND HOST PORT STYLE PAUSE WORKERS."""

import json
import logging
import random
import sys
import threading
import time

KIND, HOST, PORT, STYLE = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
PAUSE, WORKERS = float(sys.argv[5]), int(sys.argv[6])
PATH = sys.argv[7] if len(sys.argv) > 7 else "/"
BODY = b"x" * 3_000_000
log = logging.getLogger("orders.client")


def failed(error, idle):
    """What an application says of a call that failed."""
    if STYLE == "json":
        entry = {
            "level": "error",
            "msg": "request failed",
            "addr": f"{HOST}:{PORT}",
            "error": str(error),
        }
        if idle > 5:
            entry["idle_s"] = round(idle, 2)
        sys.stdout.write(json.dumps(entry) + "\n")
        sys.stdout.flush()
    elif STYLE == "trace":
        log.exception("call failed")
    elif STYLE == "idle":
        log.error("query failed after %.1fs idle: %s", idle, error)
    else:
        log.warning("call to %s:%d failed: %r", HOST, PORT, error)


def requests_caller():
    import requests

    session = requests.Session()
    if PATH == "/upload":
        return lambda: session.post(f"http://{HOST}:{PORT}{PATH}", data=BODY, timeout=8)
    return lambda: session.get(f"http://{HOST}:{PORT}{PATH}", timeout=8)


def httpx_caller():
    import httpx

    client = httpx.Client(timeout=8)
    if PATH == "/upload":
        return lambda: client.post(f"http://{HOST}:{PORT}{PATH}", content=BODY)
    return lambda: client.get(f"http://{HOST}:{PORT}{PATH}")


def niquests_caller():
    import niquests

    session = niquests.Session()
    body = BODY if PATH == "/upload" else None
    method = "POST" if body else "GET"
    return lambda: session.request(method, f"http://{HOST}:{PORT}{PATH}", data=body, timeout=8)


def pycurl_caller():
    import io

    import pycurl

    curl = pycurl.Curl()
    curl.setopt(pycurl.URL, f"http://{HOST}:{PORT}{PATH}")
    curl.setopt(pycurl.TIMEOUT, 8)

    def call():
        curl.setopt(pycurl.WRITEFUNCTION, io.BytesIO().write)
        if PATH == "/upload":
            curl.setopt(pycurl.POSTFIELDS, BODY.decode())
        curl.perform()

    return call


def httplib_caller():
    import http.client

    state = {}

    def call():
        if state.get("c") is None:
            state["c"] = http.client.HTTPConnection(HOST, PORT, timeout=8)
        try:
            if PATH == "/upload":
                state["c"].request("POST", PATH, BODY)
            else:
                state["c"].request("GET", PATH)
            state["c"].getresponse().read()
        except Exception:
            state["c"].close()
            state["c"] = None
            raise

    return call


def redis_caller():
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    client = redis.Redis(HOST, PORT, retry=Retry(NoBackoff(), 0), single_connection_client=True)
    return lambda: client.get("key")


def psycopg_caller():
    import psycopg2

    state = {}

    def call():
        if state.get("c") is None:
            state["c"] = psycopg2.connect(host=HOST, port=PORT, user="postgres", dbname="postgres")
            state["c"].autocommit = True
        try:
            state["c"].cursor().execute("select pg_sleep(0.05)")
        except Exception:
            state["c"] = None
            raise

    return call


def aiohttp_caller():
    import asyncio

    import aiohttp

    loop = asyncio.new_event_loop()

    async def start():
        return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=8))

    session = loop.run_until_complete(start())

    async def once():
        method = "POST" if PATH == "/upload" else "GET"
        async with session.request(
            method, f"http://{HOST}:{PORT}{PATH}", data=BODY if method == "POST" else None
        ) as answer:
            await answer.read()

    return lambda: loop.run_until_complete(once())


def aiosonic_caller():
    import asyncio

    import aiosonic

    loop = asyncio.new_event_loop()
    client = aiosonic.HTTPClient()

    async def once():
        url = f"http://{HOST}:{PORT}{PATH}"
        whole = client.post(url, data=BODY) if PATH == "/upload" else client.get(url)
        answer = await asyncio.wait_for(whole, 8)
        await answer.content()

    return lambda: loop.run_until_complete(once())


def urllib_caller():
    import urllib.request

    body = BODY if PATH == "/upload" else None
    return lambda: urllib.request.urlopen(f"http://{HOST}:{PORT}{PATH}", body, 8).read()


def urllib3_caller():
    import urllib3

    pool = urllib3.HTTPConnectionPool(HOST, PORT, maxsize=1, retries=False, timeout=8)
    method, body = ("POST", BODY) if PATH == "/upload" else ("GET", None)
    return lambda: pool.request(method, PATH, body=body)


def pg3_caller():
    import psycopg

    state = {}

    def call():
        if state.get("c") is None:
            state["c"] = psycopg.connect(f"host={HOST} port={PORT} user=postgres", autocommit=True)
        try:
            state["c"].execute("select pg_sleep(0.05)")
        except Exception:
            state["c"] = None
            raise

    return call


def pg8000_caller():
    import pg8000.native

    state = {}

    def call():
        if state.get("c") is None:
            state["c"] = pg8000.native.Connection("postgres", HOST, port=PORT, timeout=8)
        try:
            state["c"].run("select pg_sleep(0.05)")
        except Exception:
            state["c"] = None
            raise

    return call


def asyncpg_caller():
    import asyncio

    import asyncpg

    loop = asyncio.new_event_loop()
    state = {}

    async def once():
        if state.get("c") is None:
            state["c"] = await asyncpg.connect(host=HOST, port=PORT, user="postgres", timeout=3)
        try:
            await state["c"].execute("select pg_sleep(0.05)")
        except Exception:
            state["c"] = None
            raise

    return lambda: loop.run_until_complete(once())


def grpc_caller():
    import grpc

    channel = grpc.insecure_channel(f"{HOST}:{PORT}")
    plain = {"request_serializer": bytes, "response_deserializer": bytes}
    ask = channel.unary_unary("/lab.Echo/Say", **plain)
    return lambda: ask(b"x" * 200_000, timeout=8)


def mysql_caller():
    import pymysql

    state = {}

    def call():
        if state.get("c") is None:
            state["c"] = pymysql.connect(host=HOST, port=PORT, user="lab", autocommit=True)
        try:
            state["c"].cursor().execute("select sleep(0.05)")
        except Exception:
            state["c"] = None
            raise

    return call


def memcached_caller():
    from pymemcache.client.base import Client

    client = Client((HOST, PORT), timeout=5)
    return lambda: client.get("key")


def raw_caller():
    import socket

    state = {}

    def call():
        if state.get("c") is None:
            state["c"] = socket.create_connection((HOST, PORT), 8)
        try:
            state["c"].sendall(b"ping\n")
            if not state["c"].recv(4096):
                raise EOFError("closed by server")
        except Exception:
            state["c"].close()
            state["c"] = None
            raise

    return call


def work():
    call = globals()[f"{KIND}_caller"]()
    last = time.monotonic()
    while True:
        idle = time.monotonic() - last
        try:
            call()
        except Exception as error:
            failed(error, idle)
        last = time.monotonic()
        time.sleep(PAUSE * random.uniform(0.7, 1.3))


form = "%(asctime)s %(levelname)s [%(threadName)s] %(name)s: %(message)s"
logging.basicConfig(stream=sys.stdout, level=logging.INFO, format=form)
threads = [threading.Thread(target=work) for _ in range(WORKERS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
