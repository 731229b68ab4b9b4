internal import Glibc
internal import Loops
public import Storage

/// A copy of a database file that others are using meanwhile (SQLite's `VACUUM INTO`): of one moment, checked, and
/// there whole or not at all.
public enum SQLiteBackup {
    /// - Parameters:
    ///   - path: a file of ours.
    ///   - destination: a file that does not exist; made with mode 0600.
    /// - Throws: `.broken` with a text for the operator; nothing is left at `destination` then.
    public static func make(of path: String, at destination: String) throws(StorageError) {
        guard access(path, R_OK) == 0 else { throw fault("cannot read \(path)") }
        guard access(destination, F_OK) != 0 else { throw .broken("\(destination) exists already") }
        let part = "\(destination).part"
        unlink(part)
        // SQLite takes a file of no bytes for one to fill, and keeps its mode.
        let made = open(part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard made >= 0 else { throw fault("cannot make \(part)") }
        fchmod(made, 0o600)  // whatever the umask took away
        let descriptor = Descriptor(made)
        do throws(StorageError) {
            let source = try SQLiteConnection(path: path)
            try SQLiteMigrations.checkOwner(of: source)
            _ = try source.composed("VACUUM INTO ?1", [.text(part)]) { _ in }
            try check(part)
            guard fsync(descriptor.number) == 0 else { throw fault("cannot write \(part)") }
            // Of two backups to one name one wins, as `rename` would not have it.
            guard link(part, destination) == 0 else { throw fault("cannot make \(destination)") }
            unlink(part)
        } catch {
            unlink(part)
            throw error
        }
    }

    /// Opens the copy as the next start would, and reads every page of it.
    private static func check(_ path: String) throws(StorageError) {
        let copy = try SQLiteConnection(path: path)
        try SQLiteMigrations.checkOwner(of: copy)
        let answer = try copy.texts("PRAGMA integrity_check")
        guard answer == [["ok"]] else { throw .broken("the copy is damaged: \(answer.first?.first?.map { $0 } ?? "")") }
    }

    private static func fault(_ what: String) -> StorageError {
        .broken("\(what): \(String(cString: strerror(errno)))")
    }
}
