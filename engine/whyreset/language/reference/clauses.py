"""The clauses of `when` and `unless`."""

from whyreset.language.reference.entry import CLAUSE, Entry

_NOTHING_KEPT = "Nothing is looked up: it reads the reset alone."
_BURST_ONLY = "Nothing is looked up: it reads the resets of the burst, which are kept anyhow."
_WINDOW = (
    "Look-back and look-ahead are the two sides of the window: events of the kind are kept as "
    "long as a reset may ask for them, and a verdict waits until the look-ahead has passed."
)

MEMBER_CLAUSES = (
    Entry(
        place=CLAUSE,
        words=("in", "or"),
        form="FIELD in NETWORK or NETWORK",
        says="The address in the field belongs to one of the networks. "
        "It could not be told where the line does not name the field, or has a name in it.",
        costs=_NOTHING_KEPT,
        example="peer in cluster or nodes",
        holds="at 0s  reset peer=10.42.0.1",
        fails="at 0s  reset peer=203.0.113.7",
    ),
    Entry(
        place=CLAUSE,
        words=("not",),
        form="FIELD not in NETWORK or NETWORK",
        says="The address belongs to none of the networks. Where that could not be told of `in`, "
        "it could not be told of `not in`.",
        costs=_NOTHING_KEPT,
        example="peer not in cluster or nodes",
        holds="at 0s  reset peer=203.0.113.7",
        fails="at 0s  reset peer=192.168.7.9",
    ),
    Entry(
        place=CLAUSE,
        words=(),
        form="FIELD = VALUE",
        says="The field has this value. Operators: `=` `!=` for all fields, `<` `<=` `>` `>=` for "
        "numbers and durations, `~` for texts (a glob as a shell has it: `*` stands for any "
        "characters, `?` for one, `[abc]` for one of these, `[[]` for a bracket). `unknown` as a "
        "value asks whether the line names the field at all; any other condition, `!=` too, needs "
        "a field that is there.",
        costs=_NOTHING_KEPT,
        example="idle >= 5s",
        holds="at 0s  reset peer=10.42.0.1 idle=905s",
        fails="at 0s  reset peer=10.42.0.1 idle=200ms",
    ),
    Entry(
        place=CLAUSE,
        words=("within", "before", "after", "from", "on", "to"),
        form="KIND [FIELD = VALUE, ...] [from peer | on pod | to workload | ...] "
        "within D [before | after]",
        says="An event of the kind is near the reset in time, and is about the same thing: "
        "see the relations. `within 2s` means both sides; `within 30s before, 2s after` gives "
        "each its own, and `within 5s..30s before` is a window that ends 5 s before the reset. "
        "Without a relation it is joined by time alone.",
        costs=_WINDOW,
        example="access status = 499 from peer within 2s",
        holds="at 9s   access client=10.42.0.1 status=499\nat 10s  reset peer=10.42.0.1",
        fails="at 5s   access client=10.42.0.1 status=499\nat 10s  reset peer=10.42.0.1",
    ),
    Entry(
        place=CLAUSE,
        words=("no",),
        form="no KIND [FIELD = VALUE, ...] [RELATION] within D [before | after]",
        says="There is no such event near the reset. True only where a stream that has events of "
        "the kind was read over the whole window; nothing seen because nothing was read, or "
        "because too much came to be kept, is could not tell. Of a `termination`, `start`, `crash` "
        "or `unhealthy` tell the events of the cluster, the journal of the node, and of its own "
        "pod each log that has shown one of these; `on pod` asks for those of the pod, `on peer` "
        "of the peer's, `on workload` for the cluster's or the nodes'.",
        costs=_WINDOW,
        example="no access from peer within 2s",
        holds="stream access 0s..60s\nat 10s  reset peer=10.42.0.1",
        fails="at 9s   access client=10.42.0.1 status=200\nat 10s  reset peer=10.42.0.1",
    ),
    Entry(
        place=CLAUSE,
        words=("by", "chance"),
        form="KIND [FIELD = VALUE, ...] [RELATION] within D by chance at most P%",
        says="The events are nearer to the resets than chance would put them: they are, as a "
        "whole, as near to the resets of a burst with at most this probability. For events that "
        "come often, of which some are near whatever was the cause. Those of the last minute are "
        "taken for a stream without a beat (Poisson), and the resets tell together (Fisher's "
        "method). Where it may be chance, it could not be told.",
        costs="Look-back is a minute at least.",
        example="access status = 499 within 1s by chance at most 10%",
        holds="at 9990ms  access client=10.42.0.9 status=499\nat 10s     reset peer=10.42.0.1",
        fails="at 0s..1m every 500ms  access client=10.42.0.9 status=499\n"
        "at 30200ms  reset peer=10.42.0.1",
    ),
    Entry(
        place=CLAUSE,
        words=("last",),
        form="D1..D2 [± T] after last KIND [FIELD = VALUE, ...] [RELATION]",
        says="The last such event came this long before the reset; one in the same instant is the "
        "last, unless it ends a connection, as the reset does. With `± T` the delays must "
        "agree to this share, since a timer has one length: where they do not, the largest group "
        "of resets that agree holds.",
        costs="Look-back is D2: events of the kind are kept that long. No look-ahead.",
        example="55s..65s after last access from peer",
        holds="at 0s   access client=10.42.0.1 status=200\nat 60s  reset peer=10.42.0.1",
        fails="at 0s   access client=10.42.0.1 status=200\nat 20s  reset peer=10.42.0.1",
    ),
    Entry(
        place=CLAUSE,
        words=("any", "of"),
        form="any of { CLAUSE; CLAUSE }",
        says="At least one of the member clauses holds. It is the only alternative that there is, "
        "and nothing nests deeper.",
        costs="What its clauses cost together.",
        example="any of {\n  direction = write\n  crash on peer within 30s\n}",
        holds="at 0s  reset peer=10.42.0.1 direction=write",
        fails="at 0s  reset peer=10.42.0.1 direction=read",
    ),
    Entry(
        place=CLAUSE,
        words=("have", "has", "all", "none", "first"),
        form="any | all | none | at least P% have MEMBER CLAUSE, first has MEMBER CLAUSE",
        says="A quantifier makes a member clause speak of the whole burst: any reset has it, all "
        "have, none have, the first has, or at least this share. It is true only if it stays so "
        "whatever could not be told.",
        costs="What the member clause costs.",
        example="at least 60% have access status = 499 from peer within 2s",
        holds="at 10s  access client=10.42.0.1 status=499\n"
        "at 10s  reset peer=10.42.0.1\nat 11s  reset peer=10.42.0.1",
        fails="at 10s  access client=10.42.0.1 status=499\n"
        "at 10s  reset peer=10.42.0.1\nat 20s..40s every 10s  reset peer=10.42.0.1",
    ),
    Entry(
        place=CLAUSE,
        words=("if", "known"),
        form="MEMBER CLAUSE if known",
        says="Could not tell passes, too, and costs confidence. Without it only what holds passes.",
        costs="What the member clause costs.",
        example="no access from peer within 2s if known",
        holds="at 10s  reset peer=10.42.0.1",
        fails="at 9s   access client=10.42.0.1 status=200\nat 10s  reset peer=10.42.0.1",
    ),
    Entry(
        place=CLAUSE,
        words=(),
        form="NAME: CLAUSE",
        says="A name for the clause. `extend rule` replaces clauses by their names, and texts show "
        "what a clause found: `{NAME}`, and of a join the fields of the event, `{NAME.field}`.",
        example="gone: crash on peer within 30s",
        holds="at 0s   address address=10.42.0.1 pod=db-1\n"
        "at 9s   crash pod=db-1\nat 10s  reset peer=10.42.0.1",
        fails="at 10s  reset peer=10.42.0.1",
    ),
)

