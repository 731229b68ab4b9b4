-- name: part.credentialColumns
id, email, status, login_type, hashed_password, hashed_one_time_passcode,
coalesce(one_time_passcode_expires_at, -62135596800000000), username
-- name: credentials
SELECT {{part.credentialColumns}} FROM users WHERE deleted = 0 AND email_lower <> '' AND email_lower = pg_lower(?1);
-- name: credentialsByID
SELECT {{part.credentialColumns}} FROM users WHERE deleted = 0 AND id = ?1;
-- name: setPassword
UPDATE users SET hashed_password = ?2, hashed_one_time_passcode = NULL, one_time_passcode_expires_at = NULL
WHERE  id = ?1 AND deleted = 0;
-- name: setPasscode
UPDATE users SET hashed_one_time_passcode = ?2, one_time_passcode_expires_at = ?3 WHERE id = ?1 AND deleted = 0;
-- name: resetPassword
UPDATE users SET hashed_password = ?2, hashed_one_time_passcode = NULL, one_time_passcode_expires_at = NULL
WHERE  id = ?1 AND deleted = 0 AND hashed_one_time_passcode = ?3;
-- name: claims
SELECT coalesce(claims -> '$.merged_claims', '{}') FROM user_links WHERE user_id = ?1 AND login_type = 'oidc';
-- name: userByEmail
SELECT {{part.userColumns}} FROM users u WHERE u.deleted = 0 AND u.email_lower <> '' AND u.email_lower = pg_lower(?1);
-- name: userByLink
SELECT {{part.userColumns}} FROM user_links l JOIN users u ON u.id = l.user_id
WHERE  l.linked_id = ?1 AND l.linked_id <> '' AND l.login_type = ?2 AND u.deleted = 0;
-- name: link
SELECT user_id, login_type, linked_id, oauth_access_token,
       CASE WHEN oauth_refresh_token_key_id IS NULL THEN oauth_refresh_token ELSE '' END, oauth_expiry, claims
FROM   user_links WHERE user_id = ?1 AND login_type = ?2;
-- name: refreshLink
UPDATE user_links SET oauth_access_token = ?4, oauth_refresh_token = ?5, oauth_expiry = ?6
WHERE  user_id = ?1 AND login_type = ?2 AND oauth_refresh_token = ?3;
-- name: upsertLink
-- An empty linked id is filled in, another one stays and nothing is written (decisions.md #10).
INSERT INTO user_links (user_id, login_type, linked_id, oauth_access_token, oauth_refresh_token, oauth_expiry, claims)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (user_id, login_type) DO UPDATE
SET    linked_id = excluded.linked_id, oauth_access_token = excluded.oauth_access_token,
       oauth_refresh_token = excluded.oauth_refresh_token, oauth_expiry = excluded.oauth_expiry,
       oauth_access_token_key_id = NULL, oauth_refresh_token_key_id = NULL, claims = excluded.claims
WHERE  user_links.linked_id IN ('', excluded.linked_id);
-- name: signInUser
-- ?8: the login type it becomes; a password ends with a conversion. A dormant user is seen.
UPDATE users
SET    email = ?2, email_lower = ?3, name = ?4, avatar_url = ?5, github_com_user_id = coalesce(?6, github_com_user_id),
       updated_at = ?7, last_seen_at = CASE WHEN status = 'dormant' THEN ?7 ELSE last_seen_at END,
       status = CASE WHEN status = 'dormant' THEN 'active' ELSE status END,
       hashed_password = CASE WHEN login_type = ?8 THEN hashed_password ELSE x'' END,
       login_type = ?8
WHERE  id = ?1 AND deleted = 0;
