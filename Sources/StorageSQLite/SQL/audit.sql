-- name: insertAudit
INSERT INTO audit_logs (id, time, user_id, organization_id, ip, user_agent, resource_type, resource_id,
                        resource_target, action, diff, status_code, additional_fields, request_id, resource_icon)
VALUES (?1, ?2, ?3, '00000000-0000-0000-0000-000000000000', ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, '');
