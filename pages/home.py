"""Where a visitor lands: what this is, four questions to open with one click, a tour, and what is loaded."""

from ui import home, nav

nav.frame("Home")
home.forward()
home.welcome()
home.box()
home.examples()
home.doors()
home.loaded()
