import DriverCore

/// One option of a mkfs program: `-b 4096`, `-E stride=16,nodiscard`.
struct MkfsOption: Hashable {
    let flag: String
    let value: String?

    var arguments: [String] { value.map { [flag, $0] } ?? [flag] }

    /// The options of `extra` put into `base`.
    ///
    /// Where both have a flag, `extra` wins; for a flag that holds a list, item by item, so that a
    /// user who sets `-E stride=16` keeps the driver's `nodiscard`.
    static func merge(_ base: [MkfsOption], with extra: [MkfsOption], lists: Set<String>)
        -> [MkfsOption]
    {
        var merged = base
        for option in extra {
            guard let index = merged.firstIndex(where: { $0.flag == option.flag }) else {
                merged.append(option)
                continue
            }
            guard lists.contains(option.flag), let old = merged[index].value,
                let new = option.value
            else {
                merged[index] = option
                continue
            }
            merged[index] = MkfsOption(flag: option.flag, value: mergeItems(old, with: new))
        }
        return merged
    }

    /// Puts the items of a comma-separated list into another, each by its name.
    private static func mergeItems(_ old: String, with new: String) -> String {
        var items = old.byteSplit(separator: ",")
        for item in new.byteSplit(separator: ",") {
            if let index = items.firstIndex(where: { name(of: $0).hasSameBytes(as: name(of: item)) }
            ) {
                items[index] = item
            } else {
                items.append(item)
            }
        }
        return items.joined(separator: ",")
    }

    /// `stride` of `stride=16`, `metadata_csum` of `^metadata_csum`.
    static func name(of item: Substring) -> Substring {
        (item.removingBytePrefix("^") ?? item).bytePrefix(before: "=")
    }
}
