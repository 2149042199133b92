/** What the doctor says, by "about.code". `{name}` is a value of the finding. */
import type { Language } from '../terminal.ts'
import type { Finding } from './finding.ts'

export const TITLES: Record<Finding['about'], Record<Language, string>> = {
  node: { en: 'Node', ru: 'Node' },
  window: { en: 'window', ru: 'окно' },
  address: { en: 'address', ru: 'адрес' },
  folder: { en: 'data folder', ru: 'папка данных' },
  disk: { en: 'disk', ru: 'диск' },
  key: { en: 'key', ru: 'ключ' },
  database: { en: 'database', ru: 'база данных' },
  durability: { en: 'durability', ru: 'сохранность' },
  failover: { en: 'failover', ru: 'резерв' },
  pooler: { en: 'connection', ru: 'соединение' },
  clock: { en: 'clock', ru: 'часы' },
  migrations: { en: 'migrations', ru: 'миграции' },
  role: { en: 'role', ru: 'роль' },
  wall: { en: 'workspaces', ru: 'границы' },
  events: { en: 'events', ru: 'события' },
  quarantine: { en: 'quarantine', ru: 'карантин' },
  outbox: { en: 'outbox', ru: 'исходящие' },
  unconfirmed: { en: 'unconfirmed', ru: 'неизвестные' },
  channels: { en: 'channels', ru: 'каналы' },
  hold: { en: 'hold', ru: 'удержание' },
  audit: { en: 'audit', ru: 'журнал действий' },
}

