export default {
  title: 'Sign in',
  signedOut: 'You were signed out. Sign in to go on where you were.',
  email: 'E-mail',
  password: 'Password',
  showPassword: 'Show the password',
  code: 'Code',
  codeHint: 'Six digits from your authenticator app',
  signIn: 'Sign in',
  back: 'Another account',
  unowned: {
    title: 'Nobody owns this Parley yet',
    lead: 'Its first owner is made by a link that works once.',
    next: 'Parley printed the link when it started, in its terminal or log. Open it here.',
  },
}
