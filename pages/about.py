"""What stands behind the results: data and licences, models and versions, limits, and what this is for."""

from ui import about, nav, service

nav.frame("About")
about.purpose()
bridge = service.get()
with service.caught():
    about.loaded(bridge)
    about.sources(bridge)
about.limits()
