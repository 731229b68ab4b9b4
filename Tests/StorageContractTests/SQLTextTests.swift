import Storage
import Testing

/// `SQLText`: how the `.sql` files are cut, and every fault it knows.
@Suite struct SQLTextTests {
    /// Empty lines at the end mean nothing.
    private static func trimmed(_ text: String) -> String {
        var text = text[...]
        while text.last == "\n" { text.removeLast() }
        return String(text)
    }

    private static func names(_ text: String) throws -> [[String]] {
        try SQLText.split(text).map { [$0.name, trimmed($0.sql)] }
    }

    @Test("a file is cut at its name lines; comments may stand in front")
    func split() throws {
        #expect(try Self.names("").isEmpty)
        #expect(try Self.names("-- only\n\n-- comments\n").isEmpty)
        #expect(
            try Self.names("-- a file\n-- name: first\nSELECT 1;\n-- why\nSELECT 2;\n-- name: second\nSELECT 3;")
                == [["first", "SELECT 1;\n-- why\nSELECT 2;"], ["second", "SELECT 3;"]])
        // Only at the start of a line.
        #expect(try Self.names("-- name: first\nSELECT ' -- name: second';\n").map { $0[0] } == ["first"])
        #expect(try Self.names("-- name: first\n  -- name: second\n").map { $0[0] } == ["first"])
    }

    @Test("SQL without a name and a name twice are refused")
    func faults() {
        #expect(throws: SQLText.Fault.unnamed("SELECT 1;")) { try SQLText.split("SELECT 1;\n-- name: a\n") }
        #expect(throws: SQLText.Fault.duplicate("a")) {
            try SQLText.split("-- name: a\n1\n-- name: b\n2\n-- name: a\n3\n")
        }
    }

    private static func file(without missing: StatementName? = nil, adding text: String = "") -> [UInt8] {
        let statements = StatementName.allCases.filter { $0 != missing }.map {
            "-- name: \($0.name)\nSELECT '\($0.name)';\n"
        }
        return Array((statements.joined() + text).utf8)
    }

    @Test("a catalogue has every statement once, in the order of the names, whatever the order of the files")
    func catalogue() throws {
        let halves = [Self.file(without: .ping), Array("-- name: ping\nSELECT 'ping';\n".utf8)]
        for files in [halves, halves.reversed()] {
            let statements = try SQLText.catalogue(files).statements.map(Self.trimmed)
            #expect(statements == StatementName.allCases.map { "SELECT '\($0.name)';" })
        }
    }

    @Test("each missing statement is named", arguments: StatementName.allCases)
    func missing(name: StatementName) {
        #expect(throws: SQLText.Fault.missing(name.name)) { try SQLText.catalogue([Self.file(without: name)]) }
    }

    @Test("a statement nobody asks for, one twice, in one file or two, and a part twice are refused")
    func catalogueFaults() {
        #expect(throws: SQLText.Fault.unknown("extra")) {
            try SQLText.catalogue([Self.file(adding: "-- name: extra\n1\n")])
        }
        #expect(throws: SQLText.Fault.duplicate("ping")) {
            try SQLText.catalogue([Self.file(), Array("-- name: ping\nSELECT 2;\n".utf8)])
        }
        #expect(throws: SQLText.Fault.duplicate("ping")) {
            try SQLText.catalogue([Self.file(adding: "-- name: ping\n1\n")])
        }
        #expect(throws: SQLText.Fault.duplicate("part.x")) {
            try SQLText.catalogue([Self.file(adding: "-- name: part.x\n1\n"), Array("-- name: part.x\n2\n".utf8)])
        }
        #expect(throws: SQLText.Fault.unnamed("oops")) { try SQLText.catalogue([Array("oops\n".utf8)]) }
    }

    @Test("a part stands wherever it is named, from any file, more than once")
    func parts() throws {
        let parts = Array("-- name: part.x\na, b\n-- name: part.y\nc".utf8)
        let use = Array("-- name: ping\nSELECT {{part.x}}FROM {{part.y}}WHERE {{part.x}};".utf8)
        let catalogue = try SQLText.catalogue([use, Self.file(without: .ping), parts])
        #expect(Self.trimmed(catalogue.statements[StatementName.ping.rawValue]) == "SELECT a, b\nFROM c\nWHERE a, b\n;")
        #expect(catalogue.parts.mapValues(Self.trimmed) == ["part.x": "a, b", "part.y": "c"])
        #expect(Self.trimmed(SQLText.part("y", of: parts)) == "c")
        #expect(SQLText.part("z", of: parts) == "")
    }

    @Test(
        "a part that is not there, or a brace that is not closed, is refused",
        arguments: ["{{part.z}}", "{{part.z", "{{}}"])
    func missingPart(use: String) {
        let error = #expect(throws: SQLText.Fault.self) {
            try SQLText.catalogue([Self.file(without: .ping), Array("-- name: ping\nSELECT \(use);\n".utf8)])
        }
        guard case .missing = error else { Issue.record("\(String(describing: error))"); return }
    }

    @Test("migrations are numbered from 1 without a gap")
    func migrations() throws {
        let text = "-- name: migration.1\nA {{part.p}}\n-- name: part.p\nP\n-- name: migration.2\nB\n"
        #expect(try SQLText.migrations(Array(text.utf8)).map(Self.trimmed) == ["A P", "B"])
        #expect(try SQLText.migrations([]).isEmpty)
        for wrong in ["migration.2", "migration.0", "migration.01", "other"] {
            #expect(throws: SQLText.Fault.unknown(wrong)) {
                try SQLText.migrations(Array("-- name: \(wrong)\nA\n".utf8))
            }
        }
        #expect(throws: SQLText.Fault.unknown("migration.3")) {
            try SQLText.migrations(Array("-- name: migration.1\nA\n-- name: migration.3\nC\n".utf8))
        }
        #expect(throws: SQLText.Fault.duplicate("migration.1")) {
            try SQLText.migrations(Array("-- name: migration.1\nA\n-- name: migration.1\nB\n".utf8))
        }
    }
}
