// Why: what is timed decides what a figure means, so that stands in one place.

import BantamCoding
import BantamTensors
import Glibc

extension CoderBenchmark {
    /// Seconds that one pass over all arrays takes.
    struct Times {
        var encode: Double
        var decode: Double
        var checkedDecode: Double
        var freshDecode: Double
    }

    func times(of trial: CodingTrial, _ workers: Workers) throws -> Times {
        let count = trial.decodedByteCount
        let encode = try shortest(of: { try trial.encode(workers: workers) })
        var times = Times(encode: encode, decode: 0, checkedDecode: 0, freshDecode: 0)
        // Memory that was written before, and that a wrong result would show in.
        let warm = try Storage(byteCount: count) { memory in
            memory.initializeMemory(as: UInt8.self, repeating: 0xa5)
            times.decode = try shortest(of: {
                try trial.decode(into: memory, checked: false, workers: workers)
            })
            try trial.compare(UnsafeRawBufferPointer(memory), workers: workers)
            memory.initializeMemory(as: UInt8.self, repeating: 0x5a)
            times.checkedDecode = try shortest(of: {
                try trial.decode(into: memory, checked: true, workers: workers)
            })
        }
        try trial.compare(warm.bytes, workers: workers)
        times.freshDecode = try freshDecode(of: trial, workers)
        return times
    }

    /// The memory is the library's, as for any decoded tensor, but the system must provide its pages in every
    /// run, as it does where a tensor is decoded for the first time.
    private func freshDecode(of trial: CodingTrial, _ workers: Workers) throws -> Double {
        var seconds = 0.0
        // Whole huge pages, as storage has them: one that is given back in part comes again in small pages.
        let hugePage = Storage.hugePageByteCount
        let count = (trial.decodedByteCount + hugePage - 1) / hugePage * hugePage
        let decoded = try Storage(byteCount: count) { memory in
            seconds = try shortest(
                of: { try trial.decode(into: memory, checked: false, workers: workers) },
                before: { memory.giveBackPages() })
        }
        try trial.compare(decoded.bytes, workers: workers)
        return seconds
    }

    /// The shortest of the times of `work`; what goes before a run is not counted.
    private func shortest(of work: () throws -> Void, before: () -> Void = {}) throws -> Double {
        var best = Double.infinity
        var sum = 0.0
        var runs = 0
        repeat {
            before()
            let seconds = try ContinuousClock().measure(work) / .seconds(1)
            best = min(best, seconds)
            sum += seconds
            runs += 1
            // Three at least where they are quick: under a hypervisor the first to touch a page pays for more
            // than a page fault.
        } while sum < minimumTime || (runs < 3 && sum < 8 * minimumTime)
        return max(best, 1e-9)
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Hands the whole pages of own memory back to the system; they read as zeros until they are written.
    fileprivate func giveBackPages() {
        guard let baseAddress else { return }
        let page = UInt(sysconf(Int32(_SC_PAGESIZE)))
        let start = (UInt(bitPattern: baseAddress) + page - 1) / page * page
        let end = (UInt(bitPattern: baseAddress) + UInt(count)) / page * page
        guard start < end else { return }
        madvise(UnsafeMutableRawPointer(bitPattern: start), Int(end - start), MADV_DONTNEED)
    }
}
