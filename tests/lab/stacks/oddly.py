"""A caller that speaks another protocol than its server: oddly.py BYTES HOST PORT."""

import logging
import random
import socket
import ssl
import sys
import time

KIND, HOST, PORT = sys.argv[1], sys.argv[2], int(sys.argv[3])
logging.basicConfig(
    stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
)
log = logging.getLogger("agent.poll")
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\4" + bytes(5)


def once() -> None:
    """One call; raises what the stack raises."""
    one = socket.create_connection((HOST, PORT), 5)
    with one:
        if KIND == "tls":
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            context.wrap_socket(one).close()
        elif KIND == "h2":
            one.sendall(PREFACE)
            time.sleep(0.2)
            one.sendall(bytes(3) + b"\4\1" + bytes(4))
            while one.recv(4096):
                pass
        else:
            one.sendall(b"GET /health HTTP/1.1\r\nHost: hub\r\n\r\n")
            time.sleep(0.1)
            while one.recv(4096):
                pass


while True:
    time.sleep(random.uniform(1, 3))
    try:
        once()
    except OSError as error:
        log.error("poll of %s:%d failed: %s", HOST, PORT, error)
