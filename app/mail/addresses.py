"""What is one address of e-mail (RFC 5321, 4.1.2), as strictly as senders of mail should see it."""

from email.headerregistry import Address

from email_validator import EmailNotValidError, validate_email

from app.domain.errors import InvalidInput

MAX_LENGTH = 254
"""RFC 5321, 4.5.3.1.3, without its angle brackets."""


def clean_address(text: str) -> str:
    """Return one address in ASCII, its host in lower case and as IDNA writes it.

    Raises:
        InvalidInput: It is none or several, or has a name, quotes, a comment, or an IP address for a host.
    """
    return _parse(text, named=False).addr_spec


def parse_sender(text: str) -> Address:
    """Return the sender that `GF Images <images@example.com>`, or an address alone, names. Raises: InvalidInput."""
    return _parse(text, named=True)


def _parse(text: str, *, named: bool) -> Address:
    try:
        # Hosts below .test (RFC 6761) are for trials; other names that no mail can reach are refused.
        found = validate_email(
            text,
            check_deliverability=False,
            allow_smtputf8=False,
            allow_quoted_local=False,
            allow_domain_literal=False,
            allow_display_name=named,
            strict=True,
            test_environment=True,
        )
    except EmailNotValidError as error:
        raise InvalidInput(f"{text[:80]!r} is not one e-mail address: {error}", field=("email",)) from error
    if found.ascii_email is None or len(found.ascii_email) > MAX_LENGTH:
        raise InvalidInput(f"{text[:80]!r} is not one e-mail address.", field=("email",))
    return Address(found.display_name or "", addr_spec=found.ascii_email)
