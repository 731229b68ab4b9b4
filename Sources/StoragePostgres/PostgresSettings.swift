public import Storage

extension PostgresStorage {
    public func settings(ofUser id: UUID) async throws(StorageError) -> [String: String] {
        let pairs = try await pipeline.run(.settings, [.id(id)]).rows { ($0.text(0), $0.text(1)) }
        return Dictionary(pairs) { _, last in last }
    }

    public func set(_ settings: [String: String], ofUser id: UUID) async throws(StorageError) {
        guard !settings.isEmpty else { return }
        try await pipeline.atomic(settings.map { (.setSetting, [.id(id), .text($0.key), .text($0.value)]) })
    }

    public func enteredParameters(ofUser id: UUID, template: UUID) async throws(StorageError) -> [EnteredParameter] {
        guard isCoders else { return [] }
        return try await pipeline.composed(Self.enteredParametersText, [.id(id), .id(template)]).rows { row in
            EnteredParameter(name: row.text(0), value: row.text(1))
        }
    }

    /// Over tables that only Coder's databases have, so it is not among the statements that every start prepares.
    private static let enteredParametersText = """
        SELECT name, value FROM (
            SELECT DISTINCT ON (p.name) p.name, p.value, b.created_at
            FROM   workspace_builds b
            JOIN   workspaces w ON w.id = b.workspace_id
            JOIN   workspace_build_parameters p ON p.workspace_build_id = b.id
            JOIN   template_version_parameters t
                   ON t.template_version_id = b.template_version_id AND t.name = p.name
            WHERE  w.owner_id = $1::uuid AND w.template_id = $2::uuid AND b.transition = 'start' AND NOT t.ephemeral
            ORDER BY p.name, b.created_at DESC) newest
        ORDER BY created_at DESC, name LIMIT 100
        """
}
