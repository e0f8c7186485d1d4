"""What the names mean that the language comes with: labels, kinds, fields, types, relations."""

from collections.abc import Mapping

LABELS: Mapping[str, str] = {
    "probe_noise": "A load balancer or proxy checks the port: it connects, then resets at once.",
    "client_abort": "The client gave up before it had the whole answer.",
    "termination_fallout": "A pod was ended while others held connections to it.",
    "idle_timeout": "Something dropped an idle connection that a pool still held.",
    "resource_exhaustion": "Backlog, conntrack, ports, files or memory ran out.",
    "protocol_mismatch": "Plain HTTP to a TLS port, TLS to a plain port, or PROXY protocol on "
    "one side only.",
    "backend_crash": "The process at the other end died.",
    "unknown": "No rule explains it, or the evidence was not there. Rules cannot give it; tests "
    "may expect it.",
}

SEVERITIES: Mapping[str, str] = {
    "info": "Nothing is broken.",
    "low": "Worth a look in working hours.",
    "warning": "Users may notice.",
    "critical": "Users notice.",
}

STATUSES: Mapping[str, str] = {
    "stable": "Relied on.",
    "experimental": "May change, or go, without notice.",
    "deprecated": "Will go; something else takes its place.",
}

SCOPES: Mapping[str, str] = {
    'namespace "GLOB"': "pods of such namespaces",
    'workload "GLOB"': "pods of such deployments, stateful sets, daemon sets or jobs",
    'selector "SELECTOR"': "pods whose labels meet it, written as for `kubectl get pods -l`: "
    "`app=checkout,tier in (edge, web),!canary`. Labels are known from the records of Fluent Bit, "
    "fluentd, Vector and Google's Cloud Logging, and from the pods beside the logs: `kubectl get "
    "pods -A -o json`, or the table of `kubectl get pods -A --show-labels`. Labels that "
    "are not known meet no selector; where a rule acts for that reason, its verdict says so, and "
    "is worth less",
    "team NAME": "what `team NAME = ...` lists",
}

KINDS: Mapping[str, str] = {
    "reset": "A connection was reset by peer. Rules count these.",
    "disconnect": "An EOF, broken pipe or early close without RST: related evidence, never "
    "counted as a reset.",
    "access": "A request in an access log.",
    "termination": "A pod or process was told to end.",
    "start": "A pod or process started.",
    "crash": "A process died.",
    "unhealthy": "A probe of the kubelet failed.",
    "exhaustion": "A resource ran out.",
    "opened": "A client opened a connection. Of a reset or disconnect of the same log that names "
    "the `connection`, but no peer, this client is the peer.",
    "dialled": "The program opened a connection; likewise.",
    "named": "A line tells whose connection it is, whenever that was opened; likewise.",
    "mismatch": "The two ends did not speak the same protocol.",
    "address": "Says which pod owns an address, and what labels the pod has.",
}

FIELDS: Mapping[str, str] = {
    "aborted": "`yes` where the server says that the client left before the answer was whole",
    "address": "an address",
    "agent": "the user agent",
    "bytes": "bytes sent",
    "client": "the address of who asked",
    "client_port": "its port",
    "connection": "what the log calls the connection: its number, the process or the file "
    "descriptor that serves it",
    "container": "the container",
    "direction": "what was being done: `read`, `write`, `handshake`",
    "duration": "how long the request took",
    "details": "the proxy's own words for how the request ended",
    "flags": "what the proxy says about how the request ended",
    "greeting": "`yes` where what broke was the greeting, of TLS or HTTP/2, on a connection",
    "host": "the host that was asked for",
    "idle": "how long the connection had been idle",
    "labels": "the labels of a pod: `key=value,key=value`",
    "host_network": "`true` for a pod in the network of its host: no address is its own",
    "local": "the address of who logs",
    "local_port": "its port",
    "method": "the method of the request",
    "namespace": "the namespace",
    "node": "the node",
    "path": "the path of the request",
    "peer": "the address of the other end",
    "peer_port": "its port",
    "pod": "the pod",
    "port": "a port",
    "reason": "the reason that was given",
    "side": "whose connection it was: `client` (this program called), `request` "
    "(a server's, under way), `unasked` (a server's, on which nothing was asked yet)",
    "state": "the state that the proxy says the request was in",
    "status": "the status of the answer",
    "upstream": "the address that a proxy sent the request to",
    "upstream_port": "its port",
    "upstream_name": "the name of the service that a proxy sent the request to",
    "what": "what ran out (`conntrack`, `ports`, `backlog`, `files`, `memory`, `connections`, "
    "`buffers`), or what did not fit",
    "workload": "the workload: deployment, stateful set, daemon set or job",
}

