"""What can be wrong with a request to the catalogue."""

from surehold.kernel.errors import Kind, NotFoundError, ShopError, UnavailableError


class ProductNotFoundError(NotFoundError):
    """There is no such product, or it is not for sale."""

    code = "PRODUCT_NOT_FOUND"
    title = "No such product"


class VariantNotFoundError(NotFoundError):
    """There is no such variant."""

    code = "VARIANT_NOT_FOUND"
    title = "No such variant"


class CategoryNotFoundError(NotFoundError):
    """There is no such category."""

    code = "CATEGORY_NOT_FOUND"
    title = "No such category"


class BrandNotFoundError(NotFoundError):
    """There is no such brand."""

    code = "BRAND_NOT_FOUND"
    title = "No such brand"


class PictureNotFoundError(NotFoundError):
    """There is no such picture."""

    code = "PICTURE_NOT_FOUND"
    title = "No such picture"


class PictureRefusedError(ShopError):
    """What was sent is no picture that is taken; the detail says why."""

    code = "PICTURE_REFUSED"
    kind = Kind.INVALID
    title = "Not a picture that is taken"


class FileNotStoredError(PictureNotFoundError):
    """The store has no file of that name."""


class FilesUnavailableError(UnavailableError):
    """The store of files is away, slow, or refuses us."""

    code = "FILES_UNAVAILABLE"
    title = "The store of files is away; please try again"


class SlugTakenError(ShopError):
    """Another product, brand or category has this address."""

    code = "SLUG_TAKEN"
    title = "The address is taken"


class SkuTakenError(ShopError):
    """Another variant has this SKU."""

    code = "SKU_TAKEN"
    title = "The SKU is taken"


class OptionsTakenError(ShopError):
    """Another variant of the product has the same options."""

    code = "OPTIONS_TAKEN"
    title = "Two variants share their options"


class CategoryInUseError(ShopError):
    """Products or categories are still below it."""

    code = "CATEGORY_IN_USE"
    title = "The category is in use"


class BrandInUseError(ShopError):
    """Products still carry it."""

    code = "BRAND_IN_USE"
    title = "The brand is in use"


class NotPublishableError(ShopError):
    """A product is shown only when there is something of it to buy."""

    code = "NOT_PUBLISHABLE"
    kind = Kind.INVALID
    title = "Not ready to be published"


class UnknownReferenceError(ShopError):
    """The brand or category that the product is to have does not exist."""

    code = "UNKNOWN_REFERENCE"
    kind = Kind.INVALID
    title = "There is no such brand or category"


class CategoryMisplacedError(ShopError):
    """A category cannot be below itself, nor too deep."""

    code = "CATEGORY_MISPLACED"
    title = "The category cannot be there"
