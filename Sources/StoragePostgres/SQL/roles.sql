-- name: setRoles
UPDATE users SET rbac_roles = ARRAY(SELECT json_array_elements_text($2::json)) WHERE id = $1::uuid AND deleted = false;
-- name: customSiteRoles
SELECT name, display_name, site_permissions::text, user_permissions::text FROM custom_roles
WHERE  organization_id IS NULL AND is_system = false ORDER BY name COLLATE "C";