export const WORDS: Record<string, Record<Language, string>> = {
  'node.new_enough': { en: '{version}', ru: '{version}' },
  'node.too_old': {
    en: '{version}: Parley needs 24. Run "npm ci" in its folder.',
    ru: '{version}: нужен Node 24. Выполните «npm ci» в папке Parley.',
  },
  'window.built': { en: 'built', ru: 'собрано' },
  'window.not_built': {
    en: 'not built, so browsers get nothing: run "npm run build".',
    ru: 'не собрано, браузер ничего не покажет: выполните «npm run build».',
  },
  'address.public': { en: '{url}', ru: '{url}' },
  'address.no_proxy': {
    en: '{url}, and no PARLEY_TRUSTED_PROXIES: name the proxy there, or all who come through it count as one address, in limits and in the audit.',
    ru: '{url}, но нет PARLEY_TRUSTED_PROXIES: назовите там прокси, иначе все, кто приходит через него, — один адрес и для ограничений, и для журнала.',
  },
  'address.plain': {
    en: '{url} is not https: what members and customers write can be read on the way. Put a proxy with TLS before it.',
    ru: '{url} — не https: переписку можно прочитать по дороге. Поставьте впереди прокси с TLS.',
  },
  'address.open': {
    en: 'listens on {host} without PARLEY_URL: set it to the https address by which the world comes.',
    ru: 'слушает {host} без PARLEY_URL: укажите https-адрес, по которому приходит мир.',
  },
  'address.local': {
    en: 'this machine only. Networks that need webhooks want PARLEY_URL; others are polled.',
    ru: 'только эта машина. Сетям с вебхуками нужен PARLEY_URL; остальные опрашиваются.',
  },
  'folder.there': { en: '{folder}', ru: '{folder}' },
  'folder.not_yet': { en: '{folder} (made at the first start)', ru: '{folder} (появится при первом запуске)' },
  'folder.readable': {
    en: '{folder} can be read by every user of this machine: run "chmod o-rwx" on it.',
    ru: '{folder} может прочитать любой пользователь машины: выполните для неё «chmod o-rwx».',
  },
  'folder.closed': {
    en: '{folder} may not be read and written: give it to the user that runs Parley, or run this as that user.',
    ru: '{folder} нельзя читать и менять: отдайте её пользователю, от имени которого работает Parley, или запустите это от его имени.',
  },
  'disk.room': { en: '{free} free ({percent} %)', ru: 'свободно {free} ({percent} %)' },
  'disk.nearly_full': {
    en: 'only {free} free ({percent} %): when it is full, platforms get 503 until there is room. Make room now.',
    ru: 'свободно лишь {free} ({percent} %): когда место кончится, платформы будут получать 503. Освободите место.',
  },
  'key.in_environment': { en: 'PARLEY_KEY', ru: 'PARLEY_KEY' },
  'key.in_file': {
    en: '{file}. Keep a second copy elsewhere: no backup holds it, and without it backups are worth nothing.',
    ru: '{file}. Храните вторую копию в другом месте: в резервных копиях ключа нет, а без него они бесполезны.',
  },
  'key.not_yet': { en: '{file} is made at the first start', ru: '{file} появится при первом запуске' },
  'key.readable': {
    en: 'others can read {file}: run "chmod 600" on it.',
    ru: '{file} доступен другим: выполните для него «chmod 600».',
  },
  'key.unreadable': { en: '{file} cannot be read by this user.', ru: '{file} недоступен этому пользователю.' },
  'key.wrong': { en: '{why}', ru: '{why}' },
  'key.another': {
    en: 'PARLEY_KEY is not the key that this database was made with: its role {role} does not take the password made from it. Give the former key; "parley rotate" changes it.',
    ru: 'PARLEY_KEY — не тот ключ, с которым создана эта база: её роль {role} не принимает пароль, полученный из него. Верните прежний ключ; меняет его «parley rotate».',
  },
  'database.none_yet': {
    en: 'there is none in {folder}: "parley start" makes one. If yours lies elsewhere, name its folder in PARLEY_DATA.',
    ru: 'в {folder} её нет: её создаст «parley start». Если ваша лежит в другом месте, укажите её папку в PARLEY_DATA.',
  },
  'database.does_not_start': { en: '{why}', ru: '{why}' },
  'database.unreachable': {
    en: 'cannot be reached: {why}. Look at DATABASE_URL and at the server.',
    ru: 'недоступна: {why}. Проверьте DATABASE_URL и сервер.',
  },
  'database.does_not_answer': {
    en: 'runs and does not answer: {why}. Make room on the disk, or look into {folder}/postgres/server.log.',
    ru: 'работает, но не отвечает: {why}. Освободите диск или загляните в {folder}/postgres/server.log.',
  },
  'database.too_old': {
    en: 'PostgreSQL {version}: Parley needs 15 or newer.',
    ru: 'PostgreSQL {version}: нужен 15 или новее.',
  },
  'database.reachable': { en: 'PostgreSQL {version}, {size}', ru: 'PostgreSQL {version}, {size}' },
  'durability.on': { en: 'every acknowledged message is on the disk', ru: 'каждое принятое сообщение — на диске' },
  'durability.off': {
    en: 'off: {names}. Acknowledged messages can be lost; turn them on.',
    ru: 'выключено: {names}. Принятые сообщения могут пропасть; включите.',
  },
  'failover.standby': { en: 'synchronous standby: {standbys}', ru: 'синхронная реплика: {standbys}' },
  'failover.no_standby': {
    en: 'no synchronous standby: if this disk dies, what came after the last backup is lost',
    ru: 'синхронной реплики нет: если диск умрёт, пропадёт всё после последней копии',
  },
  'pooler.direct': { en: 'direct: leases and hints work', ru: 'прямое: аренды и подсказки работают' },
  'pooler.between': {
    en: 'a pooler stands between and changes servers: leases and LISTEN need a direct address (or session mode).',
    ru: 'между Parley и базой — пулер, меняющий соединения: нужен прямой адрес (или режим сессий).',
  },
  'clock.agrees': { en: 'agrees with the database', ru: 'согласны с базой' },
  'clock.differs': {
    en: 'the database is {seconds} s away from this machine: set both by NTP. Scheduled messages go by the database.',
    ru: 'база отличается от этой машины на {seconds} с: настройте NTP. Отложенные сообщения идут по часам базы.',
  },
  'migrations.all': { en: 'all applied', ru: 'все применены' },
  'migrations.waiting': {
    en: '{waiting} wait: "parley migrate", or the next start, applies them.',
    ru: 'ждут: {waiting}. Их применит «parley migrate» или следующий запуск.',
  },
  'migrations.newer': {
    en: 'the database is newer than this Parley ({file}): start the version that made it.',
    ru: 'база новее этой Parley ({file}): запустите ту версию, что её создала.',
  },
  'role.bound': { en: '{role} may only what it needs', ru: '{role}: только нужные права' },
  'role.wrong': { en: '{why}', ru: '{why}' },
  'role.cannot_enter': { en: 'the program cannot enter: {why}', ru: 'программа не может войти: {why}' },
  'wall.whole': { en: 'every table is guarded by row-level security', ru: 'каждая таблица закрыта защитой строк' },
  'wall.hole': {
    en: 'not guarded: {tables}. Somebody changed them behind Parley.',
    ru: 'не закрыты: {tables}. Кто-то менял их в обход Parley.',
  },
  'events.read': { en: '{waiting} wait to be read', ru: 'ждут чтения: {waiting}' },
  'events.stuck': {
    en: '{waiting} wait, the oldest for {oldest} s: is a process with the role "worker" running?',
    ru: 'ждут: {waiting}, старейшее — {oldest} с: запущен ли процесс с ролью worker?',
  },
  'quarantine.empty': { en: 'empty', ru: 'пуст' },
  'quarantine.some': {
    en: '{quarantined} events could not be read: look at their channel, update Parley, replay them.',
    ru: 'не прочитано событий: {quarantined}. Посмотрите их канал, обновите Parley, повторите.',
  },
  'outbox.queued': { en: 'waiting to leave: {queued}', ru: 'ждут отправки: {queued}' },
  'outbox.expired': {
    en: '{queued} wait, {expired} of them beyond their time: their channels are not ready',
    ru: 'ждут: {queued}, из них просрочены {expired}: их каналы не готовы',
  },
  'unconfirmed.share': {
    en: '{unconfirmed} of the last 24 hours ({percent} %): nobody knows whether they arrived. The view “Failed” of the inbox shows them: ask there, or send again.',
    ru: 'за сутки {unconfirmed} ({percent} %): дошли ли они, неизвестно. Их показывает вид «Не ушли» во входящих: спросите там или отправьте снова.',
  },
  'channels.ready': { en: '{count}, none in trouble', ru: '{count}, все в порядке' },
  'channels.troubled': {
    en: '{list}. Open each in the settings: it says what to do.',
    ru: '{list}. Откройте каждый в настройках: там сказано, что делать.',
  },
  'hold.held': {
    en: 'workspaces in hold after a restore: {held}. Nothing is sent until a member has decided.',
    ru: 'на удержании после восстановления: {held}. Ничего не уходит, пока участник не решит.',
  },
  'audit.holds': {
    en: 'the chain holds (workspaces: {workspaces})',
    ru: 'цепочка цела (рабочих пространств: {workspaces})',
  },
  'audit.broken': {
    en: 'the chain is broken at {places}: somebody changed rows behind Parley.',
    ru: 'цепочка разорвана: {places}. Кто-то менял строки в обход Parley.',
  },
}
