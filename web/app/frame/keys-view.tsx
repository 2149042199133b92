import { Kbd } from '@mantine/core'
import { Fragment } from 'react'
import { shownKeys } from '../keys.ts'

/** `mod+k` as it stands on this keyboard. */
export const Keys = ({ keys }: { keys: string }) => (
  <span style={{ display: 'inline-flex', gap: 2, verticalAlign: 'middle' }}>
    {shownKeys(keys).map((name, at) => (
      <Fragment key={`${name}${at}`}>
        <Kbd size="xs">{name}</Kbd>
      </Fragment>
    ))}
  </span>
)
