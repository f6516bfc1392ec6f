/// The end of a soak, and of a node that has lost its power.
extension SoakCaller {
    /// Goes on with what an earlier caller of this number has noted, on a node that was started
    /// anew: nothing is mounted there, and what had no answer is asked again.
    package mutating func recover(_ notes: SoakNotes) async {
        made = notes.made
        deleted = notes.deleted
        snapshots = notes.snapshots
        volumes = notes.volumes
        for slot in volumes.indices {
            volumes[slot].staged = .no
            volumes[slot].published = .no
        }
        // Before anything is repeated, which would bring back what was lost.
        await list()
        for slot in volumes.indices {
            if volumes[slot].isDoomed {
                await delete(slot, 5)
            } else if volumes[slot].exists.mayBe {
                await create(slot, from: slot, 5)
            }
        }
        for (slot, snapshot) in snapshots.sorted(by: { $0.key < $1.key }) {
            if snapshot.exists == .unknown, !snapshot.id.isEmpty {
                await deleteSnapshot(slot, 5)
            } else {
                await self.snapshot(slot, 5)
            }
        }
    }

    /// Brings everything of this caller to an end: all is looked at once more, and removed.
    package mutating func finish() async {
        for slot in volumes.indices {
            if volumes[slot].exists == .unknown, !volumes[slot].isDoomed {
                await create(slot, from: slot, site.lastPatience)
            }
            await unpublish(slot, site.lastPatience)
            await unstage(slot, site.lastPatience)
            await lookInto(slot)
            await delete(slot, site.lastPatience)
        }
    }

    /// Restores every snapshot that surely exists, looks at its contents, and removes the copy.
    package mutating func finishSnapshots() async {
        for (slot, snapshot) in snapshots where snapshot.exists == .yes {
            volumes.append(freshVolume())
            let copy = volumes.count - 1
            await create(copy, from: slot, site.lastPatience)
            await lookInto(copy)
            await delete(copy, site.lastPatience)
        }
    }

    /// Mounts a volume for as long as it takes to compare its contents.
    private mutating func lookInto(_ slot: Int) async {
        guard volumes[slot].exists == .yes else { return }
        await stage(slot, site.lastPatience)
        await publish(slot, site.lastPatience)
        await verify(slot)
        await unpublish(slot, site.lastPatience)
        await unstage(slot, site.lastPatience)
    }
}
