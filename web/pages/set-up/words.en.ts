export default {
  title: 'Set up Parley',
  lead: 'You become its owner. Everything stays on this server.',
  workspace: 'Name of the workspace',
  workspaceHint: 'Your company, shop or yourself',
  name: 'Your name',
  email: 'E-mail',
  emailHint: 'To sign in with; nothing is sent to it',
  password: 'Password',
  passwordHint: 'At least ten characters',
  showPassword: 'Show the password',
  begin: 'Begin',
  wanted: {
    workspace: 'Give it a name',
    name: 'Say how colleagues shall call you',
    email: 'This is not an e-mail address',
    password: 'Shorter than ten characters',
  },
  noToken: {
    title: 'The link is not whole',
    next: 'Copy it with everything after the sign #. Parley printed it when it started.',
  },
  badLink: {
    title: 'This link does not work any more',
    next: 'Each link works once, until the next start. Take the newest one from the terminal or log of Parley.',
  },
  done: {
    title: 'Parley has an owner already',
    words: 'The set-up link worked once and is spent.',
    signIn: 'Sign in',
  },
}
