export default {
  title: 'Настройки',
  part: { account: 'Ваша учётная запись', members: 'Сотрудники', tokens: 'Токены API', audit: 'Журнал' },
}
