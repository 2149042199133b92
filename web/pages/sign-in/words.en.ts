export default {
  title: 'Sign in',
  signedOut: 'You were signed out. Sign in to go on where you were.',
  email: 'E-mail',
  password: 'Password',
  showPassword: 'Show the password',
  code: 'Code',
  codeHint: 'Six digits from your authenticator app',
  useRecovery: 'I do not have the phone',
  recovery: 'Recovery code',
  recoveryHint:
    'One of the ten you kept when you turned the second factor on. Without them ask an owner or an admin for a link, or whoever runs the server.',
  useApp: 'A code from the app',
  signIn: 'Sign in',
  back: 'Another account',
  unowned: {
    title: 'Nobody owns this Parley yet',
    lead: 'Its first owner is made by a link that works once.',
    next: 'Parley printed the link when it started, in its terminal or log. Open it here.',
  },
}
