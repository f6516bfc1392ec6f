/// What the messages say about a disk that never comes back.
enum LostDisk {
    /// The end of a sentence, with what the option destroys.
    ///
    /// Source: vgreduce(8).
    static func advice(_ group: String) -> String {
        "run vgreduce --removemissing \(group), which refuses while a volume has a part on the disk; "
            + "with --force it destroys these volumes, and a thin pool with all its volumes"
    }
}
