-- Numbered and append-only: a name here is `migration.` and its number; `schema_version` holds the last one.
-- Tables, columns, types, constraints, indexes and triggers are Coder's (spec/database.md), in a schema of our own.
-- name: migration.1
CREATE TYPE user_status AS ENUM ('active', 'suspended', 'dormant');
CREATE TYPE login_type AS ENUM ('password', 'github', 'oidc', 'token', 'none', 'oauth2_provider_app');
CREATE TYPE ai_seat_usage_reason AS ENUM ('aibridge', 'task');
CREATE TYPE shareable_workspace_owners AS ENUM ('none', 'everyone', 'service_accounts');
CREATE TYPE crypto_key_feature AS ENUM
    ('workspace_apps_token', 'workspace_apps_api_key', 'oidc_convert', 'tailnet_resume');
CREATE TYPE api_key_scope AS ENUM (
    'coder:all', 'coder:application_connect', 'coder:workspaces.create', 'coder:workspaces.operate',
    'coder:workspaces.delete', 'coder:workspaces.access', 'coder:templates.build', 'coder:templates.author',
    'coder:apikeys.manage_self', 'ai_model_price:read', 'ai_model_price:update', 'ai_seat:create', 'ai_seat:read',
    'aibridge_interception:create', 'aibridge_interception:read', 'aibridge_interception:update', 'api_key:create',
    'api_key:delete', 'api_key:read', 'api_key:update', 'assign_org_role:assign', 'assign_org_role:create',
    'assign_org_role:delete', 'assign_org_role:read', 'assign_org_role:unassign', 'assign_org_role:update',
    'assign_role:assign', 'assign_role:read', 'assign_role:unassign', 'audit_log:create', 'audit_log:read',
    'boundary_usage:delete', 'boundary_usage:read', 'boundary_usage:update', 'chat:create', 'chat:delete',
    'chat:read', 'chat:update', 'connection_log:read', 'connection_log:update', 'crypto_key:create',
    'crypto_key:delete', 'crypto_key:read', 'crypto_key:update', 'debug_info:read', 'deployment_config:read',
    'deployment_config:update', 'deployment_stats:read', 'file:create', 'file:read', 'group:create', 'group:delete',
    'group:read', 'group:update', 'group_member:read', 'idpsync_settings:read', 'idpsync_settings:update',
    'inbox_notification:create', 'inbox_notification:read', 'inbox_notification:update', 'license:create',
    'license:delete', 'license:read', 'notification_message:create', 'notification_message:delete',
    'notification_message:read', 'notification_message:update', 'notification_preference:read',
    'notification_preference:update', 'notification_template:read', 'notification_template:update',
    'oauth2_app:create', 'oauth2_app:delete', 'oauth2_app:read', 'oauth2_app:update', 'oauth2_app_code_token:create',
    'oauth2_app_code_token:delete', 'oauth2_app_code_token:read', 'oauth2_app_secret:create',
    'oauth2_app_secret:delete', 'oauth2_app_secret:read', 'oauth2_app_secret:update', 'organization:create',
    'organization:delete', 'organization:read', 'organization:update', 'organization_member:create',
    'organization_member:delete', 'organization_member:read', 'organization_member:update',
    'prebuilt_workspace:delete', 'prebuilt_workspace:update', 'provisioner_daemon:create',
    'provisioner_daemon:delete', 'provisioner_daemon:read', 'provisioner_daemon:update', 'provisioner_jobs:create',
    'provisioner_jobs:read', 'provisioner_jobs:update', 'replicas:read', 'system:create', 'system:delete',
    'system:read', 'system:update', 'tailnet_coordinator:create', 'tailnet_coordinator:delete',
    'tailnet_coordinator:read', 'tailnet_coordinator:update', 'task:create', 'task:delete', 'task:read',
    'task:update', 'template:create', 'template:delete', 'template:read', 'template:update', 'template:use',
    'template:view_insights', 'usage_event:create', 'usage_event:read', 'usage_event:update', 'user:create',
    'user:delete', 'user:read', 'user:read_personal', 'user:update', 'user:update_personal', 'user_secret:create',
    'user_secret:delete', 'user_secret:read', 'user_secret:update', 'webpush_subscription:create',
    'webpush_subscription:delete', 'webpush_subscription:read', 'workspace:application_connect', 'workspace:create',
    'workspace:create_agent', 'workspace:delete', 'workspace:delete_agent', 'workspace:read', 'workspace:share',
    'workspace:ssh', 'workspace:start', 'workspace:stop', 'workspace:update', 'workspace:update_agent',
    'workspace_agent_devcontainers:create', 'workspace_agent_resource_monitor:create',
    'workspace_agent_resource_monitor:read', 'workspace_agent_resource_monitor:update',
    'workspace_dormant:application_connect', 'workspace_dormant:create', 'workspace_dormant:create_agent',
    'workspace_dormant:delete', 'workspace_dormant:delete_agent', 'workspace_dormant:read', 'workspace_dormant:share',
    'workspace_dormant:ssh', 'workspace_dormant:start', 'workspace_dormant:stop', 'workspace_dormant:update',
    'workspace_dormant:update_agent', 'workspace_proxy:create', 'workspace_proxy:delete', 'workspace_proxy:read',
    'workspace_proxy:update', 'ai_model_price:*', 'ai_seat:*', 'aibridge_interception:*', 'api_key:*',
    'assign_org_role:*', 'assign_role:*', 'audit_log:*', 'boundary_usage:*', 'chat:*', 'connection_log:*',
    'crypto_key:*', 'debug_info:*', 'deployment_config:*', 'deployment_stats:*', 'file:*', 'group:*',
    'group_member:*', 'idpsync_settings:*', 'inbox_notification:*', 'license:*', 'notification_message:*',
    'notification_preference:*', 'notification_template:*', 'oauth2_app:*', 'oauth2_app_code_token:*',
    'oauth2_app_secret:*', 'organization:*', 'organization_member:*', 'prebuilt_workspace:*', 'provisioner_daemon:*',
    'provisioner_jobs:*', 'replicas:*', 'system:*', 'tailnet_coordinator:*', 'task:*', 'template:*', 'usage_event:*',
    'user:*', 'user_secret:*', 'webpush_subscription:*', 'workspace:*', 'workspace_agent_devcontainers:*',
    'workspace_agent_resource_monitor:*', 'workspace_dormant:*', 'workspace_proxy:*'
);

