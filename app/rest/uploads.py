"""The upload of an old page: a ticket for bytes of unknown size and type, then the job."""

from collections.abc import Mapping

from app.domain.errors import AlreadyCompleted
from app.rest.envelope import Call
from app.rest.wire import answers, requests
from app.services.uploads import Ticket


async def init(call: Call) -> Mapping[str, object]:
    ticket = await call.services.uploads.init(call.viewer, requests.upload_request(call.query))
    assert isinstance(ticket, Ticket)  # noqa: S101 - only an announced SHA-256 can be a duplicate
    return answers.upload_info(ticket, call.absolute(ticket.target.url))


async def complete(call: Call) -> Mapping[str, object]:
    """Start the job; asked again, answer with the same one."""
    image_id, flows = requests.uploaded_id(call.query), requests.added_flows(call.query)
    metadata = requests.client_metadata(await call.body(may_be_empty=True))
    try:
        job, _ = await call.services.uploads.complete(call.viewer, image_id, flows=flows, metadata=metadata)
    except AlreadyCompleted as error:
        return answers.started_job(error.job_id)
    return answers.started_job(job)


async def record_metrics(call: Call) -> Mapping[str, object]:
    metrics = requests.upload_metrics(call.query, await call.body())
    await call.services.uploads.record_metrics(call.viewer, metrics)
    return {}
