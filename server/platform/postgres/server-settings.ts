/**
 * How the embedded server runs. Given on the command line, so that an old data folder gets today's values.
 * Meant for a small machine and many small commits: little memory, few helpers, nothing that risks a committed row.
 */
export const serverSettings = {
  // Reachable by this machine only; no socket file, whose path may not exceed 107 bytes.
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '60',
  password_encryption: 'scram-sha-256',

  // Durability is never traded.
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  wal_level: 'replica',

  // The whole of Parley idles below 300 MB, however long it worked before. Of a queue of 300,000 messages each cost a tenth more with half of it.
  shared_buffers: '128MB',
  effective_cache_size: '512MB',
  work_mem: '8MB',
  maintenance_work_mem: '64MB',
  huge_pages: 'off',
  jit: 'off',

  // Helpers: each is a process. `sync` reads in the backend itself, without three workers.
  io_method: 'sync',
  max_worker_processes: '2',
  max_parallel_workers: '2',
  max_parallel_workers_per_gather: '0',
  max_parallel_maintenance_workers: '1',
  max_logical_replication_workers: '0',
  max_wal_senders: '2',
  autovacuum_max_workers: '2',
  // Work tables turn over in minutes.
  autovacuum_naptime: '15s',

  // Every checkpoint makes pages be logged in full again: seldom and evenly is cheaper.
  checkpoint_timeout: '10min',
  max_wal_size: '1GB',
  min_wal_size: '128MB',
  wal_buffers: '8MB',

  random_page_cost: '1.1',
  timezone: 'UTC',

  // The log is for the operator: starts, recovery, fatal ends. No statement, no detail: they quote people's messages.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_checkpoints: 'off',
  log_autovacuum_min_duration: '-1',
  log_timezone: 'UTC',
} as const
