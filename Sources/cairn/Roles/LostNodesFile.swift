import ClusterController
import DriverCore
import FoundationEssentials
import Logging

/// The declarations of the command line and of the file, which is read again when it changes.
struct LostNodesFile: Sendable {
    private static let interval = Duration.seconds(5)

    let path: String?
    let named: [String]
    let logger: Logger

    /// Throws `invalidRequest` for a file that cannot be read.
    func entries() throws(DriverError) -> [LostNodes.Entry] {
        var entries = named.map { LostNodes.Entry(nodeID: $0) }
        guard let path else { return entries }
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw DriverError(
                .invalidRequest,
                "cannot read the list of lost nodes \(path); create it, or remove --lost-nodes-file",
                cause: error
            )
        }
        for entry in try LostNodes.parse(String(decoding: data, as: UTF8.self))
        where !named.contains(where: { $0.hasSameBytes(as: entry.nodeID) }) {
            entries.append(entry)
        }
        return entries
    }

    /// Takes changes of the file until the task is cancelled.
    ///
    /// A file that cannot be read changes nothing: what was declared stays declared.
    /// `known` are the entries that are in force.
    func watch(_ lostNodes: LostNodes, known: [LostNodes.Entry]) async {
        guard path != nil else { return }
        var known = known
        var failure: String?
        while (try? await Task.sleep(for: Self.interval)) != nil {
            do throws(DriverError) {
                let now = try entries()
                failure = nil
                guard now != known else { continue }
                known = now
                lostNodes.replace(with: now)
                logger.notice(
                    "the list of lost nodes has changed",
                    metadata: ["nodes": "\(now.map(\.nodeID).joined(separator: ", "))"]
                )
            } catch {
                guard failure != error.message else { continue }
                failure = error.message
                logger.error(
                    "cannot use the changed list of lost nodes; the previous list stays in force",
                    metadata: ["error": "\(error.message)"]
                )
            }
        }
    }
}
