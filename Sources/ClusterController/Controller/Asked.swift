import DriverCore

extension Array where Element: Sendable {
    /// The results for all elements, in their order; 64 calls run at once.
    func asked<Answer: Sendable>(
        _ ask: @Sendable @escaping (Element) async throws(DriverError) -> Answer
    ) async -> [Result<Answer, DriverError>] {
        await withTaskGroup(of: (Int, Result<Answer, DriverError>).self) { group in
            var answers = [Result<Answer, DriverError>?](repeating: nil, count: count)
            var rest = enumerated().makeIterator()
            func askNext() {
                guard let (index, element) = rest.next() else { return }
                group.addTask {
                    do throws(DriverError) {
                        return (index, .success(try await ask(element)))
                    } catch {
                        return (index, .failure(error))
                    }
                }
            }
            for _ in 0..<64 { askNext() }
            while let (index, answer) = await group.next() {
                answers[index] = answer
                askNext()
            }
            return answers.compactMap(\.self)
        }
    }
}