CREATE TABLE users (
    id                           uuid        NOT NULL,
    email                        text        NOT NULL,
    username                     text        NOT NULL DEFAULT '',
    hashed_password              bytea       NOT NULL,
    created_at                   timestamptz NOT NULL,
    updated_at                   timestamptz NOT NULL,
    status                       user_status NOT NULL DEFAULT 'dormant',
    rbac_roles                   text[]      NOT NULL DEFAULT '{}',
    login_type                   login_type  NOT NULL DEFAULT 'password',
    avatar_url                   text        NOT NULL DEFAULT '',
    deleted                      boolean     NOT NULL DEFAULT false,
    last_seen_at                 timestamp   NOT NULL DEFAULT '0001-01-01 00:00:00',
    quiet_hours_schedule         text        NOT NULL DEFAULT '',
    name                         text        NOT NULL DEFAULT '',
    github_com_user_id           bigint,
    hashed_one_time_passcode     bytea,
    one_time_passcode_expires_at timestamptz,
    is_system                    boolean     NOT NULL DEFAULT false,
    is_service_account           boolean     NOT NULL DEFAULT false,
    chat_spend_limit_micros      bigint,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT one_time_passcode_set
        CHECK ((hashed_one_time_passcode IS NULL) = (one_time_passcode_expires_at IS NULL)),
    CONSTRAINT users_chat_spend_limit_micros_check
        CHECK (chat_spend_limit_micros IS NULL OR chat_spend_limit_micros > 0),
    CONSTRAINT users_email_not_empty CHECK (is_service_account = (email = '')),
    CONSTRAINT users_service_account_login_type CHECK (NOT is_service_account OR login_type = 'none'),
    CONSTRAINT users_username_min_length CHECK (length(username) >= 1)
);
CREATE UNIQUE INDEX idx_users_username ON users (username) WHERE deleted = false;
CREATE UNIQUE INDEX users_username_lower_idx ON users (lower(username)) WHERE deleted = false;
CREATE UNIQUE INDEX idx_users_email ON users (email) WHERE deleted = false AND email <> '';
CREATE UNIQUE INDEX users_email_lower_idx ON users (lower(email)) WHERE deleted = false AND email <> '';
-- Ours: the order of the list, whatever the database's collation, and all that counting it needs.
CREATE INDEX usersd_users_order_idx ON users (lower(username) COLLATE "C")
    WHERE deleted = false AND is_system = false;