TYPES: Mapping[str, str] = {
    "addr": "an address, IPv4, IPv6 or a host name, with or without a port; the port becomes the "
    "field `NAME_port`",
    "ip": "an IPv4 or IPv6 address",
    "port": "a port number",
    "int": "a whole number",
    "num": "a number",
    "duration": "a duration with its unit (`1m30s`, `250 ms`, `61 seconds`), else seconds",
    "ns": "a number of nanoseconds, as a duration",
    "us": "a number of microseconds, as a duration",
    "ms": "a number of milliseconds, as a duration",
    "s": "a number of seconds, as a duration",
    "word": "characters without a space",
    "rest": "all to the end of the line",
}

JSON_TYPES: Mapping[str, str] = {
    "request": "of a request line `GET /a HTTP/1.1` the method; its path goes to `path`",
    "url": "of a whole URL the path; the host that it names goes to `host`",
    "with_unit": "a duration in a text that says its unit (`3.1ms`); a bare number is none",
    "container": "of the path `spec.containers{NAME}` in a JSON object, the name",
}

UNITS: Mapping[str, str] = {
    "ns": "nanoseconds",
    "us": "microseconds",
    "ms": "milliseconds",
    "s": "seconds",
    "m": "minutes (in JSON mappings there is no such unit)",
    "h": "hours",
    "d": "days",
}

RELATIONS: Mapping[str, str] = {
    "from peer": "the event's `client` (or `peer`) is the reset's peer; of a peer on the loopback, "
    "in the same pod",
    "from caller": "the same, and the pod that logged the reset logged the event, too: a node's "
    "address that stands for many clients calls many pods",
    "from pod": "the event's `client` is the pod that logged the reset, by an address that is "
    "known to be its own: what a server or proxy tells of this caller",
    "on pod": "the event is about the pod that logged the reset",
    "on workload": "the event is about the workload that logged the reset",
    "on node": "the event is about the node of the pod that logged the reset",
    "on peer": "the event is about the pod that owns the peer's address; on the loopback that is "
    "the pod that logged the reset, and of a service's name (`cart`, `cart.shop.svc`) any of its "
    "pods",
    "to workload": "a proxy's entry whose upstream leads to the workload that logged the reset: an "
    "address of its pods, or a service of its name and namespace",
}

EXPECTED: Mapping[str, str] = {
    "count": "resets in the burst",
    "peer": "the peer, if there is one",
    "peers": "how many peers there are",
    "namespace": "who logged them",
    "workload": "who logged them",
    "pod": "who logged them",
    "container": "who logged them",
    "node": "who logged them",
    "period": "the period of the rhythm, to 2%",
    "jitter": "the jitter of the rhythm",
    "missed": "beats that were missed",
    "rule": "the rule",
    "severity": "the severity",
    "confidence": "the confidence",
}

PLACEHOLDERS: Mapping[str, str] = {
    "count": "resets in the burst",
    "peer": "the peer, or how many there are",
    "peers": "how many peers there are",
    "namespace": "who logged them",
    "workload": "who logged them",
    "pod": "who logged them",
    "container": "who logged them",
    "node": "who logged them",
    "span": "from the first reset to the last",
    "start": "the time of the first reset",
    "end": "the time of the last reset",
    "period": "with `every`: the period",
    "jitter": "with `every`: how far beats are off, a share of the period",
    "missed": "with `every`: beats that were missed",
    "trains": "with `every`: how many trains of beats there are",
    "delay": "with `after last`: the delay",
    "share": "with a join or a quantifier: the share of the resets for which it holds",
}
