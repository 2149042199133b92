/** Limits that forms of the window hold too: plain numbers, for the window brings no schemas. */
export const LONGEST = {
  name: 120,
  contactName: 200,
  email: 254,
  password: 200,
  code: 40,
  search: 200,
  subject: 500,
  language: 35,
  timeZone: 60,
  tag: 60,
  factName: 60,
  fact: 2000,
} as const
export const SHORTEST_PASSWORD = 10
export const MOST_TAGS = 50
/** Fields of a contact. */
export const MOST_FACTS = 100
/** What members may upload; a network's own limit is told before that. What came to us may be larger where its network says so. */
export const MOST_FILE_BYTES = 50 * 1024 * 1024
/** Conversations that are changed in one call, or acts that are undone. */
export const MOST_AT_ONCE = 100
/** Of a draft that is removed: what it may be by now, as far as one window knows. */
export const MOST_KNOWN_DRAFTS = 5
