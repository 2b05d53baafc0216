// Why: splitting elements into byte planes is the step that makes float arrays compressible for zstd. Loops run
// plane by plane over blocks that fit the cache, because that form vectorises.

/// Writes byte 0 of all elements, then byte 1 of all, …; bytes after the last whole element stay at the end.
///
/// If it `rotates`, an element's top bit goes to its bottom first, and the others move up by one: the exponent of
/// a float then stands above its sign.
func splitBytePlanes(
    _ block: UnsafeRawBufferPointer, width: Int, rotates: Bool = false,
    into result: UnsafeMutableRawBufferPointer
) {
    switch (width, rotates) {
    case (2, false): split(block, as: UInt16.self, rotation: 0, into: result)
    case (4, false): split(block, as: UInt32.self, rotation: 0, into: result)
    case (8, false): split(block, as: UInt64.self, rotation: 0, into: result)
    case (2, true): split(block, as: UInt16.self, rotation: 1, into: result)
    case (4, true): split(block, as: UInt32.self, rotation: 1, into: result)
    case (8, true): split(block, as: UInt64.self, rotation: 1, into: result)
    default: result.copyMemory(from: block)
    }
}

/// Undoes ``splitBytePlanes(_:width:rotates:into:)``.
func joinBytePlanes(
    _ planes: UnsafeRawBufferPointer, width: Int, rotates: Bool = false,
    into result: UnsafeMutableRawBufferPointer
) {
    switch (width, rotates) {
    case (2, false): join(planes, as: UInt16.self, rotation: 0, into: result)
    case (4, false): join(planes, as: UInt32.self, rotation: 0, into: result)
    case (8, false): join(planes, as: UInt64.self, rotation: 0, into: result)
    case (2, true): join(planes, as: UInt16.self, rotation: 1, into: result)
    case (4, true): join(planes, as: UInt32.self, rotation: 1, into: result)
    case (8, true): join(planes, as: UInt64.self, rotation: 1, into: result)
    default: result.copyMemory(from: planes)
    }
}

/// Writes each element minus the one before it, modulo its width.
func takeDifferences(of block: UnsafeRawBufferPointer, width: Int, into result: UnsafeMutableRawBufferPointer)
{
    switch width {
    case 2: differ(block, as: UInt16.self, into: result)
    case 4: differ(block, as: UInt32.self, into: result)
    case 8: differ(block, as: UInt64.self, into: result)
    default: differ(block, as: UInt8.self, into: result)
    }
}

/// Undoes ``takeDifferences(of:width:into:)`` in place.
func sumDifferences(in block: UnsafeMutableRawBufferPointer, width: Int) {
    switch width {
    case 2: sum(block, as: UInt16.self)
    case 4: sum(block, as: UInt32.self)
    case 8: sum(block, as: UInt64.self)
    default: sum(block, as: UInt8.self)
    }
}

@inline(__always)
private func split<Element: FixedWidthInteger & BitwiseCopyable>(
    _ block: UnsafeRawBufferPointer, as type: Element.Type, rotation: Int,
    into result: UnsafeMutableRawBufferPointer
) {
    let width = MemoryLayout<Element>.size
    let count = block.count / width
    guard let source = block.baseAddress, let target = result.baseAddress else { return }
    for plane in 0..<width {
        let bytes = (target + plane * count).assumingMemoryBound(to: UInt8.self)
        let shift = Element(truncatingIfNeeded: 8 * plane)
        for index in 0..<count {
            let element = source.loadUnaligned(fromByteOffset: index &* width, as: Element.self)
            bytes[index] = UInt8(truncatingIfNeeded: rotated(element, by: rotation) &>> shift)
        }
    }
    copyTail(from: count * width, of: block, into: result)
}

/// The bits moved up by `count`, those beyond the top back in at the bottom.
@inline(__always)
private func rotated<Element: FixedWidthInteger>(_ element: Element, by count: Int) -> Element {
    let up = Element(truncatingIfNeeded: count)
    return element &<< up | element &>> (0 &- up)
}

@inline(__always)
private func join<Element: FixedWidthInteger & BitwiseCopyable>(
    _ planes: UnsafeRawBufferPointer, as type: Element.Type, rotation: Int,
    into result: UnsafeMutableRawBufferPointer
) {
    let width = MemoryLayout<Element>.size
    let count = planes.count / width
    guard let source = planes.baseAddress?.assumingMemoryBound(to: UInt8.self),
        let target = result.baseAddress
    else { return }
    for index in 0..<count {
        var element: Element = 0
        for plane in 0..<width {
            element |= Element(source[plane &* count &+ index]) &<< Element(truncatingIfNeeded: 8 &* plane)
        }
        target.storeBytes(
            of: rotated(element, by: Element.bitWidth - rotation), toByteOffset: index &* width,
            as: Element.self)
    }
    copyTail(from: count * width, of: planes, into: result)
}

@inline(__always)
private func differ<Element: FixedWidthInteger & BitwiseCopyable>(
    _ block: UnsafeRawBufferPointer, as type: Element.Type, into result: UnsafeMutableRawBufferPointer
) {
    let width = MemoryLayout<Element>.size
    var last: Element = 0
    for index in 0..<block.count / width {
        let element = block.loadUnaligned(fromByteOffset: index &* width, as: Element.self)
        result.storeBytes(of: element &- last, toByteOffset: index &* width, as: Element.self)
        last = element
    }
    copyTail(from: block.count / width * width, of: block, into: result)
}

@inline(__always)
private func sum<Element: FixedWidthInteger & BitwiseCopyable>(
    _ block: UnsafeMutableRawBufferPointer, as type: Element.Type
) {
    let width = MemoryLayout<Element>.size
    var last: Element = 0
    for index in 0..<block.count / width {
        last &+= block.loadUnaligned(fromByteOffset: index &* width, as: Element.self)
        block.storeBytes(of: last, toByteOffset: index &* width, as: Element.self)
    }
}

private func copyTail(
    from start: Int, of block: UnsafeRawBufferPointer, into result: UnsafeMutableRawBufferPointer
) {
    for index in start..<block.count { result[index] = block[index] }
}
