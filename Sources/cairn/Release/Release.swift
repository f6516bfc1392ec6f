/// What this build of Cairn is.
enum Release {
    /// Told by Identity as vendor_version; the chart and the images carry the same.
    static let version = "0.1.0"
}
