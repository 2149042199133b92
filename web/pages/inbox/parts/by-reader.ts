import { createContext } from 'react'

/** Called before the reader makes a part larger or smaller: the thread then stays where he looks, and does not follow its end. */
export const ByReader = createContext<() => void>(() => {})
