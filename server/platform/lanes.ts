/** Lanes are 64-bit hashes, carried as text. A scan of them begins here. */
export const FIRST_LANE = '-9223372036854775808'
