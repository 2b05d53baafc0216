/// The last part of a path, for titles.
func fileName(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
}
