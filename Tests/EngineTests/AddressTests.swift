import HTTP
import HTTPEngine
import Testing

/// Addresses of clients, networks of proxies, and where to listen.
@Suite("Addresses")
struct AddressTests {
    @Test(
        "an address is read and written in its usual form",
        arguments: [
            ("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("::1", "::1"),
            ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("::", "::"), ("::ffff:10.1.2.3", "10.1.2.3"),
            ("::ffff:a01:203", "10.1.2.3"), ("fe80::1:2:3:4", "fe80::1:2:3:4"),
        ])
    func readAndWritten(_ text: String, _ expected: String) throws {
        let address = try #require(PeerAddress(parsing: text))
        #expect(address.description == expected)
        #expect(PeerAddress(parsing: address.description) == address)
    }

    @Test(
        "what is no address is refused",
        arguments: [
            "", "a", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4:80", "[::1]", ":::", "::1%lo",
            "1::2::3",
            "12345::", "localhost", "1.2.3.4/8", "1.2.3.4\u{0}", "::1\u{0}x", "0x7f.1",
        ])
    func noAddress(_ text: String) {
        #expect(PeerAddress(parsing: text) == nil)
    }

    @Test("limits count an IPv4 address alone and an IPv6 address by its /64")
    func networks() throws {
        func network(_ text: String) throws -> PeerAddress { try #require(PeerAddress(parsing: text)).network }
        #expect(try network("10.0.0.1") != network("10.0.0.2"))
        #expect(try network("2001:db8::1") == network("2001:db8::ffff:1"))
        #expect(try network("2001:db8::1") != network("2001:db8:0:1::1"))
        #expect(try network("::ffff:10.0.0.1") == network("10.0.0.1"))
        #expect(try #require(PeerAddress(parsing: "1.2.3.4")).v4 == 0x0102_0304)
        #expect(try #require(PeerAddress(parsing: "::1")).v4 == nil)
    }

    @Test(
        "a network holds its addresses and no others",
        arguments: [
            ("10.0.0.0/8", "10.255.1.2", true), ("10.0.0.0/8", "11.0.0.0", false), ("10.0.0.0/8", "::a00:1", false),
            ("10.0.0.0/8", "::ffff:10.0.0.1", true), ("10.0.0.7", "10.0.0.7", true), ("10.0.0.7", "10.0.0.6", false),
            ("10.0.0.7/32", "10.0.0.7", true), ("10.0.0.6/31", "10.0.0.7", true), ("10.0.0.6/31", "10.0.0.5", false),
            ("0.0.0.0/0", "1.2.3.4", true), ("0.0.0.0/0", "2001:db8::1", false), ("10.1.2.3/8", "10.9.9.9", true),
            ("fd00::/8", "fdff::1", true), ("fd00::/8", "fe00::1", false), ("::1", "::1", true), ("::1", "::2", false),
            ("::1/128", "::1", true), ("2001:db8::/64", "2001:db8::ffff:ffff:ffff:ffff", true),
            ("2001:db8::/64", "2001:db8:0:1::", false), ("2001:db8::/65", "2001:db8:0:0:8000::", false),
            ("2001:db8::/65", "2001:db8:0:0:7fff::", true), ("2001:db8::/63", "2001:db8:0:1::", true),
            ("::/0", "2001:db8::1", true),
        ])
    func ranges(_ range: String, _ address: String, _ holds: Bool) throws {
        let network = try #require(AddressRange(parsing: range))
        #expect(try network.contains(#require(PeerAddress(parsing: address))) == holds)
    }

    @Test(
        "what is no network is refused",
        arguments: [
            "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8", "10.0.0.0//8",
            "10.0.0/8",
            "fd00::/129", "fd00::/x", "10.0.0.0/ 8", "10.0.0.0/99999999999999999999", "a/8", "10.0.0.0/８",
        ])
    func noRange(_ text: String) {
        #expect(AddressRange(parsing: text) == nil)
    }

    @Test(
        "where to listen",
        arguments: [
            ("127.0.0.1:80", "127.0.0.1:80"), (":3000", "0.0.0.0:3000"), ("[::1]:3000", "[::1]:3000"),
            ("0.0.0.0:0", "0.0.0.0:0"),
            ("[::]:65535", "[::]:65535"),
        ])
    func listening(_ text: String, _ expected: String) {
        #expect(SocketAddress(text)?.description == expected)
    }

    @Test(
        "what is no address and port is refused",
        arguments: [
            "", "80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+80", "a.b:80", "[::1]",
            "[::1:80", "1.2.3:80", "127.0.0.1:8x",
        ])
    func noListening(_ text: String) {
        #expect(SocketAddress(text) == nil)
    }
}
