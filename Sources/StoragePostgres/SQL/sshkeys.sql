-- name: sshKey
SELECT user_id, created_at, updated_at, public_key FROM gitsshkeys WHERE user_id = $1::uuid;
-- name: setSSHKey
UPDATE gitsshkeys SET private_key = $2::text, public_key = $3::text, updated_at = $4::timestamptz
WHERE  user_id = $1::uuid;
