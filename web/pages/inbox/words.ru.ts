export default { empty: 'Разговоров пока нет' }
