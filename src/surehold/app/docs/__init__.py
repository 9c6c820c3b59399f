"""The API's contract for people and tools: `/openapi.json`, `/docs`, `/docs/problems`."""

from surehold.app.docs.document import build_document
from surehold.app.docs.pages import docs_handlers
from surehold.app.docs.problems import Problem, all_problems

__all__ = ["Problem", "all_problems", "build_document", "docs_handlers"]
