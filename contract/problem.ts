/** Errors of the API: RFC 9457 `application/problem+json` with a stable `code`. The window makes the words. */
import { z } from 'zod'

/** code → HTTP status and its title in English, for people who read the API without a window. */
export const PROBLEMS = {
  unreadable: [400, 'The request cannot be read'],
  bad_cursor: [400, 'The cursor is not one of ours'],
  signed_out: [401, 'Sign in first'],
  wrong_credentials: [401, 'Wrong e-mail, password or code'],
  code_wanted: [401, 'A code of the second factor is wanted'],
  not_proven: [401, 'The signature or secret that proves the sender is missing or does not match'],
  forbidden: [403, 'Your role may not do this'],
  second_factor_wanted: [403, 'Turn on a second factor for your account first'],
  wrong_origin: [403, 'The request comes from another site'],
  not_found: [404, 'There is no such thing'],
  too_slow: [408, 'The body took too long to arrive'],
  another_member: [409, 'Another member is signed in in this browser by now'],
  conflict: [409, 'It was changed meanwhile'],
  busy: [409, 'The same request is being worked on'],
  shown_once: [409, 'It was made, and is shown only once'],
  not_resendable: [409, 'Only failed and unconfirmed deliveries can be resent'],
  already_set_up: [409, 'There is an owner already'],
  email_taken: [409, 'The e-mail has an account already'],
  last_owner: [409, 'A workspace keeps one owner'],
  elsewhere_too: [409, 'The account belongs to another workspace too'],
  cannot_undo: [409, 'It cannot be undone any more'],
  too_large: [413, 'Too large'],
  unsupported_type: [415, 'This type is not understood'],
  upgrade_wanted: [426, 'Only a WebSocket is served here'],
  invalid: [422, 'The request was refused'],
  key_reused: [422, 'The idempotency key was used for another request'],
  weak_password: [422, 'The password is too short or too common'],
  settings_refused: [422, 'The platform refused these settings'],
  unreachable: [422, 'The platform could not be reached'],
  no_road: [422, 'There is no way to reach this contact now'],
  cannot: [422, 'The network cannot do this'],
  same_contact: [422, 'Both are the same contact already'],
  too_many: [429, 'Too many requests'],
  broken: [500, 'Parley made a mistake'],
  unavailable: [503, 'The database or the disk is away or full; try again'],
} as const satisfies Record<string, readonly [number, string]>

export type ProblemCode = keyof typeof PROBLEMS

export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]),
  /** One sentence for a developer. */
  detail: z.string().optional(),
  /** Fields that were refused: path and reason. */
  fields: z.array(z.object({ path: z.string(), reason: z.string() })).optional(),
  /** Values for the words of the window. */
  values: z.record(z.string(), z.unknown()).optional(),
  /** To name in a report; the log has it too. */
  request: z.string().optional(),
})
export type Problem = z.infer<typeof Problem>
