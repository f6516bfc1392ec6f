/// The logical block size of a volume's device: the least that its user reads or writes at once.
///
/// It holds for a volume's whole life, as a file system made on one size may not mount on the other.
package enum BlockSize: Int, Sendable, Hashable, CaseIterable {
    case bytes512 = 512
    case bytes4096 = 4096
}
