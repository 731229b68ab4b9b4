/// Rows of `user_configs`: what a person set for herself.
public protocol SettingsStore: Sendable {
    /// Every key and value of the user.
    func settings(ofUser id: UUID) async throws(StorageError) -> [String: String]

    /// Writes these keys and leaves the others, in one transaction.
    /// - Throws: `.refused` if there is no such user.
    func set(_ settings: [String: String], ofUser id: UUID) async throws(StorageError)

    /// What the user last entered when starting a workspace of that template: newest first, then by name, at most
    /// 100. Only a database that Coder made holds any.
    func enteredParameters(ofUser id: UUID, template: UUID) async throws(StorageError) -> [EnteredParameter]
}

public struct EnteredParameter: Sendable, Equatable {
    public let name: String
    public let value: String

    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}
