-- name: insertDeploymentID
INSERT INTO site_configs (key, value) VALUES ('deployment_id', ?1) ON CONFLICT (key) DO NOTHING;
-- name: deploymentID
SELECT value FROM site_configs WHERE key = 'deployment_id';
-- name: ping
SELECT 1;
