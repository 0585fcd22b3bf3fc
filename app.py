"""The router: which page a link opens. Everything else stands in ui/ and pages/."""

from ui import nav

nav.current().run()
