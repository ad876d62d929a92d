"""The older REST routes: all of them, each beside what does the same in GraphQL."""

from starlette.routing import BaseRoute

from app.domain.rate import OperationClass
from app.rest import editor, flows, gifs, health, images, jobs, objects, pages, uploads
from app.rest.envelope import OldRoute, mount
from app.rest.openapi.document import document_route

PREFIXES = ("/images/", "/v1/images/")

TABLE = (
    OldRoute("POST", "/images/d/bulk", objects.resolve_many, "Query.images"),
    OldRoute("GET", "/images/d/{key:path}", objects.send, "Image.url", name="/images/d/", counted_as=None),
    OldRoute("GET", "/images/v/{image_id}", pages.image_page, "Query.image", name="/images/v/"),
    OldRoute("GET", "/v1/images/get", images.get, "Query.image"),
    OldRoute(
        "POST", "/v1/images/share", images.share, "Mutation.share", signed_in=True, counted_as=OperationClass.EXPENSIVE
    ),
    OldRoute(
        "POST",
        "/v1/images/classify",
        images.classify,
        "Mutation.classify",
        signed_in=True,
        counted_as=OperationClass.EXPENSIVE,
    ),
    OldRoute("POST", "/images/c", images.report_colors, "Image.palette", counted_as=OperationClass.WRITE),
    OldRoute("POST", "/v1/images/c", images.report_colors, "Image.palette", counted_as=OperationClass.WRITE),
    OldRoute(
        "GET",
        "/v1/images/upload_init",
        uploads.init,
        "Mutation.uploadInit",
        signed_in=True,
        counted_as=OperationClass.UPLOAD,
    ),
    OldRoute(
        "POST",
        "/v1/images/upload_complete",
        uploads.complete,
        "Mutation.uploadComplete",
        signed_in=True,
        counted_as=OperationClass.UPLOAD,
    ),
    OldRoute(
        "POST",
        "/v1/images/upload_metrics",
        uploads.record_metrics,
        "Mutation.uploadMetrics",
        signed_in=True,
        counted_as=OperationClass.UPLOAD,
    ),
    OldRoute(
        "POST",
        "/images/jobs/start",
        jobs.start,
        "Mutation.startJob",
        signed_in=True,
        counted_as=OperationClass.EXPENSIVE,
    ),
    OldRoute("GET", "/images/jobs/status", jobs.status, "Subscription.jobStatus"),
    OldRoute("GET", "/v1/images/jobs/status", jobs.watch_events, "Subscription.jobStatus"),
    OldRoute("GET", "/v1/images/flows/all", flows.list_all, "Query.flows"),
    OldRoute(
        "POST",
        "/v1/images/flows/add_img",
        flows.add_image,
        "Mutation.addToFlow",
        signed_in=True,
        counted_as=OperationClass.WRITE,
    ),
    OldRoute("POST", "/v1/images/flows/imgs_exist", flows.find_existing, "Query.images", signed_in=True),
    OldRoute("GET", "/images/flows/browser", pages.flow_page, "Query.flow"),
    OldRoute("GET", "/images/flows/browser_page", flows.browser_pages, "Flow.images"),
    OldRoute("GET", "/v1/images/flows/browser_page", flows.browser_pages, "Flow.images"),
    OldRoute("GET", "/images/gif/get_info", gifs.get_info, "Image.animation"),
    OldRoute(
        "POST",
        "/images/editor/save",
        editor.save,
        "Mutation.editImage",
        signed_in=True,
        counted_as=OperationClass.UPLOAD,
    ),
    OldRoute("GET", "/v1/images/healthz", health.healthz, "Query.server", counted_as=None),
    OldRoute("GET", "/v1/images/v1/healthz", health.healthz, "Query.server", counted_as=None),
    OldRoute("GET", "/v1/images/tester", health.tester, "Query.server", counted_as=None),
)

routes: list[BaseRoute] = [*map(mount, TABLE), document_route(TABLE)]
