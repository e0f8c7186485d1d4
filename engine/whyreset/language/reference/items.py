"""The lines of an event block, of a rule and of a test."""

from whyreset.language.reference.entry import EVENT, RULE, TEST, Entry

EVENT_ITEMS = (
    Entry(
        place=EVENT,
        words=("match",),
        form="match `TEMPLATE`",
        says="Text as it stands in the line, with captures: `<name:type>` reads a value, `<name>` "
        "a word, `<_>` skips. `^` first and `$` last tie it to the ends of the line; `\\<` is the "
        "character itself. It is searched for anywhere in the line.",
        example="match  `upstream <upstream:addr> closed after <took:duration>`\n"
        "sample `upstream 10.42.0.3:80 closed after 2s` gives upstream=10.42.0.3 took=2s",
    ),
    Entry(
        place=EVENT,
        words=("match",),
        form="match /EXPRESSION/",
        says="A regular expression with named groups. The types of the fields follow from their "
        "names: see the fields; that of a duration may name its unit (`duration_ms`; `ns` `us` "
        "`ms` `s`). It has a time limit, and it should hold a fixed text: without one every line "
        "must be tried.",
        example="match  /lost (?<what>\\w+) at (?<client>[\\d.]+)/\n"
        "sample `lost order at 10.42.3.9` gives what=order client=10.42.3.9",
    ),
    Entry(
        place=EVENT,
        words=("json", "logfmt", "exists"),
        form="json | logfmt { FIELD = .PATH [TYPE] [or .PATH [TYPE]], ... } "
        "[where .PATH [or .PATH] = VALUE [or VALUE], .PATH exists, FIELD exists]",
        says="Reads a JSON object, or pairs as logfmt has them (`key=value`): fields from paths of "
        "keys, if the conditions hold. Of several paths of a field the first counts whose value is "
        "of its type; a condition holds where one of its paths has one of its values, `!=` where "
        "none has any. A type or a unit (`ns` `us` `ms` `s`, for durations) is for the paths "
        "before it, back to the last type. `request` takes the method and the path out of "
        "`GET /a HTTP/1.1`, `url` the path and the `host` out of a whole URL, `container` the name "
        "out of `spec.containers{NAME}`. A key that is not there meets only `!=`. `FIELD exists` "
        "asks that one of the field's paths gave a value; an object within the object may give it, "
        "too, with all its other keys.",
        example="json { client = .remote or .peer.addr addr, took = .ms ms or .seconds s } "
        'where .level or .severity = "warn" or "error", client exists\n'
        'sample `{"level":"warn","peer":{"addr":"10.42.0.1:80"},"ms":1500}` '
        "gives client=10.42.0.1 took=1.5s\n"
        'logfmt { client = .remote addr, took = .took with_unit } where .level = "warn"\n'
        "sample `level=warn remote=10.42.0.1:80 took=1.5s` gives client=10.42.0.1 took=1.5s",
    ),
    Entry(
        place=EVENT,
        words=("nginx", "apache", "envoy", "haproxy"),
        form="nginx 'FORMAT' | apache 'FORMAT' | envoy 'FORMAT' | haproxy 'FORMAT'",
        says="An access-log format as it stands in the server's own configuration: what a team "
        "already has. The fields are those of `access`.",
        example="nginx  '$remote_addr [$time_local] \"$request\" $status'\n"
        'sample `10.42.0.1 [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 499` '
        "gives client=10.42.0.1 status=499",
    ),
    Entry(
        place=EVENT,
        words=("sample", "gives", "nothing"),
        form="sample TEXT gives FIELD=VALUE ... | gives nothing",
        says="A line, and what it must give; `whyreset check` proves it. `gives nothing` says that "
        "the line is no such event.",
        example="match  `order <order> lost`\n"
        "sample `order A17 lost` gives order=A17\n"
        "sample `order A17 found` gives nothing",
    ),
    Entry(
        place=EVENT,
        words=("from",),
        form='from container "GLOB", namespace "GLOB"',
        says="Looks only at records of these sources. Several parts must all fit; parts: `name` "
        "`namespace` `workload` `pod` `container` `node`.",
        example='from   container "shop-*"\nmatch  `order <order> lost`',
    ),
    Entry(
        place=EVENT,
        words=("set",),
        form="set FIELD = VALUE [where FIELD = VALUE, ...]",
        says="Gives a field a value after a match, or with `unknown` none, if the conditions hold.",
        example='match  `order <order> lost`\nset    urgent = yes where order ~ "A*"\n'
        "set    order = unknown where order = A0\n"
        "sample `order A17 lost` gives urgent=yes",
    ),
    Entry(
        place=EVENT,
        words=("after",),
        form="after /EXPRESSION/",
        says="A message counts only where this is found before it in its line. It is looked for "
        "only where a pattern of the block fits, so that it costs next to nothing.",
        example="match  /connection lost/\nafter  /\\b(?:ERROR|WARN)\\b/\n"
        "sample `ERROR worker 7: connection lost`\n"
        "sample `worker 7: connection lost, which is no ERROR` gives nothing",
    ),
    Entry(
        place=EVENT,
        words=("skip",),
        form="skip /EXPRESSION/",
        says="A message does not count in a line in which this is found; as cheap as `after`.",
        example="match  /connection lost/\nskip   /^summary: /\n"
        "sample `worker 7: connection lost`\n"
        "sample `summary: 3 times connection lost` gives nothing",
    ),
    Entry(
        place=EVENT,
        words=("where",),
        form="where FIELD = VALUE, ...",
        says="Only what meets all these conditions is an event; they say what they say in a "
        "clause.",
        example='match  `order <order> lost`\nwhere  order ~ "A*"\n'
        "sample `order B2 lost` gives nothing",
    ),
)

