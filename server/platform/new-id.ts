import { systemClock } from './clock.ts'
import { uuidv7 } from './ids.ts'

/** The program's own clock: corrected from the database at start and every minute; ids and due times are made by it. */
export const programClock = systemClock()

/** An id that carries the database's time as this process knows it. */
export const newId = <Id extends string = string>(): Id => uuidv7<Id>(programClock)

/** @param ms  from now */
export const timeIn = (ms: number): Date => new Date(programClock.now().getTime() + ms)
