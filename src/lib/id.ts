import { v7 } from 'uuid'

/** UUIDv7: sorts by time of making, and its 74 random bits make a public link unguessable. */
export const newId = (): string => v7()