CREATE TABLE user_status_changes (
    id         uuid        NOT NULL DEFAULT gen_random_uuid(),
    user_id    uuid        NOT NULL REFERENCES users (id),
    new_status user_status NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT user_status_changes_pkey PRIMARY KEY (id)
);
CREATE INDEX idx_user_status_changes_changed_at ON user_status_changes (changed_at);

CREATE TABLE user_deleted (
    id         uuid        NOT NULL DEFAULT gen_random_uuid(),
    user_id    uuid        NOT NULL REFERENCES users (id),
    deleted_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT user_deleted_pkey PRIMARY KEY (id)
);
CREATE INDEX idx_user_deleted_deleted_at ON user_deleted (deleted_at);

CREATE TABLE api_keys (
    id               text            NOT NULL,
    hashed_secret    bytea           NOT NULL,
    user_id          uuid            NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    last_used        timestamptz     NOT NULL,
    expires_at       timestamptz     NOT NULL,
    created_at       timestamptz     NOT NULL,
    updated_at       timestamptz     NOT NULL,
    login_type       login_type      NOT NULL,
    lifetime_seconds bigint          NOT NULL DEFAULT 86400,
    ip_address       inet            NOT NULL DEFAULT '0.0.0.0',
    token_name       text            NOT NULL DEFAULT '',
    scopes           api_key_scope[] NOT NULL,
    allow_list       text[]          NOT NULL,
    CONSTRAINT api_keys_pkey PRIMARY KEY (id),
    CONSTRAINT api_keys_allow_list_not_empty CHECK (array_length(allow_list, 1) > 0)
);
CREATE UNIQUE INDEX idx_api_key_name ON api_keys (user_id, token_name) WHERE login_type = 'token';
CREATE INDEX idx_api_keys_user ON api_keys (user_id);
CREATE INDEX idx_api_keys_last_used ON api_keys (last_used DESC);

CREATE TABLE user_links (
    user_id                    uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    login_type                 login_type  NOT NULL,
    linked_id                  text        NOT NULL DEFAULT '',
    oauth_access_token         text        NOT NULL DEFAULT '',
    oauth_refresh_token        text        NOT NULL DEFAULT '',
    oauth_expiry               timestamptz NOT NULL DEFAULT '0001-01-01 00:00:00+00',
    oauth_access_token_key_id  text,
    oauth_refresh_token_key_id text,
    claims                     jsonb       NOT NULL DEFAULT '{}',
    CONSTRAINT user_links_pkey PRIMARY KEY (user_id, login_type)
);
CREATE UNIQUE INDEX user_links_linked_id_login_type_idx ON user_links (linked_id, login_type) WHERE linked_id <> '';

CREATE TABLE user_configs (
    user_id uuid         NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    key     varchar(256) NOT NULL,
    value   text         NOT NULL,
    CONSTRAINT user_configs_pkey PRIMARY KEY (user_id, key)
);

CREATE TABLE gitsshkeys (
    user_id     uuid        NOT NULL REFERENCES users (id),
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    private_key text        NOT NULL,
    public_key  text        NOT NULL,
    CONSTRAINT gitsshkeys_pkey PRIMARY KEY (user_id)
);

