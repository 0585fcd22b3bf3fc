"""Design: new molecules from what the bridge retrieves for a goal."""

from ui import design, nav, service

nav.frame("Design")
bridge = service.get()
with service.caught():
    design.show(bridge)
