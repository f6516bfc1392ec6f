/// The name and version of this build.
enum Release {
    /// The vendor_version of Identity; the chart and the images have the same.
    static let version = "0.1.0"
}
