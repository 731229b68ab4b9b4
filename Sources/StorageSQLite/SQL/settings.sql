-- name: settings
SELECT key, value FROM user_configs WHERE user_id = ?1;
-- name: setSetting
INSERT INTO user_configs (user_id, key, value) VALUES (?1, ?2, ?3)
ON CONFLICT (user_id, key) DO UPDATE SET value = excluded.value;
