internal import HTTP
internal import Storage

/// When keys expire and what a use of one changes (auth.md §9.5, §9.6). Pure.
enum KeyRules {
    /// Seconds between two recorded uses, and of life that must be gone before an expiry slides.
    private static let step: Int64 = 3600

    static func isExpired(_ key: KeyRecord, at now: Timestamp) -> Bool { key.expiresAt < now }

    /// The key after a use at `now`; nil when nothing is worth writing.
    static func used(_ key: KeyRecord, from address: PeerAddress, at now: Timestamp, slides: Bool) -> KeyRecord? {
        let isDue = key.lastUsed.adding(seconds: step) < now
        // A token's lifetime is fixed (decisions.md #12).
        let expirySlides =
            slides && key.loginType != .token && key.expiresAt <= now.adding(seconds: key.lifetime - step)
        guard isDue || expirySlides else { return nil }
        var used = key
        if isDue {
            used.lastUsed = now
            used.ipAddress = address.description
        }
        if expirySlides { used.expiresAt = now.adding(seconds: key.lifetime) }
        return used == key ? nil : used
    }

    static func session(_ secret: KeySecret, _ userID: UUID, from address: String, lifetime: Int64, at now: Timestamp)
        -> KeyRecord
    {
        KeyRecord(
            id: secret.id, hashedSecret: secret.hash, userID: userID, lastUsed: .epoch,
            expiresAt: now.adding(seconds: lifetime), createdAt: now, updatedAt: now, loginType: .password,
            lifetime: lifetime, ipAddress: address, tokenName: "", scopes: [KeyScope.all], allowList: ["*:*"])
    }
}
