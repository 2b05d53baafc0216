// Why: every target does the same around its reader: put the input where the reader looks, let it read, and take
// anything but a value or a proper error for a fault.

import Bantam
import Glibc

/// What all targets share.
public enum Harness {
    /// Runs a reader over an input.
    ///
    /// A ``BantamError`` is what bad input is to end in, if it is one line and blames the input. Everything else
    /// that leaves `body` ends the process, which libFuzzer takes for a finding.
    ///
    /// - Parameter file: what the error must name, where the reader knows a file.
    /// - Returns: 0, for libFuzzer: the input may go into the corpus.
    public static func check(naming file: String? = nil, _ body: () throws -> Void) -> CInt {
        do {
            try body()
        } catch let error as BantamError {
            check(error, naming: file)
        } catch {
            fatalError("expected a BantamError, found \(error)")
        }
        return 0
    }

    private static func check(_ error: BantamError, naming file: String?) {
        let line = error.description
        guard !line.contains(where: \.isNewline), line.unicodeScalars.allSatisfy({ $0.value >= 32 }) else {
            fatalError("expected an error of one line, found \(line.debugDescription)")
        }
        guard line.utf8.count < 1 << 12 else {
            fatalError("expected an error a person can read, found \(line.utf8.count) bytes")
        }
        guard file.map({ error.file != nil || line.contains($0) }) ?? true else {
            fatalError("expected an error with a file, found \(line)")
        }
        // What the input can be blamed for; nothing here creates files, and nothing is Bantam's own fault.
        let kinds: [BantamError.Kind] = [
            .invalidArgument, .corruption, .insufficientData, .compatibility, .missingInput, .io,
        ]
        guard kinds.contains(error.kind) else {
            fatalError("expected bad input, found \(error.kind): \(line)")
        }
    }

    /// The path of a file with the bytes of the input, in a folder of this process that ``run`` takes away.
    ///
    /// - Parameter name: the file's name; the same file is written again for the next input.
    public static func file(_ name: String, _ bytes: UnsafeRawBufferPointer) -> String {
        let path = folder + "/" + name
        // A new file each time: an input that is still mapped somewhere must not change under its reader.
        unlink(path)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { fatalError("\(path): \(systemMessage())") }
        defer { close(descriptor) }
        var rest = bytes
        while !rest.isEmpty {
            let count = write(descriptor, rest.baseAddress, rest.count)
            guard count > 0 else { fatalError("\(path): \(systemMessage())") }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
        return path
    }

    /// Reads every tensor of a file to its last byte.
    public static func readAll(_ file: any TensorFile) throws {
        for index in file.entries.indices {
            let tensor = try locating(file: file.path) { try file.tensor(at: index) }
            guard tensor.dtype == file.entries[index].dtype, tensor.shape == file.entries[index].shape else {
                fatalError("expected \(file.entries[index]), found \(tensor.dtype) \(tensor.shape)")
            }
            touch(tensor)
        }
    }

    /// Reads all bytes of a tensor, so that a range outside its memory is noticed.
    public static func touch(_ tensor: Tensor) {
        withExtendedLifetime(tensor) {
            let sum = tensor.storage.bytes.reduce(0) { $0 &+ Int($1) }
            guard sum >= 0 else { fatalError("a sum of bytes is negative") }
        }
    }

    private static let folder: String = {
        var template = Array(
            "\(getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp")/fuzz-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("no folder for inputs: \(systemMessage())") }
        return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }()
}
