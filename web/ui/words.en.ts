export default {
  language: 'Language',
  copy: 'Copy',
  copied: 'Copied',
  copyThis: 'Copy: {{label}}',
  keep: 'Leave it as it is',
  acts: 'Acts',
  snippet: 'To copy',
}
