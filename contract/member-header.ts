/**
 * The member a page was drawn for, named by the window with each call that a session's cookie proves: the cookie says only who signed in
 * last in this browser. Where it is another member's by now the call is refused with `another_member`, and nothing is done. Programs with
 * a token send none.
 */
export const MEMBER_HEADER = 'x-parley-member'
