/// A row of either backend. Columns to records, in the order of the parts of the `.sql` files, which both share.
public protocol StoredRow {
    func text(_ column: Int32) -> String
    func bytes(_ column: Int32) -> [UInt8]
    func integer(_ column: Int32) -> Int64
    func bool(_ column: Int32) -> Bool
    func time(_ column: Int32) -> Timestamp
    /// - Throws: `.broken` for what is no UUID.
    func id(_ column: Int32) throws(StorageError) -> UUID
}

extension StoredRow {
    /// Columns of `part.keyColumns`.
    public static var keyColumnCount: Int32 { 13 }

    /// `part.keyColumns`.
    @inlinable
    public func key() throws(StorageError) -> KeyRecord {
        guard let loginType = LoginType(rawValue: text(7)) else {
            throw .broken("a stored key has an unknown login type")
        }
        return KeyRecord(
            id: text(0), hashedSecret: bytes(2), userID: try id(1), lastUsed: time(3), expiresAt: time(4),
            createdAt: time(5), updatedAt: time(6), loginType: loginType, lifetime: integer(8), ipAddress: text(9),
            tokenName: text(10), scopes: try StoredLists.strings(bytes(11)),
            allowList: try StoredLists.strings(bytes(12)))
    }

    /// `part.credentialColumns`.
    @inlinable
    public func credentials() throws(StorageError) -> CredentialRecord {
        guard let status = UserStatus(rawValue: text(2)), let loginType = LoginType(rawValue: text(3)) else {
            throw .broken("a stored user has an unknown status or login type")
        }
        return CredentialRecord(
            userID: try id(0), username: text(7), email: text(1), status: status, loginType: loginType,
            hashedPassword: bytes(4),
            hashedPasscode: bytes(5), passcodeExpiresAt: time(6))
    }

    /// `part.userColumns`, from column `start` on.
    @inlinable
    public func user(at start: Int32 = 0) throws(StorageError) -> UserRecord {
        guard let status = UserStatus(rawValue: text(start + 8)), let loginType = LoginType(rawValue: text(start + 9))
        else { throw .broken("a stored user has an unknown status or login type") }
        return UserRecord(
            id: try id(start), username: text(start + 1), name: text(start + 2), email: text(start + 3),
            avatarURL: text(start + 4), createdAt: time(start + 5), updatedAt: time(start + 6),
            lastSeenAt: time(start + 7), status: status, loginType: loginType, isDeleted: bool(start + 10),
            isSystem: bool(start + 11), isServiceAccount: bool(start + 12),
            roles: try StoredLists.strings(bytes(start + 13)),
            memberships: try StoredLists.memberships(bytes(start + 14)), hasAISeat: bool(start + 15))
    }

    /// The columns of statement `link`.
    @inlinable
    public func link() throws(StorageError) -> LinkRecord {
        guard let loginType = LoginType(rawValue: text(1)) else {
            throw .broken("a stored link has an unknown login type")
        }
        return LinkRecord(
            userID: try id(0), loginType: loginType, linkedID: text(2), accessToken: text(3), refreshToken: text(4),
            expiry: time(5), claims: bytes(6))
    }

    /// `part.organizationColumns`.
    @inlinable
    public func organization() throws(StorageError) -> OrganizationRecord {
        OrganizationRecord(
            id: try id(0), name: text(1), displayName: text(2), description: text(3), icon: text(4),
            createdAt: time(5), updatedAt: time(6), isDefault: bool(7), isDeleted: bool(8))
    }
}
