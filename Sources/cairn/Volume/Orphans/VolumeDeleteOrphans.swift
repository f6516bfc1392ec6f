import ArgumentParser
import CSIMessages
import DriverCore
import Host

/// The command `cairn volume delete-orphans`.
struct VolumeDeleteOrphans: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete-orphans",
        abstract: "Delete the volumes and snapshots that Kubernetes has forgotten. Asks first.",
        discussion: """
            Compares like 'cairn volume orphans', with a list in a file that is at most \
            \(Orphan.grace.components.seconds / 60) minutes old. It shows what it will delete and \
            asks. It keeps what is in use, and what is younger than \
            \(leastAge.components.seconds / 3600) hours.

            Example:
              cairn volume delete-orphans objects.json

            Make the file with 'kubectl get pv,volumesnapshotcontent -o json'.
            """
    )

    /// An older list may lack objects of volumes that are older than the grace.
    private static let oldestList = Orphan.grace
    /// A volume counts from the beginning of its making, and a copy may take hours: its object comes
    /// after that, and the list may be from before.
    private static let leastAge = Duration.seconds(24 * 3600)

    @Argument(
        help: "The output of 'kubectl get pv,volumesnapshotcontent -o json', just made.",
        completion: .file()
    )
    var objects: String

    @Flag(name: .shortAndLong, help: "Delete without asking.")
    var yes = false

    @OptionGroup var judgement: OrphanOptions
    @OptionGroup var client: ClientOptions

    func run() async throws {
        try checkAge()
        let text = try ObjectList.fromFile(objects)
        try await Session.with(client) { session in
            let findings = try await judgement.search(session).run(text)
            findings.noteUnjudged()
            let old = findings.orphans.filter { $0.ageSeconds >= Self.leastAge.components.seconds }
            guard !old.isEmpty else {
                try client.output.write([String](), text: "nothing to delete")
                return
            }
            Console.note("these \(old.count) will be deleted with all their data:")
            for line in Orphan.table(old).byteSplit(separator: "\n") { Console.note(String(line)) }
            guard try yes || isWanted() else {
                throw CommandFailure(.failed, "nothing was deleted")
            }
            try await delete(old, session)
        }
    }

    private func checkAge() throws {
        let age = try ObjectList.age(ofFile: objects)
        guard age <= Self.oldestList else {
            throw CommandFailure(
                .usage,
                "the list in \(objects) is older than \(Orphan.grace.components.seconds / 60) minutes: "
                    + "volumes may have been created since; make a new list"
            )
        }
    }

    private func isWanted() throws -> Bool {
        guard Terminal.isInput, Terminal.isError else {
            throw CommandFailure(
                .usage,
                "nothing was deleted: there is no terminal to ask on; add --yes to delete them"
            )
        }
        Console.draw("Delete them? [y/N] ")
        return ["y", "yes"].contains(readLine()?.lowercased())
    }

    /// Snapshots first: a volume of a thick tier goes only without them.
    private func delete(_ orphans: [Orphan], _ session: Session) async throws {
        let kinds = Dictionary(grouping: orphans, by: \.kind)
        let order = (kinds[.snapshot] ?? []) + (kinds[.volume] ?? [])
        let ofSnapshot = Set((kinds[.snapshot] ?? []).map(\.id))
        try await Deletion(kind: "orphan", ifExists: true, output: client.output)
            .run(order.map(\.id)) { id in
                if ofSnapshot.contains(id) {
                    _ = try await session.perform(
                        DeleteSnapshotRequest(snapshotID: id),
                        to: "delete snapshot \(id)"
                    )
                } else {
                    _ = try await session.perform(
                        DeleteVolumeRequest(volumeID: id),
                        to: "delete volume \(id)"
                    )
                }
                return id
            }
    }
}
