// Why: what theory says of a compressed file is said of the arrays in it, whatever tree they hang on.

import BantamEncodings
import BantamTensors

extension Encoding {
    /// The arrays an archive holds of this encoding, in their order there.
    public var arrays: [Tensor] { PartTree<Tensor>(self).leaves }

    /// The array whose elements are the numbers: the codes of a quantized tensor, the values of a sparse one,
    /// those of the left of two factors; `nil` if no array holds them one by one.
    public var numbers: Tensor? { PartTree<Tensor>(self).elements }
}
