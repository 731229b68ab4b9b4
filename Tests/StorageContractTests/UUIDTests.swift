import Storage
import Testing

@Suite("UUIDs (RFC 9562)")
struct UUIDTests {
    @Test("version 7: the time in front, so that later ones sort behind, then version, variant and randomness")
    func ordered() {
        let zero = UUID(ordered: (0, 0), milliseconds: 0x0123_4567_89ab)
        let all = UUID(ordered: (.max, .max), milliseconds: 0x0123_4567_89ab)
        #expect(zero.description == "01234567-89ab-7000-8000-000000000000")
        #expect(all.description == "01234567-89ab-7fff-bfff-ffffffffffff")
        let later = UUID(ordered: (0, 0), milliseconds: 0x0123_4567_89ac)
        #expect(all.description < later.description)
    }

    @Test("what is written is read again")
    func text() {
        for _ in 0..<1_000 {
            let id = UUID.fresh()
            var bytes: [UInt8] = [120]
            id.write(to: &bytes)
            #expect(UUID(hexadecimal: bytes[1...]) == id && bytes.count == 37)
            #expect(UUID(parsing: id.description) == id)
        }
    }
}
