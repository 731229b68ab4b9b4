-- name: credentials
SELECT id, status::text, login_type::text, hashed_password FROM users
WHERE  deleted = false AND email <> '' AND lower(email) = lower($1::text);
