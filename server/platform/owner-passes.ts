/**
 * Tables whose owner passes their row-level security (ADR 8): functions of the owner look into indexes that PostgreSQL does not ask behind a
 * policy, and name the workspace themselves. The program is bound in them as everywhere.
 */
export const OWNER_PASSES: readonly string[] = ['message_words', 'identity', 'contact']
