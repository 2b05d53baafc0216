extension TensorEntry {
    /// What the one tensor of a file without names is called: `weights` for `models/weights.npy`.
    static func name(ofFile path: String) -> String {
        let name = path.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return String(name) }
        return String(name[..<dot])
    }
}
