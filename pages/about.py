"""What stands behind the results: method, data and licences, models and versions, limits, and what this is for."""

from ui import about, nav, service

nav.frame("About")
about.purpose()
about.method()
bridge = service.get()
with service.caught():
    about.loaded(bridge)
    about.sources(bridge)
with service.caught():
    about.model_card(bridge)
about.limits()
