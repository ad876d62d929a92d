-- When an image came into a flow is told by the flow's log; nothing ever read it from here.
ALTER TABLE flow_images DROP COLUMN added_at;
