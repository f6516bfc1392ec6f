/// A part of the driver that has metrics.
package protocol MetricsSource: Sendable {
    /// Adds families of its own; may wait for storage as long as its patience lasts.
    func add(to page: inout MetricsText)
}

/// The page of metrics: the metrics of each part, in their order.
///
/// Made anew for each reader: tiers are asked then, and one that hangs costs the reader the tiers'
/// patience once and nothing after that.
package struct MetricsPage: Sendable {
    private let sources: [any MetricsSource]

    package init(_ sources: [any MetricsSource]) { self.sources = sources }

    package func text() -> MetricsText {
        var page = MetricsText()
        for source in sources { source.add(to: &page) }
        return page
    }
}
