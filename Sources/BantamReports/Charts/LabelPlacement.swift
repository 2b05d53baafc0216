// Direct labels beat a legend, as long as they do not lie on each other.

import Foundation

/// A rectangle on the page.
struct Box: Equatable {
    var x, y, width, height: Double

    func overlap(_ other: Box) -> Double {
        let across = min(x + width, other.x + other.width) - max(x, other.x)
        let down = min(y + height, other.y + other.height) - max(y, other.y)
        return across > 0 && down > 0 ? across * down : 0
    }

    func contains(_ x: Double, _ y: Double) -> Bool {
        (self.x...self.x + width).contains(x) && (self.y...self.y + height).contains(y)
    }

    func nearest(to point: (x: Double, y: Double)) -> (x: Double, y: Double) {
        (min(max(point.x, x), x + width), min(max(point.y, y), y + height))
    }
}

/// Puts labels beside their points, one after the other, each where it covers least.
struct LabelPlacement {
    /// Where labels may stand.
    var area: Box
    /// What must not be covered.
    var obstacles: [Box]

    /// The box for a label of a size beside a point, and whether it came to stand so far away that it
    /// needs a line to its point. `nil` if every place would cover something.
    mutating func place(width: Double, height: Double, at point: (x: Double, y: Double)) -> (
        box: Box, needsLeader: Bool
    )? {
        for distance in [9.0, 20, 34, 50, 70] {
            for (dx, dy) in [
                (1.0, 0.0), (-1, 0), (0, -1), (0, 1), (0.7, -0.7), (0.7, 0.7), (-0.7, -0.7), (-0.7, 0.7),
            ] {
                let centerX = point.x + dx * distance + (dx == 0 ? 0 : (dx > 0 ? 1 : -1) * width / 2)
                let centerY = point.y + dy * (distance + height / 2)
                let box = Box(x: centerX - width / 2, y: centerY - height / 2, width: width, height: height)
                let isInside =
                    box.x >= area.x && box.y >= area.y && box.x + width <= area.x + area.width
                    && box.y + height <= area.y + area.height
                guard isInside, obstacles.allSatisfy({ $0.overlap(box) == 0 }) else { continue }
                let leader = distance > 10 ? Self.leader(from: point, to: box) : []
                let others = obstacles.filter { !$0.contains(point.x, point.y) }
                if leader.allSatisfy({ step in others.allSatisfy { $0.overlap(step) == 0 } }) {
                    obstacles += [box] + leader
                    return (box, distance > 10)
                }
            }
        }
        return nil
    }

    /// Small boxes along the line from a point to the nearest edge of its label.
    private static func leader(from point: (x: Double, y: Double), to box: Box) -> [Box] {
        let end = box.nearest(to: point)
        return stride(from: 0.1, to: 0.95, by: 0.1).map { part in
            Box(
                x: point.x + part * (end.x - point.x) - 0.5, y: point.y + part * (end.y - point.y) - 0.5,
                width: 1, height: 1)
        }
    }
}

extension SVG {
    /// A label where it was placed, with a line to its point if it stands far away.
    mutating func label(
        _ text: String, _ placed: (box: Box, needsLeader: Bool), of point: (x: Double, y: Double),
        size: Double, isStrong: Bool = false
    ) {
        let box = placed.box
        if placed.needsLeader {
            let end = box.nearest(to: point)
            let part = 8 / max(hypot(end.x - point.x, end.y - point.y), 8)
            line(
                point.x + part * (end.x - point.x), point.y + part * (end.y - point.y), end.x, end.y, "leader"
            )
        }
        let isLeft = box.x + box.width / 2 < point.x - 4 && box.x + box.width <= point.x
        self.text(
            isLeft ? box.x + box.width : box.x, box.y + size - 1, text,
            isStrong ? "label halo strong" : "label halo", anchor: isLeft ? .end : .start)
    }
}