CREATE TABLE organizations (
    id                         uuid                       NOT NULL,
    name                       text                       NOT NULL,
    description                text                       NOT NULL,
    created_at                 timestamptz                NOT NULL,
    updated_at                 timestamptz                NOT NULL,
    is_default                 boolean                    NOT NULL DEFAULT false,
    display_name               text                       NOT NULL,
    icon                       text                       NOT NULL DEFAULT '',
    deleted                    boolean                    NOT NULL DEFAULT false,
    shareable_workspace_owners shareable_workspace_owners NOT NULL DEFAULT 'everyone',
    CONSTRAINT organizations_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX idx_organization_name_lower ON organizations (lower(name)) WHERE deleted = false;
CREATE UNIQUE INDEX organizations_single_default_org ON organizations (is_default) WHERE is_default = true;

CREATE TABLE organization_members (
    user_id         uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    organization_id uuid        NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    roles           text[]      NOT NULL DEFAULT '{}',
    CONSTRAINT organization_members_pkey PRIMARY KEY (organization_id, user_id)
);
CREATE INDEX idx_organization_member_organization_id_uuid ON organization_members (organization_id);
CREATE INDEX idx_organization_member_user_id_uuid ON organization_members (user_id);

CREATE TABLE custom_roles (
    name               text        NOT NULL,
    display_name       text        NOT NULL,
    site_permissions   jsonb       NOT NULL DEFAULT '[]',
    org_permissions    jsonb       NOT NULL DEFAULT '{}',
    user_permissions   jsonb       NOT NULL DEFAULT '[]',
    created_at         timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at         timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    organization_id    uuid,
    id                 uuid        NOT NULL DEFAULT gen_random_uuid(),
    is_system          boolean     NOT NULL DEFAULT false,
    member_permissions jsonb       NOT NULL DEFAULT '[]',
    CONSTRAINT custom_roles_unique_key UNIQUE (name, organization_id),
    CONSTRAINT organization_id_not_zero CHECK (organization_id <> '00000000-0000-0000-0000-000000000000')
);
CREATE UNIQUE INDEX idx_custom_roles_name_lower
    ON custom_roles (lower(name), coalesce(organization_id, '00000000-0000-0000-0000-000000000000'));

CREATE TABLE site_configs (
    key   varchar(256) NOT NULL,
    value text         NOT NULL,
    CONSTRAINT site_configs_key_key UNIQUE (key)
);

CREATE TABLE crypto_keys (
    feature       crypto_key_feature NOT NULL,
    sequence      integer            NOT NULL,
    secret        text,
    secret_key_id text,
    starts_at     timestamptz        NOT NULL,
    deletes_at    timestamptz,
    CONSTRAINT crypto_keys_pkey PRIMARY KEY (feature, sequence)
);

CREATE TABLE ai_seat_state (
    user_id                uuid                 NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    first_used_at          timestamptz          NOT NULL,
    last_used_at           timestamptz          NOT NULL,
    last_event_type        ai_seat_usage_reason NOT NULL,
    last_event_description text                 NOT NULL,
    updated_at             timestamptz          NOT NULL,
    CONSTRAINT ai_seat_state_pkey PRIMARY KEY (user_id)
);

CREATE TABLE ai_model_prices (
    provider          text        NOT NULL,
    model             text        NOT NULL,
    input_price       bigint CONSTRAINT ai_model_prices_input_price_check CHECK (input_price >= 0),
    output_price      bigint CONSTRAINT ai_model_prices_output_price_check CHECK (output_price >= 0),
    cache_read_price  bigint CONSTRAINT ai_model_prices_cache_read_price_check CHECK (cache_read_price >= 0),
    cache_write_price bigint CONSTRAINT ai_model_prices_cache_write_price_check CHECK (cache_write_price >= 0),
    created_at        timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at        timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT ai_model_prices_pkey PRIMARY KEY (provider, model)
);
COMMENT ON TABLE ai_model_prices IS
    'Token prices per model, micro-USD per million tokens, for the cost of an interception. NULL: unknown. 0: free.';

CREATE FUNCTION record_user_status_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' OR OLD.status IS DISTINCT FROM NEW.status THEN
        INSERT INTO user_status_changes (user_id, new_status, changed_at)
        VALUES (NEW.id, NEW.status, NEW.updated_at);
    END IF;
    IF TG_OP = 'UPDATE' AND NOT OLD.deleted AND NEW.deleted THEN
        INSERT INTO user_deleted (user_id, deleted_at) VALUES (NEW.id, NEW.updated_at);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER user_status_change_trigger AFTER INSERT OR UPDATE ON users
    FOR EACH ROW EXECUTE FUNCTION record_user_status_change();

CREATE FUNCTION delete_deleted_user_resources() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.deleted THEN
        DELETE FROM api_keys WHERE user_id = NEW.id;
        DELETE FROM user_links WHERE user_id = NEW.id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER trigger_update_users AFTER INSERT OR UPDATE ON users
    FOR EACH ROW EXECUTE FUNCTION delete_deleted_user_resources();

CREATE FUNCTION insert_apikey_fail_if_user_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT deleted FROM users WHERE id = NEW.user_id) THEN
        RAISE EXCEPTION 'Cannot create API key for deleted user';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER trigger_insert_apikeys BEFORE INSERT ON api_keys
    FOR EACH ROW EXECUTE FUNCTION insert_apikey_fail_if_user_deleted();

