-- name: setRoles
UPDATE users SET rbac_roles = ?2 WHERE id = ?1 AND deleted = 0;
-- name: customSiteRoles
SELECT name, display_name, site_permissions, user_permissions FROM custom_roles
WHERE  organization_id IS NULL AND is_system = 0 ORDER BY name;
