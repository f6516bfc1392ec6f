import DriverCore
import Testing

@testable import BackendLVM

@Suite(.timeLimit(.minutes(5)))
struct `Layouts of thick volumes` {
    private static let free = [100, 80, 30]

    @Test func `a linear volume takes what is free anywhere`() {
        #expect(Layout.linear.room(in: Self.free) == 210)
        #expect(Layout.linear.largest(in: Self.free) == 210)
        #expect(Layout.linear.extents(for: 7) == 7)
    }

    @Test func `stripes take the same of several disks at a time`() {
        let layout = Layout(stripes: 2)
        // 100 and 80 + 30 lie side by side: 100 a leg, or 5 more of each with the third.
        #expect(layout.room(in: Self.free) == 2 * 105)
        #expect(layout.largest(in: Self.free) == 2 * 80)
        #expect(layout.extents(for: 7) == 8)
    }

    @Test func `copies and parity are counted`() {
        #expect(Layout(raid: .raid1).extents(for: 10) == 22)
        #expect(Layout(raid: .raid10).extents(for: 10) == 24)
        #expect(Layout(raid: .raid5).extents(for: 10) == 18)
        #expect(Layout(raid: .raid6).extents(for: 9) == 20)
        #expect(Layout(raid: .raid0).extents(for: 10) == 10)
        #expect(Layout(raid: .raid1).largest(in: Self.free) == 79)
        #expect(Layout(raid: .raid5).largest(in: Self.free) == 2 * 29)
    }

    @Test func `only what needs no legs apart may be larger than a leg of one disk`() {
        #expect(Layout(raid: .raid1).mostExtents(in: Self.free) == 79)
        #expect(Layout(raid: .raid5).mostExtents(in: Self.free) == 2 * 29)
        #expect(Layout(stripes: 2).mostExtents(in: Self.free) == 2 * 105)
        #expect(Layout(raid: .raid0).mostExtents(in: Self.free) == 2 * 105)
        #expect(Layout.linear.mostExtents(in: Self.free) == 210)
    }

    @Test func `too few disks leave no room`() {
        #expect(Layout(raid: .raid1).room(in: [100]) == 0)
        #expect(Layout(raid: .raid1).largest(in: [100]) == 0)
        #expect(Layout(stripes: 3).room(in: [10, 10]) == 0)
        #expect(Layout(raid: .raid6).largest(in: [10, 10, 10, 10]) == 0)
        #expect(Layout.linear.room(in: []) == 0)
    }

    @Test(arguments: [
        Layout.linear, Layout(stripes: 2), Layout(raid: .raid1), Layout(raid: .raid5),
        Layout(raid: .raid10), Layout(raid: .raid6), Layout(raid: .raid0, stripes: 3),
    ])
    func `the largest volume takes no more than is free`(layout: Layout) {
        let free = [50, 40, 60, 45, 50]
        let largest = layout.largest(in: free)
        #expect(largest > 0)
        #expect(largest <= layout.room(in: free))
        #expect(layout.extents(for: largest) <= free.reduce(0, +))
    }
}
