"""Puts the parts together, once per process. Nothing else in the code base knows them all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from surehold.adapters.payments.pay_on_delivery import PayOnDelivery
from surehold.adapters.storage.pictures import DiskPictures
from surehold.app.settings import Settings
from surehold.flows.cancel_order import CancelOrder
from surehold.flows.carry_out_payment import Notices, PaymentCarrier
from surehold.flows.place_order import PlaceOrder
from surehold.kernel.clock import SystemClock
from surehold.modules.cart import CartCopies, CartService
from surehold.modules.catalog import CatalogDesk, CatalogService, CatalogTaxonomy, PictureStore
from surehold.modules.checkout import CheckoutService
from surehold.modules.inventory import InventoryService
from surehold.modules.orders import OrderService
from surehold.modules.payments import PaymentService
from surehold.modules.pricing import PricingService
from surehold.platform.cache import Invalidator
from surehold.platform.db import Database
from surehold.platform.events import Waker
from surehold.platform.http import Cookies, CursorCodec
from surehold.platform.realtime import Hinter
from surehold.platform.sealed import SealedCodec, derive
