"""Two things or more beside each other: a pair, several at once, wild type and mutant."""

from ui import compare, compare_pair, compare_set, compare_variant, nav, service

nav.frame("Compare")
asked = compare.current()
mode = compare.choose(asked)
bridge = service.get()
with service.caught(otherwise=compare.unanswered):
    if mode == "pair":
        compare_pair.show(bridge, asked)
    elif mode == "set":
        compare_set.show(bridge, asked)
    else:
        compare_variant.show(bridge, asked)
