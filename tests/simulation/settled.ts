/** What was promised at this moment has come true: a flight goes through a handful of promises until it asks again or lands. */
export async function settled(): Promise<void> {
  for (let hop = 0; hop < 24; hop++) await Promise.resolve()
}
