import COpenBLAS

/// How many threads OpenBLAS may use inside one call.
///
/// Bantam works on many matrices side by side, so one is the default there; results of LAPACK must not depend
/// on the number of threads either.
public enum BLASThreads {
    /// Sets the number for the whole process.
    public static func set(_ count: Int) { openblas_set_num_threads(Int32(count)) }
}
