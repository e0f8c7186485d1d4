"""The statements of a file."""

from whyreset.language.reference.entry import FILE, Entry

_RULE = """\
rule slow_clients {
  label client_abort
  burst of reset by pod, peer gap 60s
  when { much: at least 3 }
  test "three" { at 0s..20s every 10s reset peer=10.42.0.1; expect client_abort }
  test "two" { at 0s..10s every 10s reset peer=10.42.0.1; expect unknown }
}
"""

STATEMENTS = (
    Entry(
        place=FILE,
        words=("network",),
        form="network NAME = PREFIX, PREFIX",
        says="Gives addresses a name. A second one of the same name replaces the first: so a site "
        "states its own ranges instead of the shipped ones.",
        example="network office = 203.0.113.0/24, fd00:1::/48, 198.51.100.7",
    ),
    Entry(
        place=FILE,
        words=("extend",),
        form="extend network NAME = PREFIX, PREFIX",
        says="Adds addresses to a network that exists.",
        example="extend network cluster = 10.60.0.0/16",
    ),
    Entry(
        place=FILE,
        words=("setting",),
        form="setting NAME = VALUE",
        says="A site's own number. It may stand wherever an amount of its kind (a duration, a "
        "share, a number) is meant, and texts may show it as `{NAME}`.",
        example="setting ipvs_timeout = 900s",
    ),
    Entry(
        place=FILE,
        words=("pattern",),
        form="pattern NAME /EXPRESSION/",
        says="Gives a part of expressions a name: `%{NAME}` stands for it in each `/EXPRESSION/` "
        "below it in the file, those of other patterns too. A part is one whole, so that "
        "`%{NAME}?` and `(?<peer>%{NAME})` do what they seem to; it may have captures of its own. "
        "No other file has the name.",
        example="pattern address /\\d{1,3}(?:\\.\\d{1,3}){3}/\n"
        "event order_lost {\n"
        "  match  /order (?<order>\\w+) lost: peer (?<peer>%{address})/\n"
        "  sample `order A17 lost: peer 10.42.0.1` gives order=A17 peer=10.42.0.1\n"
        "}",
    ),
    Entry(
        place=FILE,
        words=("team",),
        form="team NAME = SCOPE, SCOPE",
        says="Gives places a name, for `for team NAME`.",
        example='team payments = namespace "pay-*", workload "checkout"',
    ),
    Entry(
        place=FILE,
        words=("use",),
        form='use "FILE.rules"',
        says="Loads another rule file first, here or elsewhere; the path is relative to this file.",
        example='use "networks.rules"',
    ),
    Entry(
        place=FILE,
        words=("requires",),
        form="requires whyreset >= VERSION",
        says="The file is refused by a version that does not know what it says.",
        example="requires whyreset >= 0.1",
    ),
    Entry(
        place=FILE,
        words=("export",),
        form="export network NAME, setting NAME, team NAME, event NAME",
        says="Makes a name of this file the one that other files mean. A name that only one file "
        "defines is everybody's; where several define it, each file means its own, and any other "
        "file that of a file it uses, or the exported one. So the files of two teams cannot "
        "disturb each other.",
        example="network office = 203.0.113.0/24\nexport network office",
    ),
    Entry(
        place=FILE,
        words=("event",),
        form="event KIND { ... }",
        says="Says what lines are events of a kind. There may be many blocks of one kind. A kind "
        "that is not built in is a team's own: its fields are those that its patterns capture. "
        "Where several patterns of a kind fit, the one that gives most fields does. A line that "
        "only quotes a message, as source code, comments, tickets and prose do, is no event.",
        example="event order_lost {\n"
        "  match  /order (?<order>\\w+) lost: peer (?<client>[\\d.]+)/\n"
        "  sample `order A17 lost: peer 10.42.3.9` gives order=A17 client=10.42.3.9\n"
        "}",
    ),
    Entry(
        place=FILE,
        words=("rule",),
        form="rule NAME [for SCOPE, SCOPE] { ... }",
        says="A cause: which resets it claims, what they are called, what to do. Each reset goes "
        "to the rules by falling priority, and ends with one label. With a scope the rule acts on "
        "resets of these places only; a test that names no place stands within it.",
        example=_RULE.replace("slow_clients {", 'slow_clients for namespace "pay-*" {'),
    ),
    Entry(
        place=FILE,
        words=("extend", "rule", "for"),
        form="extend rule NAME [for SCOPE, SCOPE] { ... }",
        says="Changes a rule, everywhere or in a scope: lines replace lines, a named clause "
        "replaces the clause of that name, other clauses are added. Where several extensions act "
        "on one reset, that for a scope has the last word, and of several scopes the later one.",
        example=_RULE
        + 'extend rule slow_clients for namespace "pay-*" { when { much: at least 9 } }',
    ),
    Entry(
        place=FILE,
        words=("disable",),
        form="disable rule NAME [for SCOPE, SCOPE]",
        says="Takes a rule out of force, everywhere or in a scope.",
        example=_RULE + 'disable rule slow_clients for selector "tier=batch"',
    ),
)
