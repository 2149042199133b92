/**
 * The member a page was drawn for, named by the window with each call that a session's cookie proves: the cookie says only who signed in
 * last in this browser. Where it is another member's by now the call is refused with `another_member`, and nothing is done. The feed's
 * socket can name no header in a browser, so it has the same in its address: `?member=`. Programs with a token send none.
 */
export const MEMBER_HEADER = 'x-parley-member'
