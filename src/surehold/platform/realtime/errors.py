"""Why a stream or a topic is refused."""

from surehold.kernel.errors import ForbiddenError, InvalidInputError, Kind, ShopError, UnavailableError


class TopicRefusedError(ForbiddenError):
    """One of the topics is somebody else's or does not exist: both look the same. `topics` names them."""

    code = "TOPIC_REFUSED"
    title = "This topic is not yours to follow"


class TopicInvalidError(InvalidInputError):
    """The list of topics, or of versions already seen, cannot be read."""

    code = "TOPIC_INVALID"
    title = "A topic is not well-formed"


class MessageInvalidError(InvalidInputError):
    """A WebSocket message that is none of those we know."""

    code = "MESSAGE_INVALID"
    title = "The message is not understood"


class TooManyMessagesError(ShopError):
    """A client talks more than it may."""

    code = "TOO_MANY_MESSAGES"
    kind = Kind.LIMITED
    title = "Too many messages"


class StreamLimitError(ShopError):
    """This actor, this network or this process has as many streams as it may."""

    code = "STREAM_LIMIT"
    kind = Kind.LIMITED
    title = "Too many streams are open"


class DrainingError(UnavailableError):
    """This process is about to end; another one takes the stream."""

    code = "DRAINING"
    title = "This process is about to end; connect again"
