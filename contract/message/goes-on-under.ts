/** The subject of a letter that has none of its own, of the last one in its thread; the server writes it and the window knows it again. */
export const goesOnUnder = (last: string): string => (/^re:/i.test(last) ? last : `Re: ${last}`)
