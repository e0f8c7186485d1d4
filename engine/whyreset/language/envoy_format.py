"""Envoy: its access-log format strings, Istio's among them."""

import re

from whyreset.language.layout import Piece, Variable, unknown
from whyreset.language.pattern import Token, read_tokens

_COMMAND = re.compile(r"%([A-Z0-9_]+)(?:\(([^)]*)\))?(?::\d+)?%")

_FIELDS = {
    "DOWNSTREAM_REMOTE_ADDRESS": Variable("address", "client", 0),
    "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT": Variable("address", "client", 0),
    "DOWNSTREAM_DIRECT_REMOTE_ADDRESS": Variable("address", "client", 1),
    "DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT": Variable("address", "client", 1),
    "UPSTREAM_HOST": Variable("address", "upstream", 0),
    "UPSTREAM_REMOTE_ADDRESS": Variable("address", "upstream", 1),
    "UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT": Variable("address", "upstream", 2),
    "UPSTREAM_CLUSTER": Variable("text", "upstream_name", 0),
    "UPSTREAM_CLUSTER_RAW": Variable("text", "upstream_name", 1),
    "PATH": Variable("path", "path", 1),
    "RESPONSE_CODE": Variable("status", "status", 0),
    "RESPONSE_FLAGS": Variable("text", "flags", 0),
    "RESPONSE_FLAGS_LONG": Variable("text", "flags", 1),
    "RESPONSE_CODE_DETAILS": Variable("details", "details", 0),
    "BYTES_SENT": Variable("integer", "bytes", 0),
    "DURATION": Variable("duration:ms", "duration", 0),
}
_HEADERS = {
    ":method": Variable("text", "method", 0),
    ":path": Variable("path", "path", 0),
    "x-envoy-original-path": Variable("path", "path", 0),
    ":authority": Variable("host", "host", 0),
    "host": Variable("host", "host", 0),
    "user-agent": Variable("phrase", "agent", 0),
    "x-forwarded-for": Variable("list", "client", 5),
    "x-envoy-external-address": Variable("address", "client", 4),
}
_NUMBERS = (
    "BYTES_RECEIVED CONNECTION_ID DOWNSTREAM_DIRECT_LOCAL_PORT DOWNSTREAM_DIRECT_REMOTE_PORT "
    "DOWNSTREAM_HEADER_BYTES_RECEIVED DOWNSTREAM_HEADER_BYTES_SENT DOWNSTREAM_LOCAL_PORT "
    "DOWNSTREAM_REMOTE_PORT DOWNSTREAM_WIRE_BYTES_RECEIVED DOWNSTREAM_WIRE_BYTES_SENT "
    "DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_SENT "
    "UPSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED UPSTREAM_DECOMPRESSED_HEADER_BYTES_SENT "
    "GRPC_STATUS_NUMBER REQUEST_DURATION REQUEST_HEADERS_BYTES REQUEST_TX_DURATION "
    "RESPONSE_DURATION RESPONSE_HEADERS_BYTES RESPONSE_TRAILERS_BYTES RESPONSE_TX_DURATION "
    "ROUNDTRIP_DURATION UPSTREAM_CONNECTION_ID UPSTREAM_HEADER_BYTES_RECEIVED "
    "UPSTREAM_HEADER_BYTES_SENT UPSTREAM_LOCAL_PORT UPSTREAM_REMOTE_PORT "
    "UPSTREAM_REQUEST_ATTEMPT_COUNT UPSTREAM_WIRE_BYTES_RECEIVED UPSTREAM_WIRE_BYTES_SENT "
    "UPSTREAM_CONNECTION_POOL_READY_DURATION"
)
_PHRASES = (
    "CONNECTION_TERMINATION_DETAILS DOWNSTREAM_LOCAL_SUBJECT DOWNSTREAM_PEER_ISSUER "
    "DOWNSTREAM_PEER_SUBJECT DOWNSTREAM_LOCAL_CLOSE_REASON DOWNSTREAM_DETECTED_CLOSE_TYPE "
    "DOWNSTREAM_PEER_CERT DOWNSTREAM_TRANSPORT_FAILURE_REASON UPSTREAM_PEER_SUBJECT "
    "UPSTREAM_PEER_ISSUER UPSTREAM_LOCAL_SUBJECT UPSTREAM_PEER_CERT "
    "UPSTREAM_TRANSPORT_FAILURE_REASON UPSTREAM_DETECTED_CLOSE_TYPE LOCAL_REPLY_BODY "
    "DYNAMIC_METADATA CLUSTER_METADATA UPSTREAM_METADATA METADATA FILTER_STATE "
    "UPSTREAM_FILTER_STATE REQ RESP TRAILER REQUEST_HEADER RESPONSE_HEADER RESPONSE_TRAILER "
    "ENVIRONMENT CEL COALESCE TYPED_JSON"
)
_TEXTS = (
    "ACCESS_LOG_TYPE CUSTOM_FLAGS DOWNSTREAM_DIRECT_LOCAL_ADDRESS "
    "DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT DOWNSTREAM_LOCAL_ADDRESS "
    "DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT DOWNSTREAM_LOCAL_ADDRESS_ENDPOINT_ID "
    "DOWNSTREAM_REMOTE_ADDRESS_ENDPOINT_ID DOWNSTREAM_DIRECT_REMOTE_ADDRESS_ENDPOINT_ID "
    "DOWNSTREAM_LOCAL_DNS_SAN DOWNSTREAM_LOCAL_EMAIL_SAN DOWNSTREAM_LOCAL_IP_SAN "
    "DOWNSTREAM_LOCAL_URI_SAN DOWNSTREAM_PEER_CERT_V_END DOWNSTREAM_PEER_CERT_V_START "
    "DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_1 DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_256 "
    "DOWNSTREAM_PEER_CHAIN_SERIALS DOWNSTREAM_PEER_DNS_SAN DOWNSTREAM_PEER_EMAIL_SAN "
    "DOWNSTREAM_PEER_FINGERPRINT_1 DOWNSTREAM_PEER_FINGERPRINT_256 DOWNSTREAM_PEER_IP_SAN "
    "DOWNSTREAM_PEER_SERIAL DOWNSTREAM_PEER_URI_SAN DOWNSTREAM_TLS_CIPHER "
    "DOWNSTREAM_TLS_SESSION_ID DOWNSTREAM_TLS_VERSION GRPC_STATUS HOSTNAME PROTOCOL "
    "REQUESTED_SERVER_NAME ROUTE_NAME STREAM_ID TLS_JA3_FINGERPRINT TLS_JA4_FINGERPRINT TRACE_ID "
    "SPAN_ID UNIQUE_ID UPSTREAM_HOSTS_ATTEMPTED "
    "UPSTREAM_HOSTS_ATTEMPTED_WITHOUT_PORT UPSTREAM_HOST_NAMES_ATTEMPTED "
    "UPSTREAM_HOST_NAMES_ATTEMPTED_WITHOUT_PORT UPSTREAM_CONNECTION_IDS_ATTEMPTED "
    "UPSTREAM_HOST_NAME UPSTREAM_HOST_NAME_WITHOUT_PORT UPSTREAM_LOCAL_ADDRESS "
    "UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT UPSTREAM_LOCAL_ADDRESS_ENDPOINT_ID "
    "UPSTREAM_REMOTE_ADDRESS_ENDPOINT_ID UPSTREAM_LOCAL_DNS_SAN UPSTREAM_LOCAL_URI_SAN "
    "UPSTREAM_PEER_DNS_SAN UPSTREAM_PEER_IP_SAN UPSTREAM_PEER_URI_SAN "
    "UPSTREAM_PEER_CERT_V_START UPSTREAM_PEER_CERT_V_END UPSTREAM_PROTOCOL "
    "UPSTREAM_TLS_CIPHER UPSTREAM_TLS_SESSION_ID UPSTREAM_TLS_VERSION VIRTUAL_CLUSTER_NAME "
    "VIRTUAL_HOST_NAME COMMON_DURATION QUERY_PARAM"
)

