internal import CSIMessages
internal import DriverCore
internal import NodeStorage

extension SizeRange {
    init(_ range: CapacityRange?) throws(DriverError) {
        let required = range?.requiredBytes ?? 0
        let limit = range?.limitBytes ?? 0
        guard required >= 0, limit >= 0 else {
            throw DriverError(
                .invalidRequest,
                "capacity_range is negative: required \(required), limit \(limit)"
            )
        }
        guard limit == 0 || required <= limit else {
            throw DriverError(
                .invalidRequest,
                "capacity_range has required_bytes \(required) above its limit_bytes \(limit)"
            )
        }
        self.init(required: ByteCount(required), limit: limit == 0 ? nil : ByteCount(limit))
    }
}
