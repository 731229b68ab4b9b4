-- Numbered and append-only: a name here is `migration.` and its number, and a file's `user_version` is the number
-- of its last one. Tables and columns are Coder's (spec/database.md); what SQLite lacks is kept as §8 there says:
-- UUIDs as lower-case text, times as microseconds since 1970, lists as JSON text, enums as checked text.
-- name: migration.1
CREATE TABLE users (
    id                           TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 36),
    email                        TEXT    NOT NULL,
    username                     TEXT    NOT NULL DEFAULT '',
    hashed_password              BLOB    NOT NULL,
    created_at                   INTEGER NOT NULL,
    updated_at                   INTEGER NOT NULL,
    status                       TEXT    NOT NULL DEFAULT 'dormant' CHECK (status IN ('active', 'suspended', 'dormant')),
    rbac_roles                   TEXT    NOT NULL DEFAULT '[]' CHECK (json_valid(rbac_roles) AND json_type(rbac_roles) = 'array'),
    login_type                   TEXT    NOT NULL DEFAULT 'password'
        CHECK (login_type IN ('password', 'github', 'oidc', 'token', 'none', 'oauth2_provider_app')),
    avatar_url                   TEXT    NOT NULL DEFAULT '',
    deleted                      INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1)),
    last_seen_at                 INTEGER NOT NULL DEFAULT -62135596800000000,
    quiet_hours_schedule         TEXT    NOT NULL DEFAULT '',
    name                         TEXT    NOT NULL DEFAULT '',
    github_com_user_id           INTEGER,
    hashed_one_time_passcode     BLOB,
    one_time_passcode_expires_at INTEGER,
    is_system                    INTEGER NOT NULL DEFAULT 0 CHECK (is_system IN (0, 1)),
    is_service_account           INTEGER NOT NULL DEFAULT 0 CHECK (is_service_account IN (0, 1)),
    chat_spend_limit_micros      INTEGER,
    -- SQLite folds ASCII only; the application fills this with the e-mail as Postgres would fold it.
    email_lower                  TEXT    NOT NULL,
    CONSTRAINT one_time_passcode_set
        CHECK ((hashed_one_time_passcode IS NULL) = (one_time_passcode_expires_at IS NULL)),
    CONSTRAINT users_chat_spend_limit_micros_check
        CHECK (chat_spend_limit_micros IS NULL OR chat_spend_limit_micros > 0),
    CONSTRAINT users_email_not_empty CHECK ((is_service_account = 1) = (email = '')),
    CONSTRAINT users_service_account_login_type CHECK (is_service_account = 0 OR login_type = 'none'),
    CONSTRAINT users_username_min_length CHECK (length(username) >= 1)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX idx_users_username ON users (username) WHERE deleted = 0;
CREATE UNIQUE INDEX users_username_lower_idx ON users (lower(username)) WHERE deleted = 0;
-- Ours: the order of the list, and all that counting it needs.
CREATE INDEX usersd_users_order_idx ON users (lower(username)) WHERE deleted = 0 AND is_system = 0;
CREATE UNIQUE INDEX idx_users_email ON users (email) WHERE deleted = 0 AND email <> '';
CREATE UNIQUE INDEX users_email_lower_idx ON users (email_lower) WHERE deleted = 0 AND email_lower <> '';

