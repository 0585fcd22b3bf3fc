"""Questions in plain English, answered from facts with citations, or refused."""

from ui import ask, nav, service

nav.frame("Ask")
ask.box()
bridge = service.get()
with service.caught():
    ask.show(bridge)
