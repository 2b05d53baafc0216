import COpenBLAS

/// Matrix products on memory of a workspace, row-major, on one thread of OpenBLAS.
///
/// BantamLinearAlgebra's products give a new matrix each; layers write into buffers they use again.
enum Gemm {
    /// y [rows, count] = w [rows, columns] · x [columns, count].
    static func multiply(
        _ w: UnsafePointer<Float>, rows: Int, columns: Int, _ x: UnsafePointer<Float>, count: Int,
        into y: UnsafeMutablePointer<Float>
    ) {
        cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(rows), Int32(count), Int32(columns), 1, w,
            Int32(max(columns, 1)), x, Int32(max(count, 1)), 0, y, Int32(max(count, 1)))
    }

    /// y [count, rows] = x [count, columns] · wᵀ with w [rows, columns].
    static func multiplyTransposed(
        _ w: UnsafePointer<Float>, rows: Int, columns: Int, _ x: UnsafePointer<Float>, count: Int,
        into y: UnsafeMutablePointer<Float>
    ) {
        cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasTrans, Int32(count), Int32(rows), Int32(columns), 1, x,
            Int32(max(columns, 1)), w, Int32(max(columns, 1)), 0, y, Int32(max(rows, 1)))
    }
}
