"""Payment at the door: nothing is asked of anybody, the promise is the authorization, the money comes with the delivery."""

from surehold.modules.payments import CapturesOn, Outcome, OutcomeKind, PaymentMethod, ProviderRequest

_DONE = Outcome(kind=OutcomeKind.SUCCEEDED)


class PayOnDelivery:
    """A `PaymentProvider` without anybody outside."""

    method = PaymentMethod(code="pay_on_delivery", title="Pay on delivery")
    captures_on: CapturesOn = "delivery"
    is_direct = True
    needs_buyer = False

    async def authorize(self, request: ProviderRequest) -> Outcome:
        """The promise to pay."""
        del request
        return _DONE

    async def capture(self, request: ProviderRequest) -> Outcome:
        """The courier has the money."""
        del request
        return _DONE

    async def void(self, request: ProviderRequest) -> Outcome:
        """Nobody will be asked for money."""
        del request
        return _DONE

    async def refund(self, request: ProviderRequest) -> Outcome:
        """Handed back by whoever took it."""
        del request
        return _DONE

    async def look_up(self, request: ProviderRequest) -> Outcome | None:
        """Whatever was asked has happened."""
        del request
        return _DONE
