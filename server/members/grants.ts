import { may, type Role } from '#contract/rights.ts'

/** Whether this role makes a colleague, or a token, what it is. */
export const mayGrant = (by: Role, role: Role): boolean => by === 'owner' || (role !== 'owner' && role !== 'admin')

/** Whether this role opens a colleague's account by a link. Whoever has the link can be him: the same rule as for making somebody what he is. */
export const mayHelp = (by: Role, role: Role): boolean => may(by, 'member.change') && mayGrant(by, role)
