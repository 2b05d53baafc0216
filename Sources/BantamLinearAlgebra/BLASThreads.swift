import COpenBLAS
import Synchronization

/// How many threads OpenBLAS may use inside one call: one, always.
///
/// Bantam cuts products into tiles and matrices into blocks by their size alone and runs those side by side on
/// `Workers`. That makes results independent of the number of threads, which OpenBLAS does not promise for its
/// own, and it is faster than both kinds of threads at once. The number is OpenBLAS's, so it holds for the
/// whole process: a host program that wants OpenBLAS's own threads sets it back after its calls of Bantam.
public enum BLASThreads {
    private static let setting = Mutex(())

    /// Sets the number for the whole process. Everything in this module that calls OpenBLAS sets one first.
    public static func set(_ count: Int) {
        setting.withLock { _ in
            if openblas_get_num_threads() != Int32(count) { openblas_set_num_threads(Int32(count)) }
        }
    }
}
