"""Tidying stock."""

from collections.abc import Sequence

from surehold.modules.inventory.service import InventoryService
from surehold.platform.jobs import Job

SWEEP_EVERY_S = 2.0


def jobs(service: InventoryService) -> Sequence[Job]:
    """Expired holds go back to the shelf within seconds; a buyer who needs them sooner takes them himself."""
    return (Job(name="inventory.sweep_holds", every_s=SWEEP_EVERY_S, run=service.sweep),)
