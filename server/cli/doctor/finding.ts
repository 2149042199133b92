/** What the doctor found: a code and its values; words are made where they are shown. */
export interface Finding {
  readonly about:
    | 'node'
    | 'window'
    | 'address'
    | 'folder'
    | 'disk'
    | 'key'
    | 'database'
    | 'durability'
    | 'failover'
    | 'pooler'
    | 'clock'
    | 'migrations'
    | 'role'
    | 'wall'
    | 'events'
    | 'quarantine'
    | 'outbox'
    | 'unconfirmed'
    | 'channels'
    | 'hold'
    | 'audit'
  /** good: nothing to do · note: may be wanted so · bad: do something */
  readonly level: 'good' | 'note' | 'bad'
  readonly code: string
  readonly values?: Readonly<Record<string, string | number>>
}

export const worst = (findings: readonly Finding[]): Finding['level'] =>
  (['bad', 'note'] as const).find((level) => findings.some((finding) => finding.level === level)) ?? 'good'
