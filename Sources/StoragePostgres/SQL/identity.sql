-- name: part.credentialColumns
id, email, status::text, login_type::text, hashed_password, hashed_one_time_passcode,
coalesce(one_time_passcode_expires_at, '0001-01-01 00:00:00+00'::timestamptz), username
-- name: credentials
SELECT {{part.credentialColumns}} FROM users WHERE deleted = false AND email <> '' AND lower(email) = lower($1::text);
-- name: credentialsByID
SELECT {{part.credentialColumns}} FROM users WHERE deleted = false AND id = $1::uuid;
-- name: setPassword
UPDATE users SET hashed_password = $2::bytea, hashed_one_time_passcode = NULL, one_time_passcode_expires_at = NULL
WHERE  id = $1::uuid AND deleted = false;
-- name: setPasscode
UPDATE users SET hashed_one_time_passcode = $2::bytea, one_time_passcode_expires_at = $3::timestamptz
WHERE  id = $1::uuid AND deleted = false;
-- name: resetPassword
UPDATE users SET hashed_password = $2::bytea, hashed_one_time_passcode = NULL, one_time_passcode_expires_at = NULL
WHERE  id = $1::uuid AND deleted = false AND hashed_one_time_passcode = $3::bytea;
-- name: claims
SELECT coalesce((claims -> 'merged_claims')::text, '{}') FROM user_links
WHERE  user_id = $1::uuid AND login_type = 'oidc';
-- name: userByEmail
SELECT {{part.userColumns}} FROM users u
WHERE  u.deleted = false AND u.email <> '' AND lower(u.email) = lower($1::text);
-- name: userByLink
SELECT {{part.userColumns}} FROM user_links l JOIN users u ON u.id = l.user_id
WHERE  l.linked_id = $1::text AND l.linked_id <> '' AND l.login_type = $2::text::login_type AND u.deleted = false;
-- name: link
SELECT user_id, login_type::text, linked_id, oauth_access_token,
       CASE WHEN oauth_refresh_token_key_id IS NULL THEN oauth_refresh_token ELSE '' END, oauth_expiry, claims::text
FROM   user_links WHERE user_id = $1::uuid AND login_type = $2::text::login_type;
-- name: refreshLink
UPDATE user_links
SET    oauth_access_token = $4::text, oauth_refresh_token = $5::text, oauth_expiry = $6::timestamptz,
       oauth_access_token_key_id = NULL, oauth_refresh_token_key_id = NULL
WHERE  user_id = $1::uuid AND login_type = $2::text::login_type AND oauth_refresh_token = $3::text;
-- name: upsertLink
-- An empty linked id is filled in, another one stays and nothing is written (decisions.md #10).
INSERT INTO user_links (user_id, login_type, linked_id, oauth_access_token, oauth_refresh_token, oauth_expiry, claims)
VALUES ($1::uuid, $2::text::login_type, $3::text, $4::text, $5::text, $6::timestamptz, $7::text::jsonb)
ON CONFLICT (user_id, login_type) DO UPDATE
SET    linked_id = excluded.linked_id, oauth_access_token = excluded.oauth_access_token,
       oauth_refresh_token = excluded.oauth_refresh_token, oauth_expiry = excluded.oauth_expiry,
       oauth_access_token_key_id = NULL, oauth_refresh_token_key_id = NULL, claims = excluded.claims
WHERE  user_links.linked_id IN ('', excluded.linked_id);
-- name: signInUser
-- $7: the login type it becomes; a password ends with a conversion. A dormant user is seen.
UPDATE users
SET    email = $2::text, name = $3::text, avatar_url = $4::text,
       github_com_user_id = coalesce($5::bigint, github_com_user_id), updated_at = $6::timestamptz,
       last_seen_at = CASE WHEN status = 'dormant' THEN $6::timestamptz AT TIME ZONE 'UTC' ELSE last_seen_at END,
       status = CASE WHEN status = 'dormant' THEN 'active' ELSE status END,
       hashed_password = CASE WHEN login_type = $7::text::login_type THEN hashed_password ELSE '' END,
       login_type = $7::text::login_type
WHERE  id = $1::uuid AND deleted = false;
