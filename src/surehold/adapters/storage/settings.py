"""Where pictures are kept, and how they are made."""

from typing import Annotated, Literal

import msgspec


class MediaSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`store` is `disk` (the folder `media` of the data folder) or `s3` (a bucket; any service that speaks the S3 API).

    `public_url`, where it is set, is what product answers put in front of a picture's file name in place of `/media/`: the
    address of a CDN, or of the bucket itself if everybody may read it. Seconds, and counts of processes.
    """

    store: Literal["disk", "s3"] = "disk"
    public_url: Annotated[str, msgspec.Meta(pattern="^(https?://[^?#]+/)?$")] = ""
    s3_bucket: str = ""
    s3_prefix: Annotated[str, msgspec.Meta(pattern="^([A-Za-z0-9_-]+/)*$")] = ""
    s3_endpoint: Annotated[str, msgspec.Meta(pattern="^(https?://.+)?$")] = ""  # empty: Amazon's of the region
    s3_region: str = "us-east-1"
    s3_access_key_id: str = ""
    s3_secret_access_key: str = ""
    s3_timeout_s: float = 15.0
    s3_retry_s: float = 20.0  # all tries of one call together
    benches: Annotated[int, msgspec.Meta(ge=1, le=32)] = 2
    limit_s: float = 20.0
