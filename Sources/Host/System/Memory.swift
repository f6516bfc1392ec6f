import CHostShim

/// The memory allocator of the process.
package enum Memory {
    /// Makes all threads allocate from one arena.
    ///
    /// glibc gives each thread that meets another one an arena of its own, and gives little of them
    /// back: with dozens of threads that rarely run, that is megabytes on every node for nothing.
    /// Call it before threads are started.
    package static func shareOneArena() { chost_share_one_arena() }

    /// Returns unused memory to the kernel.
    ///
    /// glibc keeps it otherwise, where one small piece above it is in use.
    package static func giveBack() { chost_give_memory_back() }
}
