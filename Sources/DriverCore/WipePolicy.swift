/// How the bytes of earlier owners are kept from the next one.
package enum WipePolicy: String, Sendable, Hashable, CaseIterable {
    /// Zeros are written before a volume is handed out.
    case zero
    /// Discarded before it is handed out; needs disks that promise zeros after that.
    case discard
    /// Not at all, but for what a file system could be mistaken for.
    case none
}
