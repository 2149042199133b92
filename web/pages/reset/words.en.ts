export default {
  title: 'Sign in again',
  lead: 'Set a new password. The second factor is off then, and every other place is signed out.',
  password: 'New password',
  passwordHint: 'At least ten characters',
  short: 'Shorter than ten characters',
  showPassword: 'Show the password',
  set: 'Set it and sign in',
  signIn: 'To the sign-in',
  noToken: {
    title: 'The link is not whole',
    next: 'Copy it with everything after the sign #.',
  },
  badLink: {
    title: 'This link does not work any more',
    next: 'It works once, within 24 hours, and only the newest one. Ask for another.',
  },
}
