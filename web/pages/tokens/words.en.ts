export default {
  title: 'API tokens',
  add: 'Add a token',
  make: 'Make the token',
  name: 'Name',
  nameHint: 'What program will use it',
  role: 'May do as much as',
  used: 'Last used',
  expires: 'Valid until',
  never: 'never',
  unlimited: 'without end',
  days_one: '{{count}} day',
  days_other: '{{count}} days',
  token: 'Token',
  once: 'Copy it now. Parley keeps only its fingerprint and cannot show it again.',
  kept: 'I have it',
  roles: { bot: 'Bot', viewer: 'Viewer', agent: 'Agent', supervisor: 'Supervisor', admin: 'Admin', owner: 'Owner' },
  empty: {
    title: 'No tokens yet',
    words:
      'With a token a program of yours does what members do: it reads, answers and hears what happens. The API is described at /docs.',
  },
  remove: { title: 'Remove {{name}}?', words: 'Programs that use it are cut off within a second.', act: 'Remove' },
}
