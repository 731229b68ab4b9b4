-- name: part.credentialColumns
id, email, status, login_type, hashed_password, hashed_one_time_passcode,
coalesce(one_time_passcode_expires_at, -62135596800000000)
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
