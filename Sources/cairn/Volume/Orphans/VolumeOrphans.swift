import ArgumentParser
import CSIMessages
import DriverCore
import Host

/// The command `cairn volume orphans`.
struct VolumeOrphans: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "orphans",
        abstract: "List the volumes and snapshots that Kubernetes has forgotten.",
        discussion: """
            Reads the objects of Kubernetes from standard input, and lists what the driver has and \
            Kubernetes does not. It changes nothing. Over the socket of a controller it asks every \
            node, and fails if one does not answer. Snapshots are compared only if the list has \
            VolumeSnapshotContents. It marks what is younger than \
            \(Orphan.grace.components.seconds / 60) minutes: Kubernetes may still be creating it. \
            Inline volumes have no objects and are left out.

            Example:
              cairn volume orphans < objects.json
              kubectl get pv,volumesnapshotcontent -o json | cairn volume orphans
              kubectl get pv -o json | cairn volume orphans --output json
            """
    )

    @OptionGroup var judgement: OrphanOptions
    @OptionGroup var client: ClientOptions

    func run() async throws {
        guard !Terminal.isInput else {
            throw CommandFailure(
                .usage,
                "standard input has no list of objects: run 'kubectl get "
                    + "pv,volumesnapshotcontent -o json | cairn volume orphans'"
            )
        }
        let text = try ObjectList.fromStandardInput()
        let findings = try await Session.with(client) { session in
            try await judgement.search(session).run(text)
        }
        try client.output.write(findings, text: findings.text)
        findings.noteUnjudged()
    }
}

/// The options about which lists to accept.
struct OrphanOptions: ParsableArguments {
    @Flag(help: "Trust the list even if it names no volume of the driver.")
    var trustList = false

    @Flag(help: "Compare snapshots even if the list has no VolumeSnapshotContent.")
    var snapshots = false

    func search(_ session: Session) -> OrphanSearch {
        OrphanSearch(session: session, trustsList: trustList, judgesSnapshots: snapshots)
    }
}

extension OrphanSearch.Findings {
    var text: String {
        orphans.isEmpty
            ? "nothing is forgotten: volumes: \(volumes), snapshots: \(snapshots)"
            : Orphan.table(orphans)
    }

    /// Notes on standard error what was not compared.
    func noteUnjudged() {
        guard !areSnapshotsJudged, snapshots > 0 else { return }
        Console.note(
            "\(snapshots) snapshots were not compared: the list has no VolumeSnapshotContent; add "
                + "them to the list (kubectl get pv,volumesnapshotcontent), or use --snapshots"
        )
    }
}
