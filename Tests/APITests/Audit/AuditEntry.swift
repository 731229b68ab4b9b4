import JSON
import TestSupport
import Testing

/// A row of `audit_logs`, for reading in an expectation.
struct AuditEntry: Equatable, CustomStringConvertible {
    let actor: String
    let action: String
    let resource: String
    let subject: String
    let target: String
    let status: String
    let diff: JSONValue
    let additional: String

    /// All entries in the order of their making; ids of `people` are told by name.
    static func all(_ server: TestServer, _ people: [TestServer.Person]) throws -> [AuditEntry] {
        let names = Dictionary(uniqueKeysWithValues: people.map { ($0.id, $0.username) })
        let columns =
            "user_id, action, resource_type, resource_id, resource_target, status_code, diff, additional_fields"
        let text = columns.split(separator: ", ").map { "CAST(\($0) AS text)" }.joined(separator: ", ")
        return try server.database.sql("SELECT \(text) FROM audit_logs ORDER BY time, action, status_code, id").map {
            row in
            let cells = row.map { $0 ?? "NULL" }
            return AuditEntry(
                actor: names[cells[0]] ?? cells[0], action: cells[1], resource: cells[2],
                subject: names[cells[3]] ?? cells[3], target: cells[4], status: cells[5],
                diff: try JSONReader.only(Array(cells[6].utf8)), additional: cells[7])
        }
    }

    /// `actor action resource subject/target status`.
    var description: String { "\(actor) \(action) \(resource) \(subject)/\(target) \(status)" }

    /// `field: old → new`, sorted; of a secret its name.
    var changes: [String] {
        diff.names.map { name in
            let entry = diff[name]
            guard entry?["secret"]?.flag == false else { return "\(name): secret" }
            return "\(name): \(Self.text(entry?["old"])) → \(Self.text(entry?["new"]))"
        }.sorted()
    }

    private static func text(_ value: JSONValue?) -> String {
        guard let value else { return "missing" }
        return value.text ?? "[\(value.elements.compactMap(\.text).joined(separator: ","))]"
    }
}
