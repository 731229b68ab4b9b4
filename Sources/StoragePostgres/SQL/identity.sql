-- name: part.credentialColumns
id, email, status::text, login_type::text, hashed_password, hashed_one_time_passcode,
coalesce(one_time_passcode_expires_at, '0001-01-01 00:00:00+00'::timestamptz)
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
