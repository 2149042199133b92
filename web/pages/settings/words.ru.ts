export default {
  title: 'Настройки',
  part: { account: 'Учётная запись', members: 'Сотрудники', tokens: 'Токены API', audit: 'Журнал' },
}
