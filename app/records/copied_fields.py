"""The values of which a record consists when it goes from one database to another."""

from collections.abc import Mapping

FIELDS: Mapping[str, tuple[str, ...]] = {
    "users": ("id", "name", "role", "created_at"),
    "api_keys": ("id", "user_id", "name", "sha256", "created_at", "expires_at", "revoked_at", "scopes"),
    "flows": (
        *("name", "description", "owner_id", "is_public", "editor_ids", "viewer_ids", "admin_ids"),
        *("storage", "created_at", "labelling", "image_count", "last_event"),
    ),
    "flow_events": ("flow", "sequence", "at", "kind", "image_id"),
    "images": (
        *("id", "owner_id", "title", "state", "format", "width", "height", "byte_size", "sha256", "frame_count"),
        *("created_at", "client_type", "tags", "client_metadata", "origin", "derived", "edited", "revision"),
    ),
    "color_reports": (
        *("image_id", "browser", "dominant_color", "palette"),
        *("started_at_s", "ended_at_s", "reported_at"),
    ),
    "usage": ("owner_id", "images", "byte_size"),
    "tag_counts": ("owner_id", "tag", "image_count"),
    "uploads": (
        *("image_id", "owner_id", "format", "byte_size", "title", "flows", "tags", "sha256", "client_type"),
        *("created_at", "expires_at", "job_id", "is_exact"),
    ),
    "upload_metrics": ("image_id", "client_type", "duration_ms", "transfer_ms", "at"),
    "jobs": (
        *("id", "kind", "owner_id", "flows", "client_type", "created_at", "state", "started_at", "finished_at"),
        *("total", "done", "failed", "cancelled", "input", "revision", "last_event", "last_at"),
    ),
    "job_items": (
        *("job_id", "position", "image_id", "source", "origin", "state", "attempts", "priority", "takes_in", "error"),
        *("not_before", "lease_until", "claimed_until", "owner_id", "turn", "host"),
    ),
    "job_events": ("job_id", "sequence", "at", "step", "kind", "position", "image_id", "error"),
    "served_turns": ("priority", "turn"),
    "outbox": ("id", "kind", "lane", "payload", "due_at", "attempts", "token", "error", "died_at"),
    "webhooks": ("id", "owner_id", "url", "host", "events", "secret", "created_at", "failing_since", "disabled_at"),
    "webhook_deliveries": (
        *("id", "webhook_id", "event_id", "event", "attempt", "at", "duration_ms", "status", "error", "body"),
    ),
    "idempotent_requests": (
        *("user_id", "key_sha256", "request_sha256", "claim_id", "created_at", "lease_until", "answer"),
    ),
    "shares": (
        *("id", "image_id", "owner_id", "title", "message", "created_at", "expires_at", "email"),
        *("mail_state", "mail_error", "revoked_at", "views", "viewed_at"),
    ),
    "audit_entries": (
        *("id", "at", "door", "action", "actor_id", "key_id", "address", "request_id", "object_ids"),
        *("outcome", "error"),
    ),
    "stores": ("backend", "is_primary"),
    "scrubs": ("begun_at", "after"),
}
"""By table. Of an image there are more: `plan`, `flows` by name, `classifications`, `label_actions` and `replicas`, in
an order that does not depend on the database. What follows from other values is left out: each database works it out as
it is written. `usage` and `tag_counts` do follow, too, but are read to prove that they were."""
