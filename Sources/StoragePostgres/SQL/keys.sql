-- name: part.keyColumns
k.id, k.user_id, k.hashed_secret, k.last_used, k.expires_at, k.created_at, k.updated_at, k.login_type::text,
k.lifetime_seconds, host(k.ip_address), k.token_name, array_to_json(k.scopes)::text, array_to_json(k.allow_list)::text
-- name: session
SELECT {{part.keyColumns}},
       (SELECT l.oauth_expiry FROM user_links l WHERE l.user_id = k.user_id AND l.login_type = k.login_type),
       ({{part.moment}}),
       {{part.userColumns}}
FROM   api_keys k JOIN users u ON u.id = k.user_id
WHERE  k.id = $1::text;
-- name: insertKey
-- Locks the user: a deletion that has not been committed yet is waited for, and then there is no row to insert.
INSERT INTO api_keys (id, hashed_secret, user_id, last_used, expires_at, created_at, updated_at, login_type,
                      lifetime_seconds, ip_address, token_name, scopes, allow_list)
SELECT $1::text, $2::bytea, id, $4::timestamptz, $5::timestamptz, $6::timestamptz, $7::timestamptz,
       $8::text::login_type, $9::bigint, $10::text::inet, $11::text,
       ARRAY(SELECT json_array_elements_text($12::json))::api_key_scope[],
       ARRAY(SELECT json_array_elements_text($13::json))
FROM   users WHERE id = $3::uuid AND deleted = false
FOR SHARE;
-- name: openSession
-- Locks the user, as `insertKey` does: a new password that has not been committed yet is waited for.
INSERT INTO api_keys (id, hashed_secret, user_id, last_used, expires_at, created_at, updated_at, login_type,
                      lifetime_seconds, ip_address, token_name, scopes, allow_list)
SELECT $1::text, $2::bytea, id, $4::timestamptz, $5::timestamptz, $6::timestamptz, $7::timestamptz,
       $8::text::login_type, $9::bigint, $10::text::inet, $11::text,
       ARRAY(SELECT json_array_elements_text($12::json))::api_key_scope[],
       ARRAY(SELECT json_array_elements_text($13::json))
FROM   users WHERE id = $3::uuid AND deleted = false AND status = 'active' AND hashed_password = $14::bytea
FOR SHARE;
-- name: recordKeyUse
UPDATE api_keys SET last_used = $2::timestamptz, expires_at = $3::timestamptz, ip_address = $4::text::inet
WHERE  id = $1::text;
-- name: recordUserSeen
-- Only while the key is there: it may have gone since it was read.
UPDATE users SET last_seen_at = $2::timestamptz AT TIME ZONE 'UTC', updated_at = $2::timestamptz
WHERE  id = $1::uuid AND EXISTS (SELECT 1 FROM api_keys WHERE id = $3::text);
-- name: deleteKey
DELETE FROM api_keys WHERE id = $1::text;
-- name: deleteApplicationKeys
DELETE FROM api_keys WHERE user_id = $1::uuid AND 'coder:application_connect' = ANY (scopes);
-- name: keyByID
SELECT {{part.keyColumns}} FROM api_keys k WHERE k.id = $1::text;
-- name: keyByName
SELECT {{part.keyColumns}} FROM api_keys k
WHERE  k.user_id = $1::uuid AND k.token_name = $2::text AND k.token_name <> '' ORDER BY k.created_at LIMIT 1;
-- name: tokens
-- $1 NULL: everybody's. $2 NULL: expired ones too.
SELECT {{part.keyColumns}}, u.username FROM api_keys k JOIN users u ON u.id = k.user_id
WHERE  k.login_type = 'token' AND ($1::uuid IS NULL OR k.user_id = $1::uuid)
AND    ($2::timestamptz IS NULL OR k.expires_at > $2::timestamptz)
ORDER BY k.created_at, k.id COLLATE "C";
-- name: expireKey
UPDATE api_keys SET expires_at = least(expires_at, $2::timestamptz) WHERE id = $1::text;
-- name: purgeKeys
-- Rows that another process is deleting are left to it.
DELETE FROM api_keys WHERE id IN (
    SELECT id FROM api_keys WHERE expires_at < $1::timestamptz LIMIT $2::bigint FOR UPDATE SKIP LOCKED);
-- name: deleteKeysOfUser
DELETE FROM api_keys WHERE user_id = $1::uuid;
