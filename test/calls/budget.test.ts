import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Budget, hasRoomFor, isCrossingWarning } from '../../src/calls/budget.ts'

const test = suite('calls/budget')

const budget = (spentMicroUsd: number, limitMicroUsd: number): Budget => ({
  refusal: 'slot_budget',
  slotId: 'slot-001',
  limitMicroUsd,
  spentMicroUsd,
})

const room: [spent: number, limit: number, price: number, expected: boolean][] = [
  [0, 100, 100, true],
  [0, 100, 101, false],
  [60, 100, 40, true],
  [61, 100, 40, false],
  [0, 0, 1, false],
  [150, 100, 1, false],
]
for (const [spent, limit, price, expected] of room) {
  test(`${spent} of ${limit} spent has ${expected ? '' : 'no '}room for ${price}`, () => {
    assert.is(hasRoomFor(budget(spent, limit), price), expected)
  })
}

const crossings: [spent: number, limit: number, price: number, expected: boolean][] = [
  [0, 100, 79, false],
  [0, 100, 80, true],
  [79, 100, 1, true],
  [80, 100, 1, false],
  [79, 100, 21, true],
  // 80 % of 101 is 80.8.
  [80, 101, 0.5, false],
  [80, 101, 1, true],
]
for (const [spent, limit, price, expected] of crossings) {
  test(`a call of ${price} after ${spent} of ${limit} ${expected ? 'is' : 'is not'} the one to warn of`, () => {
    assert.is(isCrossingWarning(budget(spent, limit), price), expected)
  })
}

test.run()
