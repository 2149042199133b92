import { Button } from '@mantine/core'
import { AskFirst, type AskFirstProps } from './ask-first.tsx'

/** At the end of a row: takes it away, and asks before. */
export const RemoveButton = (question: Omit<AskFirstProps, 'children'>) => (
  <AskFirst {...question}>
    {(ask) => (
      <Button size="compact-sm" variant="subtle" c="var(--text-danger)" onClick={ask}>
        {question.act}
      </Button>
    )}
  </AskFirst>
)
