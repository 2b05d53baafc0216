import Bantam
import FuzzHarness

/// An index beside two safetensors files, and every tensor it names.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    for (file, tensor) in [("a.safetensors", "a"), ("b.safetensors", "b")] {
        _ = shard(of: tensor).withUnsafeBytes { Harness.file(file, $0) }
    }
    let index = UnsafeRawBufferPointer(start: start, count: count)
    let path = Harness.file("model.safetensors.index.json", index)
    return Harness.check(naming: path) { try Harness.readAll(SafetensorsShards.open(path)) }
}

/// A safetensors file with one tensor of eight bytes.
private func shard(of tensor: String) -> [UInt8] {
    let header = Array(#"{"\#(tensor)":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#.utf8)
    let length = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) }
    return length + header + [UInt8](repeating: 1, count: 8)
}
