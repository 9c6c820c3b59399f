"""PostgreSQL: the pool, units of work and the errors that SQL functions raise on purpose."""

from surehold.platform.db.database import Database, Executor, PoolSettings, Unit, fetch_json
from surehold.platform.db.errors import RuleViolationError, translate

__all__ = ["Database", "Executor", "PoolSettings", "RuleViolationError", "Unit", "fetch_json", "translate"]