BURST_CLAUSES = (
    Entry(
        place=CLAUSE,
        words=("at", "least"),
        form="at least N [in D]",
        says="So many resets passed the member clauses; with `in D`, so many of them within that "
        "time.",
        costs=_BURST_ONLY,
        example="at least 3 in 10s",
        holds="at 0s..8s every 4s  reset peer=10.42.0.1",
        fails="at 0s..30s every 10s  reset peer=10.42.0.1",
    ),
    Entry(
        place=CLAUSE,
        words=("distinct",),
        form="at least N distinct FIELD",
        says="The field has so many different values among the resets.",
        costs=_BURST_ONLY,
        example="at least 2 distinct peer_port",
        holds="at 0s  reset peer=10.42.0.1 peer_port=4001\n"
        "at 1s  reset peer=10.42.0.1 peer_port=4002",
        fails="at 0s..2s every 1s  reset peer=10.42.0.1 peer_port=4001",
    ),
    Entry(
        place=CLAUSE,
        words=("every", "missing", "most"),
        form="every A..B ± T [missing at most S]",
        says="There is a rhythm: one period between A and B, each beat at most T (a share of the "
        "period) off, at most the share S of the beats missing (50% if not said). It needs four "
        "beats, finds several trains at once, and claims the beats only; the rest is left to the "
        "next rule.",
        costs=_BURST_ONLY + " The gap of the burst must be longer than two beats.",
        example="every 5s..15s ± 10%",
        holds="at 0s..60s every 10s ± 3%  reset peer=10.42.0.1",
        fails="at 0s  reset peer=10.42.0.1\nat 1s  reset peer=10.42.0.1\n"
        "at 14s  reset peer=10.42.0.1\nat 17s  reset peer=10.42.0.1\nat 48s  reset peer=10.42.0.1",
    ),
    Entry(
        place=CLAUSE,
        words=("intervals", "vary"),
        form="intervals vary at most P",
        says="The coefficient of variation of the intervals between neighbours is at most P. "
        "Plainer than `every`: one reset too many or too few breaks it. It needs three resets.",
        costs=_BURST_ONLY,
        example="intervals vary at most 20%",
        holds="at 0s..60s every 10s ± 3%  reset peer=10.42.0.1",
        fails="at 0s   reset peer=10.42.0.1\nat 1s   reset peer=10.42.0.1\n"
        "at 30s  reset peer=10.42.0.1",
    ),
)
