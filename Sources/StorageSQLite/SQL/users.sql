-- name: part.userColumns
u.id, u.username, u.name, u.email, u.avatar_url, u.created_at, u.updated_at, u.last_seen_at, u.status, u.login_type,
u.deleted, u.is_system, u.is_service_account, u.rbac_roles,
(SELECT json_group_object(organization_id, json(roles)) FROM
    (SELECT m.organization_id, m.roles FROM organization_members m WHERE m.user_id = u.id ORDER BY m.organization_id)),
EXISTS (SELECT 1 FROM ai_seat_state s WHERE s.user_id = u.id)
-- name: userByID
SELECT {{part.userColumns}} FROM users u WHERE u.id = ?1;
-- name: userByUsername
SELECT {{part.userColumns}} FROM users u WHERE lower(u.username) = pg_lower(?1) AND u.deleted = 0;
-- name: hasUsers
SELECT EXISTS (SELECT 1 FROM users WHERE deleted = 0 AND is_system = 0);
-- name: insertUser
INSERT INTO users (id, username, name, email, email_lower, hashed_password, created_at, updated_at, rbac_roles,
                   login_type, status, is_service_account)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, ?9, ?10, ?11);
-- name: insertMembership
INSERT INTO organization_members (user_id, organization_id, created_at, updated_at) VALUES (?1, ?2, ?3, ?3);
-- name: insertSSHKey
INSERT INTO gitsshkeys (user_id, created_at, updated_at, private_key, public_key) VALUES (?1, ?2, ?2, ?3, ?4);
-- name: deleteUser
-- `updated_at` stays (database.md §3.1); triggers write the history and remove keys and links.
UPDATE users SET deleted = 1 WHERE id = ?1 AND deleted = 0;
-- name: liveOwnerState
-- No row: no such live user. Otherwise whether it is an owner, and whether another live user is one.
SELECT EXISTS (SELECT 1 FROM json_each(u.rbac_roles) WHERE value = 'owner'),
       EXISTS (SELECT 1 FROM users o, json_each(o.rbac_roles) r
               WHERE o.deleted = 0 AND o.is_system = 0 AND o.id <> u.id AND r.value = 'owner')
FROM   users u WHERE u.id = ?1 AND u.deleted = 0;
-- name: activateDormant
UPDATE users SET status = 'active', updated_at = ?2, last_seen_at = ?2
WHERE  id = ?1 AND status = 'dormant' AND deleted = 0;
-- name: isTaken
SELECT EXISTS (SELECT 1 FROM users WHERE deleted = 0 AND lower(username) = pg_lower(?1))
    OR EXISTS (SELECT 1 FROM users WHERE deleted = 0 AND email_lower <> '' AND email_lower = pg_lower(?2));
-- name: setStatus
UPDATE users SET status = ?2, updated_at = ?3 WHERE id = ?1 AND deleted = 0;
-- name: setProfile
UPDATE users SET username = ?2, name = ?3, updated_at = ?4 WHERE id = ?1 AND deleted = 0;
