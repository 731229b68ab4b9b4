-- name: part.userColumns
u.id, u.username, u.name, u.email, u.avatar_url, u.created_at, u.updated_at, u.last_seen_at, u.status::text,
u.login_type::text, u.deleted, u.is_system, u.is_service_account, array_to_json(u.rbac_roles)::text,
(SELECT json_object_agg(m.organization_id, array_to_json(m.roles) ORDER BY m.organization_id)::text
 FROM organization_members m WHERE m.user_id = u.id),
EXISTS (SELECT 1 FROM ai_seat_state s WHERE s.user_id = u.id)
-- name: userByID
SELECT {{part.userColumns}} FROM users u WHERE u.id = $1::uuid;
-- name: userByUsername
SELECT {{part.userColumns}} FROM users u WHERE lower(u.username) = lower($1::text) AND u.deleted = false;
-- name: hasUsers
SELECT EXISTS (SELECT 1 FROM users WHERE deleted = false AND is_system = false);
-- name: insertUser
INSERT INTO users (id, username, name, email, hashed_password, created_at, updated_at, rbac_roles, login_type,
                   status, is_service_account)
VALUES ($1::uuid, $2::text, $3::text, $4::text, $5::bytea, $6::timestamptz, $6::timestamptz,
        ARRAY(SELECT json_array_elements_text($7::json)), $8::text::login_type, $9::text::user_status, $10::boolean);
-- name: insertMembership
INSERT INTO organization_members (user_id, organization_id, created_at, updated_at)
VALUES ($1::uuid, $2::uuid, $3::timestamptz, $3::timestamptz);
-- name: insertSSHKey
INSERT INTO gitsshkeys (user_id, created_at, updated_at, private_key, public_key)
VALUES ($1::uuid, $2::timestamptz, $2::timestamptz, $3::text, $4::text);
-- name: deleteUser
-- `updated_at` stays (database.md §3.1); triggers write the history and remove keys and links.
UPDATE users SET deleted = true WHERE id = $1::uuid AND deleted = false;
-- name: liveOwnerState
-- No row: no such live user. Otherwise whether it is an owner, and whether another live user is one.
SELECT 'owner' = ANY (u.rbac_roles),
       EXISTS (SELECT 1 FROM users o
               WHERE o.deleted = false AND o.is_system = false AND o.id <> u.id AND 'owner' = ANY (o.rbac_roles))
FROM   users u WHERE u.id = $1::uuid AND u.deleted = false;
-- name: activateDormant
UPDATE users SET status = 'active', updated_at = $2::timestamptz, last_seen_at = $2::timestamptz AT TIME ZONE 'UTC'
WHERE  id = $1::uuid AND status = 'dormant' AND deleted = false;
-- name: isTaken
SELECT EXISTS (SELECT 1 FROM users WHERE deleted = false AND lower(username) = lower($1::text))
    OR EXISTS (SELECT 1 FROM users WHERE deleted = false AND email <> '' AND lower(email) = lower($2::text));
-- name: setStatus
UPDATE users SET status = $2::text::user_status, updated_at = $3::timestamptz WHERE id = $1::uuid AND deleted = false;
-- name: setProfile
UPDATE users SET username = $2::text, name = $3::text, updated_at = $4::timestamptz
WHERE  id = $1::uuid AND deleted = false;
