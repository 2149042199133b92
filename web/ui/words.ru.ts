export default {
  language: 'Язык',
  copy: 'Скопировать',
  copied: 'Скопировано',
  copyThis: 'Скопировать: {{label}}',
  keep: 'Оставить как есть',
  acts: 'Действия',
  snippet: 'Скопируйте',
}
