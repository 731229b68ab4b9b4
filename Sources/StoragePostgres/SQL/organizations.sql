-- name: part.organizationColumns
id, name, display_name, description, icon, created_at, updated_at, is_default, deleted
-- name: defaultOrganization
SELECT {{part.organizationColumns}} FROM organizations WHERE is_default = true;
-- name: organizationByID
SELECT {{part.organizationColumns}} FROM organizations WHERE id = $1::uuid;
-- name: organizationByName
SELECT {{part.organizationColumns}} FROM organizations WHERE lower(name) = lower($1::text) AND deleted = false;
-- name: allOrganizations
SELECT {{part.organizationColumns}} FROM organizations WHERE deleted = false ORDER BY lower(name) COLLATE "C";
-- name: organizationsOfUser
SELECT {{part.organizationColumns}} FROM organizations
WHERE  deleted = false AND id IN (SELECT organization_id FROM organization_members WHERE user_id = $1::uuid)
ORDER BY lower(name) COLLATE "C";
-- name: membershipTimes
SELECT user_id, created_at, updated_at FROM organization_members
WHERE  organization_id = $1::uuid AND user_id = ANY (ARRAY(SELECT json_array_elements_text($2::json))::uuid[]);
-- name: removeMember
DELETE FROM organization_members WHERE user_id = $1::uuid AND organization_id = $2::uuid;
-- name: setMemberRoles
UPDATE organization_members SET roles = ARRAY(SELECT json_array_elements_text($3::json))
WHERE  user_id = $1::uuid AND organization_id = $2::uuid;
