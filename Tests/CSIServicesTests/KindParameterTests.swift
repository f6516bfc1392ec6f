import Backend
import DriverCore
import NodeStorage
import TestSupport
import Testing

@testable import CSIServices

/// The parameters of a StorageClass that one kind of backend owns.
@Suite(.timeLimit(.minutes(5))) struct KindParameterTests {
    private struct Colour: Tailoring {
        let name: String
        var lack: String { "its volumes have no colour: the parameter colour is for painted tiers" }
    }

    /// The parameters of a kind that nobody has.
    private static let painted = ClassParameters(
        keys: ["colour", "shade"],
        synonyms: ["paint": "colour"]
    ) { parameters throws(DriverError) in
        guard let name = parameters["colour"] else { return nil }
        guard name != "grey" else {
            throw DriverError(.invalidRequest, "parameter 'colour' is 'grey'; accepted: red, blue")
        }
        return Colour(name: name)
    }

    private func read(_ parameters: [String: String]) throws(DriverError) -> VolumeParameters {
        try VolumeParameters(parameters, [Self.painted])
    }

    @Test func `what a class asks of a kind is read by the kind, and kept with the volume`() throws
    {
        let asked = ["tier": "fast", "colour": "red", "shade": "dark"]
        let parameters = try read(asked)
        #expect(parameters.wishes.map { ($0 as? Colour)?.name } == ["red"])
        #expect(parameters.kept == asked)
        #expect(try read(["tier": "fast"]).wishes.isEmpty)
    }

    @Test func `a value that the kind refuses is refused, whatever the tier`() {
        let error = #expect(throws: DriverError.self) {
            try read(["tier": "plain", "colour": "grey"])
        }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains("accepted: red, blue") ?? false)
    }

    @Test func `a refusal of an unknown key lists the kind's keys between the others`() {
        let error = #expect(throws: DriverError.self) { try read(["x": "y"]) }
        let listed = "tier, mkfsOptions, blockSize, colour, shade, allowVolumeModeChange, "
        #expect(error?.message.contains(listed) ?? false, "\(error?.message ?? "")")
    }

    @Test(arguments: [("Colour", "colour"), ("color", "colour"), ("PAINT", "colour")])
    func `a kind's key in another spelling is known`(key: String, meant: String) {
        let error = #expect(throws: DriverError.self) { try read([key: "red"]) }
        #expect(error?.message.contains("(did you mean '\(meant)'?)") ?? false)
    }

    @Test func `a key of a kind that the binary does not have is unknown`() {
        let error = #expect(throws: DriverError.self) {
            try VolumeParameters(["colour": "red"], [])
        }
        #expect(error?.code == .invalidRequest)
    }

    @Test func `a tier of another kind refuses with words that let another node be tried`() {
        let tier = Tier(ScriptedBackend(tier: "plain", folder: "/nowhere"))
        let error = #expect(throws: DriverError.self) {
            _ = try tier.tailored(to: [Colour(name: "red")])
        }
        #expect(error?.code == .outOfSpace)
        #expect(
            error?.message
                == "tier 'plain': its volumes have no colour: the parameter colour is for painted tiers"
        )
    }
}
