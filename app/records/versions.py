"""What both databases say of records that they do not know."""


class UnknownVersion(Exception):
    """The records were written by a newer version of this server."""

    @classmethod
    def of(cls, version: int, newest: int) -> "UnknownVersion":
        return cls(
            f"The database is of version {version}; this server knows versions up to {newest}. "
            "Start a newer server, or restore a backup."
        )
