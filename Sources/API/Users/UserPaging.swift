internal import HTTP
internal import Storage

extension UserQuery {
    /// `after_id`, `limit` and `offset` (users.md §4.1). 0 and the nil id are the same as nothing.
    /// - Throws: `.invalid` with an entry for each that is wrong.
    mutating func readPaging(_ items: QueryItems) throws(APIError) {
        var parameters = QueryParameters(items)
        afterID = parameters.id("after_id").flatMap { $0 == .zero ? nil : $0 }
        let limit = parameters.positive32("limit")
        self.limit = limit == 0 ? nil : limit
        offset = parameters.positive32("offset")
        guard parameters.validations.isEmpty else {
            throw .invalid("Query parameters have invalid values.", parameters.validations)
        }
    }
}
