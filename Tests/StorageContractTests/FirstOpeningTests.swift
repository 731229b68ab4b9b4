import StorageSQLite
import Testing
import TestSupport

/// Several that open one fresh file at the same moment.
@Suite struct FirstOpeningTests {
    @Test("all of them open it, though SQLite refuses some at first")
    func together() async throws {
        for _ in 0..<60 {
            let folder = try temporaryFolder()
            defer { removeFolder(folder) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 { group.addTask { try SQLiteDatabase(path: "\(folder)/fresh.sqlite").close() } }
                try await group.waitForAll()
            }
        }
    }
}
