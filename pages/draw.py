"""Draw a molecule; see what the bridge makes of it, what is calculated from it, and what known drugs are like it."""

from ui import draw, nav, service

nav.frame("Draw")
bridge = service.get()
with service.caught():
    draw.show(bridge)