_TIMES = ("START_TIME", "START_TIME_LOCAL", "EMIT_TIME", "EMIT_TIME_LOCAL")

_KNOWN = {
    **dict.fromkeys(_TEXTS.split(), Variable()),
    **dict.fromkeys(_PHRASES.split(), Variable("phrase")),
    **dict.fromkeys(_NUMBERS.split(), Variable("integer")),
    **dict.fromkeys(_TIMES, Variable("stamp")),
    **_FIELDS,
}
_HINT = "a command is `%NAME%` or `%NAME(argument)%`; write `%%` for the character itself"


def read(text: str) -> list[Piece]:
    """Cut a format string into text and variables; a break within it is a space."""
    pieces: list[Piece] = []
    for token in read_tokens("envoy_format", text.rstrip().removesuffix("\\n"), _HINT):
        if token.kind == "COMMAND":
            pieces.append(_variable(token))
        elif token.kind == "NEWLINE":
            pieces.append(" ")
        else:
            pieces.append("%" if token.kind == "PERCENT" else token.text)
    return pieces


def _variable(token: Token) -> Variable:
    found = _COMMAND.fullmatch(token.text)
    name, argument = (found[1], found[2] or "") if found else (token.text, "")
    if name not in _KNOWN:
        known = [f"%{command}%" for command in _KNOWN]
        raise unknown("Envoy command", f"%{name}%", known, token.offset, len(token.text))
    if name in ("REQ", "REQUEST_HEADER"):
        for header in argument.lower().split("?"):
            if header in _HEADERS:
                return _HEADERS[header]
    if name in _TIMES and " " in argument:
        return Variable("phrase")
    return _KNOWN[name]
