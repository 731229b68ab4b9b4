-- name: insertAudit
-- $14 NULL: at all events; otherwise only when the statement before it, of the same transaction, made that key.
INSERT INTO audit_logs (id, time, user_id, organization_id, ip, user_agent, resource_type, resource_id,
                        resource_target, action, diff, status_code, additional_fields, request_id, resource_icon)
SELECT $1::uuid, $2::timestamptz, $3::uuid, '00000000-0000-0000-0000-000000000000', $4::text::inet, $5::text,
       $6::text::resource_type, $7::uuid, $8::text, $9::text::audit_action, $10::text::jsonb, $11::integer,
       $12::text::jsonb, $13::uuid, ''
WHERE  $14::text IS NULL OR EXISTS (SELECT FROM api_keys WHERE id = $14::text);
