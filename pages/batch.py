"""A file of proteins, molecules or names: what each is linked to, row by row."""

from ui import batch, nav, service

nav.frame("Batch")
upload = batch.box()
bridge = service.get()
with service.caught():
    if upload is None:
        batch.empty()
    else:
        batch.show(bridge, upload)
