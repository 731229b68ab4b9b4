internal import CCurl

/// An address that is told of every notification (Coder's `CODER_NOTIFICATIONS_WEBHOOK_ENDPOINT`).
public struct Webhook: Sendable {
    public let url: String

    public init(url: String) { self.url = url }

    /// Posts a JSON document. Any status of the 200s counts as taken.
    func post(_ json: [UInt8]) throws(Transfer.Failure) {
        guard var transfer = Transfer() else {
            throw Transfer.Failure(description: "libcurl cannot be used", isTransient: false)
        }
        transfer.set(CURLOPT_URL, url)
        transfer.set(CURLOPT_PROTOCOLS_STR, "http,https")
        transfer.set(CURLOPT_POST, 1)
        transfer.set(CURLOPT_POSTFIELDSIZE, json.count)
        transfer.set(CURLOPT_HTTPHEADER, ["Content-Type: application/json", "Expect:"])
        let status = try transfer.perform(sending: json).status
        guard 200...299 ~= status else {
            throw Transfer.Failure(
                description: "the webhook answered \(status)", isTransient: status >= 500 || status == 429)
        }
    }
}
