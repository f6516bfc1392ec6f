/// A step after which the tests kill the driver or make it fail.
///
/// Each target declares those of its own steps (`extension Failpoint`) and lists them. The name says
/// what has just been done; the line above the declaration says what has not been done yet. Each is
/// passed at exactly one place (`Failpoint.pass`), and each by at least one crash test.
package struct Failpoint: Sendable, Hashable, CustomStringConvertible {
    /// The name with which it is armed: `create.renamed`.
    package let name: String
    /// Whether it is the last step, so that no failure of a real step can follow.
    ///
    /// Such a step can only be killed after.
    package let isLast: Bool

    package init(_ name: String, isLast: Bool = false) {
        self.name = name
        self.isLast = isLast
    }

    package var description: String { name }
}
