-- name: session
SELECT k.hashed_secret, k.last_used, k.expires_at, k.created_at, k.updated_at, k.login_type, k.lifetime_seconds,
       k.ip_address, k.token_name, k.scopes, k.allow_list,
       EXISTS (SELECT 1 FROM user_links l WHERE l.user_id = k.user_id AND l.login_type = k.login_type),
       {{part.userColumns}}
FROM   api_keys k JOIN users u ON u.id = k.user_id
WHERE  k.id = ?1;
-- name: insertKey
INSERT INTO api_keys (id, hashed_secret, user_id, last_used, expires_at, created_at, updated_at, login_type,
                      lifetime_seconds, ip_address, token_name, scopes, allow_list)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13);
-- name: recordKeyUse
UPDATE api_keys SET last_used = ?2, expires_at = ?3, ip_address = ?4 WHERE id = ?1;
-- name: recordUserSeen
UPDATE users SET last_seen_at = ?2, updated_at = ?2 WHERE id = ?1;
-- name: deleteKey
DELETE FROM api_keys WHERE id = ?1;
-- name: deleteApplicationKeys
DELETE FROM api_keys
WHERE  user_id = ?1 AND EXISTS (SELECT 1 FROM json_each(scopes) WHERE value = 'coder:application_connect');
