import BantamTestSupport
import Testing

@testable import BantamReports

@Suite struct LabelPlacementTests {
    @Test func labelsCoverNeitherEachOtherNorPoints() {
        var generator = SeededGenerator(seed: 3)
        for count in [1, 5, 12, 30] {
            let points = (0..<count).map { _ in
                (
                    x: Double.random(in: 60...740, using: &generator),
                    y: Double.random(in: 30...340, using: &generator)
                )
            }
            let marks = points.map { Box(x: $0.x - 8, y: $0.y - 8, width: 16, height: 16) }
            let area = Box(x: 60, y: 2, width: 690, height: 350)
            var placement = LabelPlacement(area: area, obstacles: marks)
            let boxes = points.compactMap { placement.place(width: 90, height: 16, at: $0)?.box }
            #expect(boxes.count >= min(count, 12))
            for (index, box) in boxes.enumerated() {
                #expect(marks.allSatisfy { $0.overlap(box) == 0 })
                #expect(boxes[..<index].allSatisfy { $0.overlap(box) == 0 })
                #expect(box.x >= area.x && box.x + box.width <= area.x + area.width)
                #expect(box.y >= area.y && box.y + box.height <= area.y + area.height)
            }
        }
    }

    @Test func theFirstPlaceIsRightBesideThePoint() throws {
        var placement = LabelPlacement(area: Box(x: 0, y: 0, width: 500, height: 500), obstacles: [])
        let place = placement.place(width: 40, height: 10, at: (100, 100))
        let placed = try #require(place)
        #expect(placed.box == Box(x: 109, y: 95, width: 40, height: 10))
        #expect(!placed.needsLeader)
    }

    @Test func aLabelWithoutRoomIsLeftOut() {
        var placement = LabelPlacement(area: Box(x: 0, y: 0, width: 30, height: 500), obstacles: [])
        let place = placement.place(width: 40, height: 10, at: (10, 100))
        #expect(place == nil)
    }
}
