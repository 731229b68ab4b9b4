-- name: part.keyColumns
k.id, k.user_id, k.hashed_secret, k.last_used, k.expires_at, k.created_at, k.updated_at, k.login_type,
k.lifetime_seconds, k.ip_address, k.token_name, k.scopes, k.allow_list
-- name: session
SELECT {{part.keyColumns}},
       (SELECT l.oauth_expiry FROM user_links l WHERE l.user_id = k.user_id AND l.login_type = k.login_type),
       {{part.userColumns}}
FROM   api_keys k JOIN users u ON u.id = k.user_id
WHERE  k.id = ?1;
-- name: insertKey
INSERT INTO api_keys (id, hashed_secret, user_id, last_used, expires_at, created_at, updated_at, login_type,
                      lifetime_seconds, ip_address, token_name, scopes, allow_list)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13);
-- name: openSession
INSERT INTO api_keys (id, hashed_secret, user_id, last_used, expires_at, created_at, updated_at, login_type,
                      lifetime_seconds, ip_address, token_name, scopes, allow_list)
SELECT ?1, ?2, id, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13
FROM   users WHERE id = ?3 AND deleted = 0 AND status = 'active' AND hashed_password = ?14;
-- name: recordKeyUse
UPDATE api_keys SET last_used = ?2, expires_at = ?3, ip_address = ?4 WHERE id = ?1;
-- name: recordUserSeen
UPDATE users SET last_seen_at = ?2, updated_at = ?2 WHERE id = ?1;
-- name: deleteKey
DELETE FROM api_keys WHERE id = ?1;
-- name: deleteApplicationKeys
DELETE FROM api_keys
WHERE  user_id = ?1 AND EXISTS (SELECT 1 FROM json_each(scopes) WHERE value = 'coder:application_connect');
-- name: keyByID
SELECT {{part.keyColumns}} FROM api_keys k WHERE k.id = ?1;
-- name: keyByName
SELECT {{part.keyColumns}} FROM api_keys k WHERE k.user_id = ?1 AND k.token_name = ?2 AND k.token_name <> ''
ORDER BY k.created_at LIMIT 1;
-- name: tokens
-- ?1 NULL: everybody's. ?2 NULL: expired ones too.
SELECT {{part.keyColumns}}, u.username FROM api_keys k JOIN users u ON u.id = k.user_id
WHERE  k.login_type = 'token' AND (?1 IS NULL OR k.user_id = ?1) AND (?2 IS NULL OR k.expires_at > ?2)
ORDER BY k.created_at, k.id;
-- name: expireKey
UPDATE api_keys SET expires_at = min(expires_at, ?2) WHERE id = ?1;
-- name: purgeKeys
DELETE FROM api_keys WHERE id IN (SELECT id FROM api_keys WHERE expires_at < ?1 LIMIT ?2);
-- name: deleteKeysOfUser
DELETE FROM api_keys WHERE user_id = ?1;
