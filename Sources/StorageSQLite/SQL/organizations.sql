-- name: part.organizationColumns
id, name, display_name, description, icon, created_at, updated_at, is_default, deleted
-- name: defaultOrganization
SELECT {{part.organizationColumns}} FROM organizations WHERE is_default = 1;
-- name: organizationByID
SELECT {{part.organizationColumns}} FROM organizations WHERE id = ?1;
-- name: organizationByName
SELECT {{part.organizationColumns}} FROM organizations WHERE lower(name) = pg_lower(?1) AND deleted = 0;
-- name: allOrganizations
SELECT {{part.organizationColumns}} FROM organizations WHERE deleted = 0 ORDER BY lower(name);
-- name: organizationsOfUser
SELECT {{part.organizationColumns}} FROM organizations
WHERE  deleted = 0 AND id IN (SELECT organization_id FROM organization_members WHERE user_id = ?1)
ORDER BY lower(name);
-- name: membershipTimes
SELECT user_id, created_at, updated_at FROM organization_members
WHERE  organization_id = ?1 AND user_id IN (SELECT value FROM json_each(?2));
-- name: removeMember
DELETE FROM organization_members WHERE user_id = ?1 AND organization_id = ?2;
-- name: setMemberRoles
UPDATE organization_members SET roles = ?3 WHERE user_id = ?1 AND organization_id = ?2;
