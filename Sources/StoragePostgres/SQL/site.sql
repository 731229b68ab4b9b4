-- name: insertDeploymentID
INSERT INTO site_configs (key, value) VALUES ('deployment_id', $1::text) ON CONFLICT (key) DO NOTHING;
-- name: deploymentID
SELECT value FROM site_configs WHERE key = 'deployment_id';
-- name: part.moment
-- The state of the database as this statement sees it. A commit of anybody stands in the snapshots after it and in none
-- before, so two equal texts have no commit between them. Another server has another start. NULL where the snapshot
-- does not list what is running: on a standby.
SELECT CASE WHEN pg_is_in_recovery() THEN NULL
            ELSE pg_current_snapshot()::text || ' ' || pg_postmaster_start_time()::text END
-- name: ping
{{part.moment}};
-- name: insertConvertLoginKey
INSERT INTO crypto_keys (feature, sequence, secret, starts_at)
SELECT 'oidc_convert', coalesce((SELECT max(sequence) FROM crypto_keys WHERE feature = 'oidc_convert'), 0) + 1,
       $1::text, $2::timestamptz
WHERE  NOT EXISTS (SELECT 1 FROM crypto_keys WHERE feature = 'oidc_convert' AND secret IS NOT NULL
                   AND starts_at <= $2::timestamptz AND (deletes_at IS NULL OR deletes_at > $2::timestamptz))
ON CONFLICT (feature, sequence) DO NOTHING;
-- name: convertLoginKey
-- A secret that Coder encrypted is of no use to us.
SELECT sequence, secret FROM crypto_keys
WHERE  feature = 'oidc_convert' AND secret IS NOT NULL AND secret_key_id IS NULL AND starts_at <= $1::timestamptz
AND    (deletes_at IS NULL OR deletes_at > $1::timestamptz)
ORDER BY sequence DESC LIMIT 1;
-- name: convertLoginKeyBySequence
SELECT sequence, secret FROM crypto_keys
WHERE  feature = 'oidc_convert' AND sequence = $1::bigint AND secret IS NOT NULL AND secret_key_id IS NULL
AND    starts_at <= $2::timestamptz AND (deletes_at IS NULL OR deletes_at > $2::timestamptz);
