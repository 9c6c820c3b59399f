"""The catalogue over HTTP: reads for everybody, edits for staff."""

from surehold.modules.catalog.routes.public import HANDLERS as PUBLIC_HANDLERS

HANDLERS = (*PUBLIC_HANDLERS,)