RULE_ITEMS = (
    Entry(
        place=RULE,
        words=("label",),
        form="label LABEL",
        says="What the resets are called. See the labels.",
        example="label idle_timeout",
    ),
    Entry(
        place=RULE,
        words=("title",),
        form='title "TEXT"',
        says="One line for the head of the verdict; the rule's name if not said.",
        example='title "The mobile clients gave up"',
    ),
    Entry(
        place=RULE,
        words=("severity",),
        form="severity info | low | warning | critical",
        says="How bad it is; `warning` if not said.",
        example="severity low",
    ),
    Entry(
        place=RULE,
        words=("priority",),
        form="priority N",
        says="Rules are tried by falling priority, then by name; 0 if not said.",
        example="priority 95",
    ),
    Entry(
        place=RULE,
        words=("status",),
        form="status stable | experimental | deprecated",
        says="How far the rule can be relied on; `stable` if not said.",
        example="status experimental",
    ),
    Entry(
        place=RULE,
        words=("burst", "by"),
        form="burst of KIND [by FIELD, FIELD] gap D",
        says="What is counted: the events of the kind that share these fields, in a row without a "
        "pause longer than the gap.",
        costs="The resets of an open burst are kept: until the gap has passed, or the span.",
        example="burst of reset by workload gap 30s",
    ),
    Entry(
        place=RULE,
        words=("gap",),
        form="gap D",
        says="Another gap: for extensions, where `burst` stands in the rule that is extended.",
        costs="A verdict is final when the gap has passed.",
        example="gap 5m",
    ),
    Entry(
        place=RULE,
        words=("span",),
        form="span D",
        says="A burst that goes on is judged in stretches of at most this length (10m if not "
        "said), so that verdicts come and memory stays bounded: `at least`, `every` and the "
        "quantifiers are about one stretch. What one rule claims is taken from the next, so all "
        "rules that act in a namespace and workload have the same stretches: the longest span of "
        "theirs counts, and as many of the last resets as the largest `at least` asks for, but at "
        "most half, are judged with the next stretch. A rule that is to have others cannot act in "
        "the same place. (Beside a rule whose bursts are not `by pod` all are in one place.)",
        costs="The resets of one stretch are kept.",
        example="span 5m",
    ),
    Entry(
        place=RULE,
        words=("confidence",),
        form="confidence P%",
        says="What a verdict is worth when every clause holds; 95% if not said. Clauses that could "
        "not be told take from it.",
        example="confidence 80%",
    ),
    Entry(
        place=RULE,
        words=("because",),
        form='because "TEXT with {placeholders}"',
        says="The sentence that gives the evidence. It may name only what the rule has: see the "
        "placeholders.",
        example='because "{count} resets from {peer} in {span}."',
    ),
    Entry(
        place=RULE,
        words=("remedy",),
        form='remedy "TEXT"',
        says="What to do.",
        example='remedy "Raise the client\'s read timeout."',
    ),
    Entry(
        place=RULE,
        words=("verify",),
        form='verify "COMMAND", "COMMAND"',
        says="Commands that show whether it is so. Several lines may stand.",
        example='verify "kubectl -n {namespace} describe pod {pod}"',
    ),
    Entry(
        place=RULE,
        words=("when",),
        form="when { CLAUSES }",
        says="All clauses must hold. Member clauses choose the resets that the rule may claim, "
        "burst clauses judge those that are left.",
        example="when {\n  peer in cluster\n  at least 4\n}",
    ),
    Entry(
        place=RULE,
        words=("unless",),
        form="unless { CLAUSES }",
        says="Exceptions. A member clause that holds takes its reset out; a burst clause or a "
        "quantified one that holds stops the rule.",
        example="unless {\n  termination on pod within 30s\n  at least 1000\n}",
    ),
    Entry(
        place=RULE,
        words=("test",),
        form='test "TITLE" { ... }',
        says="A test of this rule alone, run by `whyreset test`. A rule needs one that it claims, "
        "and one that it does not.",
        example='test "one reset" {\n  at 0s  reset peer=10.42.0.1\n  expect client_abort\n}',
    ),
)

TEST_ITEMS = (
    Entry(
        place=TEST,
        words=("at", "every"),
        form="at T[..T every D [± P]] KIND FIELD=VALUE ...",
        says="An event, or a train of them, at this time from the start of the test. Resets are "
        "logged by `pod=app-1 workload=app namespace=default container=app node=node-1` if not "
        "said otherwise.",
        example="at 0s..30s every 10s ± 3%  reset peer=10.42.0.1\nat 31s  crash pod=app-1\n"
        "expect client_abort count=4",
    ),
    Entry(
        place=TEST,
        words=("stream",),
        form="stream KIND T..T",
        says="A source of such events was read in this time, though it was silent. Without it (and "
        "without such events in the test) `no KIND ...` could not be told.",
        example="stream access 0s..90s\nat 10s  reset peer=10.42.0.1\nexpect client_abort",
    ),
    Entry(
        place=TEST,
        words=("expect",),
        form="expect LABEL [KEY=VALUE ...] | expect unknown",
        says="One final verdict has this label, and these values: see what a test may expect. "
        "`unknown` alone means that the rule claims nothing.",
        example="at 0s..30s every 10s  reset peer=10.42.0.1\n"
        "expect client_abort peer=10.42.0.1 count=4",
    ),
    Entry(
        place=TEST,
        words=("known", "gap"),
        form='known gap "REASON"',
        says="The test is known to fail: it is run and shown, and never counts as failed.",
        example='known gap "one reset is claimed, too"\nat 0s  reset peer=10.42.0.1\n'
        "expect unknown",
    ),
)
