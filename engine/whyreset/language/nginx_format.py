"""nginx: its `log_format` strings, with the variables of ingress-nginx."""

from whyreset.language.layout import Piece, Variable, unknown
from whyreset.language.pattern import read_tokens

_FIELDS = {
    "remote_addr": Variable("ip", "client", 0),
    "remote_port": Variable("integer", "client_port", 0),
    "the_real_ip": Variable("list", "client", 1),
    "realip_remote_addr": Variable("ip", "client", 2),
    "proxy_protocol_addr": Variable("ip", "client", 3),
    "http_x_real_ip": Variable("address", "client", 4),
    "http_x_forwarded_for": Variable("list", "client", 5),
    "proxy_add_x_forwarded_for": Variable("list", "client", 5),
    "request": Variable("request", "request", 0),
    "request_method": Variable("text", "method", 1),
    "request_uri": Variable("path", "path", 1),
    "uri": Variable("path", "path", 2),
    "document_uri": Variable("path", "path", 2),
    "status": Variable("status", "status", 0),
    "body_bytes_sent": Variable("integer", "bytes", 0),
    "bytes_sent": Variable("integer", "bytes", 1),
    "request_time": Variable("duration:s", "duration", 0),
    "session_time": Variable("duration:s", "duration", 1),
    "upstream_addr": Variable("list", "upstream", 0),
    "proxy_upstream_name": Variable("text", "upstream_name", 0),
    "proxy_host": Variable("text", "upstream_name", 1),
    "http_user_agent": Variable("phrase", "agent", 0),
    "http_host": Variable("host", "host", 0),
    "host": Variable("host", "host", 1),
    "server_name": Variable("host", "host", 2),
}

_NUMBER_LISTS = (
    "upstream_bytes_received upstream_bytes_sent upstream_connect_time upstream_first_byte_time "
    "upstream_header_time upstream_queue_time upstream_response_length upstream_response_time "
    "upstream_session_time upstream_status"
)
_NUMBERS = (
    "bytes_received connection connection_requests connection_time connections_active "
    "connections_reading connections_waiting connections_writing content_length msec pid "
    "proxy_port proxy_protocol_port proxy_protocol_server_port realip_remote_port "
    "request_length server_port gzip_ratio"
)
_PHRASES = (
    "date_gmt date_local http_cookie http_referer limit_rate memcached_key "
    "request_body ssl_client_escaped_cert ssl_client_i_dn ssl_client_i_dn_legacy "
    "ssl_client_raw_cert ssl_client_s_dn ssl_client_s_dn_legacy ssl_client_cert "
    "ssl_client_v_end ssl_client_v_start ssl_client_verify remote_user"
)
_TEXTS = (
    "acme_certificate acme_certificate_key ancient_browser args binary_remote_addr content_type "
    "document_root fastcgi_path_info fastcgi_script_name grpc_internal_host hostname https "
    "invalid_referer is_args is_request_port jwt_payload limit_conn_status "
    "limit_req_status modern_browser mqtt_preread_clientid mqtt_preread_username msie namespace "
    "nginx_version pipe protocol proxy_internal_body_length proxy_internal_host "
    "proxy_protocol_server_addr query_string realpath_root "
    "request_body_file request_completion request_filename request_id request_port scheme "
    "secure_link secure_link_expires server_addr server_protocol session_log_binary_id "
    "session_log_id slice_range spdy spdy_request_priority http2 http3 quic "
    "ssl_alpn_protocol ssl_cipher ssl_ciphers ssl_client_fingerprint ssl_client_serial "
    "ssl_client_v_remain ssl_client_sigalg ssl_curve ssl_curves ssl_ech_outer_server_name "
    "ssl_ech_status ssl_early_data ssl_preread_alpn_protocols ssl_preread_protocol "
    "ssl_preread_server_name ssl_protocol ssl_server_cert_type ssl_server_name ssl_session_id "
    "ssl_session_reused ssl_sigalg uid_got uid_reset uid_set upstream_cache_key "
    "upstream_cache_status upstream_cache_last_modified upstream_cache_age "
    "upstream_last_server_name "
    # ingress-nginx sets these in its template.
    "req_id ingress_name service_name service_port location_path balancer_ewma_score "
    "proxy_alternative_upstream_name pass_access_scheme pass_port pass_server_port best_http_host "
    "geoip2_city_country_code connection_upgrade "
    "default_connection otel_trace_id otel_span_id otel_parent_id "
    "otel_parent_sampled opentracing_trace_id opentracing_span_id opentracing_context "
    "modsec_unique_id modsecurity_transaction_id"
)
_FAMILIES = (
    "arg_", "cookie_", "http_", "sent_http_", "sent_trailer_", "upstream_http_",
    "upstream_cookie_", "upstream_trailer_", "jwt_header_", "jwt_claim_", "geoip_", "geoip2_",
    "proxy_protocol_tlv_", "tcpinfo_", "session_log_",
)  # fmt: skip

_KNOWN = {
    **dict.fromkeys(_TEXTS.split(), Variable()),
    **dict.fromkeys(_PHRASES.split(), Variable("phrase")),
    **dict.fromkeys(_NUMBERS.split(), Variable("integer")),
    **dict.fromkeys(_NUMBER_LISTS.split(), Variable("numbers")),
    "time_local": Variable("instant"),
    "time_iso8601": Variable("stamp"),
    "_": Variable(),
    **_FIELDS,
}
_ESCAPED = {"t": "\t", "n": "\n", "r": "\r"}
_HINT = "a variable is `$name` or `${name}`"


def read(text: str) -> list[Piece]:
    """Cut a `log_format` string into text and variables; `$_` skips a variable of one's own."""
    pieces: list[Piece] = []
    for token in read_tokens("nginx_format", text, _HINT):
        if token.kind == "TEXT":
            pieces.append(token.text)
        elif token.kind == "ESCAPE":
            pieces.append(_ESCAPED.get(token.text[1:], token.text[1:]))
        else:
            name = token.text[1:].strip("{}")
            pieces.append(_variable(name, token.offset, len(token.text)))
    return pieces


def _variable(name: str, offset: int, length: int) -> Variable:
    if name in _KNOWN:
        return _KNOWN[name]
    if any(name.startswith(family) and name != family for family in _FAMILIES):
        return Variable("phrase" if name.startswith(("http_", "sent_http_")) else "text")
    error = unknown("nginx variable", f"${name}", [f"${known}" for known in _KNOWN], offset, length)
    error.hint = error.hint or "write `$_` for a variable of your own: its value is skipped"
    raise error
