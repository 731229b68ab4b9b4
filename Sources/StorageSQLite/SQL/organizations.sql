-- name: part.organizationColumns
id, name, display_name, description, icon, created_at, updated_at, is_default, deleted
-- name: defaultOrganization
SELECT {{part.organizationColumns}} FROM organizations WHERE is_default = 1;
-- name: organizationByID
SELECT {{part.organizationColumns}} FROM organizations WHERE id = ?1;
