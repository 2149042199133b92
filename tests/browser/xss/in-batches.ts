/** So many at once, all of them. */
export async function inBatches<T>(all: readonly T[], atOnce: number, work: (each: T) => Promise<void>): Promise<void> {
  const waiting = all.values()
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const each of waiting) await work(each)
    }),
  )
}