CREATE TABLE user_status_changes (
    id         TEXT    NOT NULL PRIMARY KEY,
    user_id    TEXT    NOT NULL REFERENCES users (id),
    new_status TEXT    NOT NULL CHECK (new_status IN ('active', 'suspended', 'dormant')),
    changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX idx_user_status_changes_changed_at ON user_status_changes (changed_at);

CREATE TABLE user_deleted (
    id         TEXT    NOT NULL PRIMARY KEY,
    user_id    TEXT    NOT NULL REFERENCES users (id),
    deleted_at INTEGER NOT NULL
) STRICT;
CREATE INDEX idx_user_deleted_deleted_at ON user_deleted (deleted_at);

CREATE TABLE api_keys (
    id               TEXT    NOT NULL PRIMARY KEY,
    hashed_secret    BLOB    NOT NULL,
    user_id          TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    last_used        INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    login_type       TEXT    NOT NULL
        CHECK (login_type IN ('password', 'github', 'oidc', 'token', 'none', 'oauth2_provider_app')),
    lifetime_seconds INTEGER NOT NULL DEFAULT 86400,
    ip_address       TEXT    NOT NULL DEFAULT '0.0.0.0',
    token_name       TEXT    NOT NULL DEFAULT '',
    scopes           TEXT    NOT NULL CHECK (json_array_length(scopes) >= 1),
    allow_list       TEXT    NOT NULL,
    CONSTRAINT api_keys_allow_list_not_empty CHECK (json_array_length(allow_list) >= 1)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX idx_api_key_name ON api_keys (user_id, token_name) WHERE login_type = 'token';
CREATE INDEX idx_api_keys_user ON api_keys (user_id);
CREATE INDEX idx_api_keys_last_used ON api_keys (last_used DESC);

CREATE TABLE user_links (
    user_id                    TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    login_type                 TEXT    NOT NULL
        CHECK (login_type IN ('password', 'github', 'oidc', 'token', 'none', 'oauth2_provider_app')),
    linked_id                  TEXT    NOT NULL DEFAULT '',
    oauth_access_token         TEXT    NOT NULL DEFAULT '',
    oauth_refresh_token        TEXT    NOT NULL DEFAULT '',
    oauth_expiry               INTEGER NOT NULL DEFAULT -62135596800000000,
    oauth_access_token_key_id  TEXT,
    oauth_refresh_token_key_id TEXT,
    claims                     TEXT    NOT NULL DEFAULT '{}' CHECK (json_valid(claims)),
    PRIMARY KEY (user_id, login_type)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX user_links_linked_id_login_type_idx ON user_links (linked_id, login_type) WHERE linked_id <> '';

CREATE TABLE user_configs (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    key     TEXT NOT NULL CHECK (length(key) <= 256),
    value   TEXT NOT NULL,
    CONSTRAINT user_configs_pkey PRIMARY KEY (user_id, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE gitsshkeys (
    user_id     TEXT    NOT NULL PRIMARY KEY REFERENCES users (id),
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    private_key TEXT    NOT NULL,
    public_key  TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE organizations (
    id                         TEXT    NOT NULL PRIMARY KEY,
    name                       TEXT    NOT NULL,
    description                TEXT    NOT NULL,
    created_at                 INTEGER NOT NULL,
    updated_at                 INTEGER NOT NULL,
    is_default                 INTEGER NOT NULL DEFAULT 0 CHECK (is_default IN (0, 1)),
    display_name               TEXT    NOT NULL,
    icon                       TEXT    NOT NULL DEFAULT '',
    deleted                    INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1)),
    shareable_workspace_owners TEXT    NOT NULL DEFAULT 'everyone'
        CHECK (shareable_workspace_owners IN ('none', 'everyone', 'service_accounts'))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX idx_organization_name_lower ON organizations (lower(name)) WHERE deleted = 0;
CREATE UNIQUE INDEX organizations_single_default_org ON organizations (is_default) WHERE is_default = 1;

CREATE TABLE organization_members (
    user_id         TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    organization_id TEXT    NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    roles           TEXT    NOT NULL DEFAULT '[]' CHECK (json_valid(roles) AND json_type(roles) = 'array'),
    CONSTRAINT organization_members_pkey PRIMARY KEY (organization_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX idx_organization_member_user_id_uuid ON organization_members (user_id);

CREATE TABLE custom_roles (
    name               TEXT    NOT NULL,
    display_name       TEXT    NOT NULL,
    site_permissions   TEXT    NOT NULL DEFAULT '[]' CHECK (json_valid(site_permissions)),
    org_permissions    TEXT    NOT NULL DEFAULT '[]' CHECK (json_valid(org_permissions)),
    user_permissions   TEXT    NOT NULL DEFAULT '[]' CHECK (json_valid(user_permissions)),
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL,
    organization_id    TEXT CHECK (organization_id <> '00000000-0000-0000-0000-000000000000'),
    id                 TEXT    NOT NULL,
    is_system          INTEGER NOT NULL DEFAULT 0 CHECK (is_system IN (0, 1)),
    member_permissions TEXT    NOT NULL DEFAULT '[]' CHECK (json_valid(member_permissions))
) STRICT;
CREATE UNIQUE INDEX idx_custom_roles_name_lower
    ON custom_roles (lower(name), coalesce(organization_id, '00000000-0000-0000-0000-000000000000'));

CREATE TABLE site_configs (
    key   TEXT NOT NULL UNIQUE CHECK (length(key) <= 256),
    value TEXT NOT NULL
) STRICT;

CREATE TABLE crypto_keys (
    feature       TEXT    NOT NULL
        CHECK (feature IN ('workspace_apps_token', 'workspace_apps_api_key', 'oidc_convert', 'tailnet_resume')),
    sequence      INTEGER NOT NULL,
    secret        TEXT,
    secret_key_id TEXT,
    starts_at     INTEGER NOT NULL,
    deletes_at    INTEGER,
    PRIMARY KEY (feature, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE ai_seat_state (
    user_id                TEXT    NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    first_used_at          INTEGER NOT NULL,
    last_used_at           INTEGER NOT NULL,
    last_event_type        TEXT    NOT NULL CHECK (last_event_type IN ('aibridge', 'task')),
    last_event_description TEXT    NOT NULL,
    updated_at             INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Micro-USD per million tokens. NULL: unknown. 0: free.
CREATE TABLE ai_model_prices (
    provider          TEXT    NOT NULL,
    model             TEXT    NOT NULL,
    input_price       INTEGER CONSTRAINT ai_model_prices_input_price_check CHECK (input_price >= 0),
    output_price      INTEGER CONSTRAINT ai_model_prices_output_price_check CHECK (output_price >= 0),
    cache_read_price  INTEGER CONSTRAINT ai_model_prices_cache_read_price_check CHECK (cache_read_price >= 0),
    cache_write_price INTEGER CONSTRAINT ai_model_prices_cache_write_price_check CHECK (cache_write_price >= 0),
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL,
    CONSTRAINT ai_model_prices_pkey PRIMARY KEY (provider, model)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER trigger_users_status_insert AFTER INSERT ON users BEGIN
    INSERT INTO user_status_changes (id, user_id, new_status, changed_at)
    VALUES ({{part.uuid}}, NEW.id, NEW.status, NEW.updated_at);
END;
CREATE TRIGGER trigger_users_status_update AFTER UPDATE OF status ON users WHEN OLD.status <> NEW.status BEGIN
    INSERT INTO user_status_changes (id, user_id, new_status, changed_at)
    VALUES ({{part.uuid}}, NEW.id, NEW.status, NEW.updated_at);
END;
CREATE TRIGGER trigger_users_deleted AFTER UPDATE OF deleted ON users WHEN OLD.deleted = 0 AND NEW.deleted = 1 BEGIN
    INSERT INTO user_deleted (id, user_id, deleted_at) VALUES ({{part.uuid}}, NEW.id, NEW.updated_at);
END;
CREATE TRIGGER trigger_users_deleted_keys_insert AFTER INSERT ON users WHEN NEW.deleted = 1 BEGIN
    DELETE FROM api_keys WHERE user_id = NEW.id;
    DELETE FROM user_links WHERE user_id = NEW.id;
END;
CREATE TRIGGER trigger_users_deleted_keys_update AFTER UPDATE ON users WHEN NEW.deleted = 1 BEGIN
    DELETE FROM api_keys WHERE user_id = NEW.id;
    DELETE FROM user_links WHERE user_id = NEW.id;
END;
CREATE TRIGGER trigger_insert_apikeys BEFORE INSERT ON api_keys
WHEN (SELECT deleted FROM users WHERE id = NEW.user_id) = 1 BEGIN
    SELECT RAISE(ABORT, 'Cannot create API key for deleted user');
END;
CREATE TRIGGER trigger_insert_user_links BEFORE INSERT ON user_links
WHEN (SELECT deleted FROM users WHERE id = NEW.user_id) = 1 BEGIN
    SELECT RAISE(ABORT, 'Cannot create user_link for deleted user');
END;
CREATE TRIGGER trigger_update_user_links BEFORE UPDATE ON user_links
WHEN (SELECT deleted FROM users WHERE id = NEW.user_id) = 1 BEGIN
    SELECT RAISE(ABORT, 'Cannot create user_link for deleted user');
END;
CREATE TRIGGER trigger_organizations_system_roles AFTER INSERT ON organizations BEGIN
    INSERT INTO custom_roles (name, display_name, created_at, updated_at, organization_id, id, is_system)
    VALUES ('organization-member', '', NEW.created_at, NEW.created_at, NEW.id, {{part.uuid}}, 1),
           ('organization-service-account', '', NEW.created_at, NEW.created_at, NEW.id, {{part.uuid}}, 1);
END;
CREATE TRIGGER trigger_organizations_delete BEFORE UPDATE OF deleted ON organizations
WHEN OLD.deleted = 0 AND NEW.deleted = 1 AND (
    SELECT count(*) FROM organization_members m JOIN users u ON u.id = m.user_id
    WHERE m.organization_id = NEW.id AND u.deleted = 0) > 1 BEGIN
    SELECT RAISE(ABORT, 'cannot delete organization: it has members');
END;
CREATE TRIGGER trigger_custom_roles_delete BEFORE DELETE ON custom_roles BEGIN
    UPDATE organization_members
    SET    roles = (SELECT json_group_array(value) FROM json_each(organization_members.roles) WHERE value <> OLD.name)
    WHERE  organization_id = OLD.organization_id
    AND    EXISTS (SELECT 1 FROM json_each(organization_members.roles) WHERE value = OLD.name);
END;

INSERT INTO organizations (id, name, description, created_at, updated_at, is_default, display_name)
VALUES ({{part.uuid}}, 'coder', 'Builtin default organization.', {{part.now}}, {{part.now}}, 1, 'Coder');
INSERT INTO users (id, email, email_lower, username, hashed_password, created_at, updated_at, status, login_type,
                   is_system)
VALUES ('c42fdf75-3097-471c-8c33-fb52454d81c0', 'prebuilds@system', 'prebuilds@system', 'prebuilds',
        CAST('none' AS BLOB), {{part.now}}, {{part.now}}, 'active', 'none', 1);
INSERT INTO organization_members (user_id, organization_id, created_at, updated_at)
SELECT 'c42fdf75-3097-471c-8c33-fb52454d81c0', id, created_at, created_at FROM organizations;
-- name: part.uuid
lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-'
    || substr('89ab', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))
-- name: part.now
CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000
-- name: migration.2
CREATE TABLE audit_logs (
    id                TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 36),
    time              INTEGER NOT NULL,
    user_id           TEXT    NOT NULL,
    organization_id   TEXT    NOT NULL,
    ip                TEXT,
    user_agent        TEXT    CHECK (length(user_agent) <= 256),
    resource_type     TEXT    NOT NULL,
    resource_id       TEXT    NOT NULL,
    resource_target   TEXT    NOT NULL,
    action            TEXT    NOT NULL,
    diff              TEXT    NOT NULL CHECK (json_valid(diff)),
    status_code       INTEGER NOT NULL,
    additional_fields TEXT    NOT NULL CHECK (json_valid(additional_fields)),
    request_id        TEXT    NOT NULL,
    resource_icon     TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX idx_audit_log_organization_id ON audit_logs (organization_id);
CREATE INDEX idx_audit_log_resource_id ON audit_logs (resource_id);
CREATE INDEX idx_audit_log_user_id ON audit_logs (user_id);
CREATE INDEX idx_audit_logs_time_desc ON audit_logs (time DESC);
-- name: migration.3
-- Nothing here reads them, and each made every new key or entry change one page more.
DROP INDEX idx_api_keys_last_used;
DROP INDEX idx_audit_log_organization_id;
-- How many users the list has, so that a page of it does not count a million of them.
CREATE TABLE usersd_user_count (
    id    INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    count INTEGER NOT NULL
) STRICT;
INSERT INTO usersd_user_count (id, count)
SELECT 1, count(*) FROM users WHERE deleted = 0 AND is_system = 0;
CREATE TRIGGER usersd_user_count_insert AFTER INSERT ON users WHEN NEW.deleted = 0 AND NEW.is_system = 0 BEGIN
    UPDATE usersd_user_count SET count = count + 1;
END;
CREATE TRIGGER usersd_user_count_delete AFTER DELETE ON users WHEN OLD.deleted = 0 AND OLD.is_system = 0 BEGIN
    UPDATE usersd_user_count SET count = count - 1;
END;
CREATE TRIGGER usersd_user_count_update AFTER UPDATE OF deleted, is_system ON users BEGIN
    UPDATE usersd_user_count
    SET    count = count + (NEW.deleted = 0 AND NEW.is_system = 0) - (OLD.deleted = 0 AND OLD.is_system = 0);
END;
-- name: migration.4
-- Keys and audit entries, of which there may be many, as rows that are added at the end. Whole rows in an index, as
-- WITHOUT ROWID has them, want small rows: a new key changed a page of its own, and an entry filled a seventh of one.
-- The copies are made without renaming a table, which triggers elsewhere name.
CREATE TABLE moved_keys AS SELECT * FROM api_keys ORDER BY created_at, id;
DROP TABLE api_keys;
CREATE TABLE api_keys (
    id               TEXT    NOT NULL PRIMARY KEY,
    hashed_secret    BLOB    NOT NULL,
    user_id          TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    last_used        INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    -- In pairs: SQLite makes a table of a longer list, for every row anew.
    login_type       TEXT    NOT NULL
        CHECK (login_type IN ('token', 'password') OR login_type IN ('github', 'oidc')
            OR login_type IN ('none', 'oauth2_provider_app')),
    lifetime_seconds INTEGER NOT NULL DEFAULT 86400,
    ip_address       TEXT    NOT NULL DEFAULT '0.0.0.0',
    token_name       TEXT    NOT NULL DEFAULT '',
    scopes           TEXT    NOT NULL CHECK (json_array_length(scopes) >= 1),
    allow_list       TEXT    NOT NULL,
    CONSTRAINT api_keys_allow_list_not_empty CHECK (json_array_length(allow_list) >= 1)
) STRICT;
INSERT INTO api_keys (id, hashed_secret, user_id, last_used, expires_at, created_at, updated_at, login_type,
                      lifetime_seconds, ip_address, token_name, scopes, allow_list)
SELECT id, hashed_secret, user_id, last_used, expires_at, created_at, updated_at, login_type, lifetime_seconds,
       ip_address, token_name, scopes, allow_list
FROM   moved_keys ORDER BY rowid;
DROP TABLE moved_keys;
-- The name of a token is its user's only one, other keys may share theirs. The keys of a user stand together here, too:
-- a second index would be one page more that each new key changes.
CREATE UNIQUE INDEX idx_api_key_name
ON api_keys (user_id, token_name, CASE login_type WHEN 'token' THEN '' ELSE id END);
CREATE TRIGGER trigger_insert_apikeys BEFORE INSERT ON api_keys
WHEN (SELECT deleted FROM users WHERE id = NEW.user_id) = 1 BEGIN
    SELECT RAISE(ABORT, 'Cannot create API key for deleted user');
END;
CREATE TABLE moved_entries AS SELECT * FROM audit_logs ORDER BY time, id;
DROP TABLE audit_logs;
CREATE TABLE audit_logs (
    id                TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 36),
    time              INTEGER NOT NULL,
    user_id           TEXT    NOT NULL,
    organization_id   TEXT    NOT NULL,
    ip                TEXT,
    user_agent        TEXT    CHECK (length(user_agent) <= 256),
    resource_type     TEXT    NOT NULL,
    resource_id       TEXT    NOT NULL,
    resource_target   TEXT    NOT NULL,
    action            TEXT    NOT NULL,
    diff              TEXT    NOT NULL CHECK (json_valid(diff)),
    status_code       INTEGER NOT NULL,
    additional_fields TEXT    NOT NULL CHECK (json_valid(additional_fields)),
    request_id        TEXT    NOT NULL,
    resource_icon     TEXT    NOT NULL
) STRICT;
INSERT INTO audit_logs (id, time, user_id, organization_id, ip, user_agent, resource_type, resource_id, resource_target,
                        action, diff, status_code, additional_fields, request_id, resource_icon)
SELECT id, time, user_id, organization_id, ip, user_agent, resource_type, resource_id, resource_target, action, diff,
       status_code, additional_fields, request_id, resource_icon
FROM   moved_entries ORDER BY rowid;
DROP TABLE moved_entries;
CREATE INDEX idx_audit_log_resource_id ON audit_logs (resource_id);
CREATE INDEX idx_audit_log_user_id ON audit_logs (user_id);
CREATE INDEX idx_audit_logs_time_desc ON audit_logs (time DESC);
