"""The text of mails: the same in words alone and in HTML, in which all that people wrote is escaped."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from app.domain.share import ShareMail

_ENCODING = "quoted-printable"
"""It keeps lines short and ASCII, so no server on the way has to change them."""

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(["html"]),
    auto_reload=False,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    undefined=StrictUndefined,
)


def compose(mail: ShareMail, sender: Address) -> EmailMessage:
    """Return a mail as it is sent: each time the same to the byte, but for the boundary of its parts."""
    by = " ".join(mail.sender.split())
    values = {"mail": mail, "by": by, "title": mail.title or f"{by} shares a picture with you"}
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = Address(addr_spec=mail.to)
    message["Subject"] = values["title"]
    message["Date"] = format_datetime(mail.at)
    message["Message-ID"] = f"<{mail.id}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence has to be told to us
    message.set_content(_environment.get_template("share.txt").render(values), cte=_ENCODING)
    message.add_alternative(_environment.get_template("share.html").render(values), subtype="html", cte=_ENCODING)
    return message
