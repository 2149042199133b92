export default { empty: 'No conversations yet' }
