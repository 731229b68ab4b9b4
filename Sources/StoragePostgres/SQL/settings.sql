-- name: settings
SELECT key, value FROM user_configs WHERE user_id = $1::uuid;
-- name: setSetting
INSERT INTO user_configs (user_id, key, value) VALUES ($1::uuid, $2::text, $3::text)
ON CONFLICT (user_id, key) DO UPDATE SET value = excluded.value;
