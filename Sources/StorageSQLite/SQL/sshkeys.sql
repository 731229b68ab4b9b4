-- name: sshKey
SELECT user_id, created_at, updated_at, public_key FROM gitsshkeys WHERE user_id = ?1;
-- name: setSSHKey
UPDATE gitsshkeys SET private_key = ?2, public_key = ?3, updated_at = ?4 WHERE user_id = ?1;
