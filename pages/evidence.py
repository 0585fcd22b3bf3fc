"""How good the hits are: every figure is read from the result files that the benchmarks wrote."""

from ui import evidence, nav

nav.frame("Evidence")
evidence.show()
