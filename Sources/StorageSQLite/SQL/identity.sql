-- name: credentials
SELECT id, status, login_type, hashed_password FROM users
WHERE  deleted = 0 AND email_lower <> '' AND email_lower = pg_lower(?1);
