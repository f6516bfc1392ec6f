package import DriverCore

extension MetricsText {
    /// The samples of one histogram of a family; with one label, since that is what is needed.
    package mutating func samples(
        _ name: String,
        _ label: String,
        _ value: String,
        _ histogram: Histogram
    ) {
        for (bound, count) in histogram.cumulative {
            sample("\(name)_bucket", count, [label: value, "le": "\(bound)"])
        }
        sample("\(name)_bucket", histogram.count, [label: value, "le": "+Inf"])
        sample("\(name)_sum", histogram.sum, [label: value])
        sample("\(name)_count", histogram.count, [label: value])
    }
}
