"""The catalogue over HTTP: reads for everybody, edits for staff."""

from surehold.modules.catalog.routes import products, public, taxonomy

HANDLERS = (*public.HANDLERS, *products.HANDLERS, *taxonomy.HANDLERS)
