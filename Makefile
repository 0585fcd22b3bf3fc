# Two commands are enough: `make app` opens the studio, `make test` runs everything.
PYTHON ?= python3
