export default {
  title: 'Settings',
  part: { account: 'Your account', members: 'Members', tokens: 'API tokens', audit: 'Audit' },
}
