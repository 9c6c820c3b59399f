"""What pricing does for others and for staff."""

from surehold.modules.pricing.service.pricing import PricingService

__all__ = ["PricingService"]