CREATE FUNCTION insert_user_links_fail_if_user_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT deleted FROM users WHERE id = NEW.user_id) THEN
        RAISE EXCEPTION 'Cannot create user_link for deleted user';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER trigger_upsert_user_links BEFORE INSERT OR UPDATE ON user_links
    FOR EACH ROW EXECUTE FUNCTION insert_user_links_fail_if_user_deleted();

CREATE FUNCTION insert_organization_system_roles() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO custom_roles (name, display_name, org_permissions, organization_id, is_system)
    VALUES ('organization-member', '', '[]', NEW.id, true),
           ('organization-service-account', '', '[]', NEW.id, true);
    RETURN NEW;
END $$;
CREATE TRIGGER trigger_insert_organization_system_roles AFTER INSERT ON organizations
    FOR EACH ROW EXECUTE FUNCTION insert_organization_system_roles();

CREATE FUNCTION protect_deleting_organizations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.deleted AND NOT OLD.deleted AND (
        SELECT count(*) FROM organization_members m JOIN users u ON u.id = m.user_id
        WHERE m.organization_id = OLD.id AND NOT u.deleted) > 1
    THEN
        RAISE EXCEPTION 'cannot delete organization: it has members';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER protect_deleting_organizations BEFORE UPDATE ON organizations
    FOR EACH ROW EXECUTE FUNCTION protect_deleting_organizations();

CREATE FUNCTION remove_organization_member_role() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE organization_members SET roles = array_remove(roles, OLD.name)
    WHERE  organization_id = OLD.organization_id AND OLD.name = ANY (roles);
    RETURN OLD;
END $$;
CREATE TRIGGER remove_organization_member_custom_role BEFORE DELETE ON custom_roles
    FOR EACH ROW EXECUTE FUNCTION remove_organization_member_role();

INSERT INTO organizations (id, name, description, created_at, updated_at, is_default, display_name)
VALUES (gen_random_uuid(), 'coder', 'Builtin default organization.', now(), now(), true, 'Coder');
INSERT INTO users (id, email, username, hashed_password, created_at, updated_at, status, login_type, is_system)
VALUES ('c42fdf75-3097-471c-8c33-fb52454d81c0', 'prebuilds@system', 'prebuilds', 'none', now(), now(), 'active',
        'none', true);
INSERT INTO organization_members (user_id, organization_id, created_at, updated_at)
SELECT 'c42fdf75-3097-471c-8c33-fb52454d81c0', id, now(), now() FROM organizations;
-- name: migration.2
CREATE TYPE audit_action AS ENUM
    ('create', 'write', 'delete', 'start', 'stop', 'login', 'logout', 'register', 'request_password_reset', 'connect',
     'disconnect', 'open', 'close');
CREATE TYPE resource_type AS ENUM
    ('organization', 'template', 'template_version', 'user', 'workspace', 'git_ssh_key', 'api_key', 'group',
     'workspace_build', 'license', 'workspace_proxy', 'convert_login', 'health_settings', 'oauth2_provider_app',
     'oauth2_provider_app_secret', 'custom_role', 'organization_member', 'notifications_settings',
     'notification_template', 'idp_sync_settings_organization', 'idp_sync_settings_group', 'idp_sync_settings_role',
     'workspace_agent', 'workspace_app', 'prebuilds_settings', 'task', 'ai_seat', 'chat', 'user_secret');
CREATE TABLE audit_logs (
    id                uuid         NOT NULL PRIMARY KEY,
    time              timestamptz  NOT NULL,
    user_id           uuid         NOT NULL,
    organization_id   uuid         NOT NULL,
    ip                inet,
    user_agent        varchar(256),
    resource_type     resource_type NOT NULL,
    resource_id       uuid         NOT NULL,
    resource_target   text         NOT NULL,
    action            audit_action NOT NULL,
    diff              jsonb        NOT NULL,
    status_code       integer      NOT NULL,
    additional_fields jsonb        NOT NULL,
    request_id        uuid         NOT NULL,
    resource_icon     text         NOT NULL
);
CREATE INDEX idx_audit_log_organization_id ON audit_logs (organization_id);
CREATE INDEX idx_audit_log_resource_id ON audit_logs (resource_id);
CREATE INDEX idx_audit_log_user_id ON audit_logs (user_id);
CREATE INDEX idx_audit_logs_time_desc ON audit_logs (time DESC);
