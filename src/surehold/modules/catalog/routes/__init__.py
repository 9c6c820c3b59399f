"""The catalogue over HTTP: reads for everybody, edits for staff."""

from surehold.modules.catalog.routes import media, products, public, taxonomy

HANDLERS = (*public.HANDLERS, *media.HANDLERS, *products.HANDLERS, *taxonomy.HANDLERS)
