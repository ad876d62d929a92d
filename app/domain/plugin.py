"""What may come of asking a plugin, beside its answer."""

from app.domain.error_code import ErrorCode
from app.domain.errors import DomainError


class PluginFailed(DomainError):
    """It crashed, was too slow, or spoke nonsense; told with its name. Trying again at once is useless."""

    code = ErrorCode.PLUGIN_FAILED


class Vetoed(DomainError):
    """It refuses the image."""

    code = ErrorCode.VETOED
