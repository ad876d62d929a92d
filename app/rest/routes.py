"""The older REST routes: all of them."""

from starlette.routing import BaseRoute, Route

from app.domain.rate import OperationClass
from app.rest import flows, health, images, jobs, objects, pages, uploads
from app.rest.envelope import rest

PREFIXES = ("/images/", "/v1/images/")

routes: list[BaseRoute] = [
    rest("POST", "/images/d/bulk", objects.resolve_many),
    rest("GET", "/images/d/{key:path}", objects.send, name="/images/d/", counted_as=None),
    rest("GET", "/images/v/{image_id}", pages.image_page, name="/images/v/"),
    rest("GET", "/v1/images/get", images.get),
    rest("POST", "/images/c", images.report_colors, counted_as=OperationClass.WRITE),
    rest("POST", "/v1/images/c", images.report_colors, counted_as=OperationClass.WRITE),
    rest("GET", "/v1/images/upload_init", uploads.init, signed_in=True, counted_as=OperationClass.UPLOAD),
    rest("POST", "/v1/images/upload_complete", uploads.complete, signed_in=True, counted_as=OperationClass.UPLOAD),
    rest("POST", "/v1/images/upload_metrics", uploads.record_metrics, signed_in=True, counted_as=OperationClass.UPLOAD),
    rest("POST", "/images/jobs/start", jobs.start, signed_in=True, counted_as=OperationClass.EXPENSIVE),
    rest("GET", "/images/jobs/status", jobs.status),
    rest("GET", "/v1/images/jobs/status", jobs.watch_events),
    rest("GET", "/v1/images/flows/all", flows.list_all),
    rest("POST", "/v1/images/flows/add_img", flows.add_image, signed_in=True, counted_as=OperationClass.WRITE),
    rest("POST", "/v1/images/flows/imgs_exist", flows.find_existing, signed_in=True),
    rest("GET", "/images/flows/browser", pages.flow_page),
    rest("GET", "/images/flows/browser_page", flows.browser_pages),
    rest("GET", "/v1/images/flows/browser_page", flows.browser_pages),
    Route("/v1/images/healthz", health.healthz),
    Route("/v1/images/v1/healthz", health.healthz),
    Route("/v1/images/tester", health.tester),
]
