import { IconInbox } from '@tabler/icons-react'
import type { GalleryPart } from '../gallery/part.ts'
import { Copy } from './copy.tsx'
import { Door } from './door.tsx'
import { Empty } from './empty.tsx'
import { Markdown } from './markdown.tsx'
import { Qr } from './qr.tsx'
import { RowTable, TableRow } from './row-table.tsx'

const TEXT = `## Steps
1. Open [the loft](https://pigeon.example) and ask for a \`token\`.
2. **Paste** it.

- one
- two

| Loft | Address |
|---|---|
| North | \`north.example\` 993 |

\`\`\`html
<script src="https://parley.example/chat.js"></script>
\`\`\`

<b>Not markup</b> [not a link](javascript:alert(1))`

export default {
  name: 'ui',
  words: [],
  states: {
    markdown: () => <Markdown text={TEXT} />,
    copy: () => <Copy label="Address" value={`https://parley.example/${'a'.repeat(120)}`} />,
    qr: () => <Qr text="https://pigeon.example/flower_shop" label="QR code" />,
    table: () => (
      <RowTable heads={['Name', 'Role', 'Last used']}>
        <TableRow
          name={'Донаудампфшиффартсгезельшафтскапитэн'.repeat(3)}
          about="a.very.long.address.of.somebody@pigeon.example"
          values={[
            { head: 'Role', value: 'Agent' },
            { head: 'Last used', value: 'never' },
          ]}
          acts={<button type="button">Remove</button>}
        />
      </RowTable>
    ),
    empty: () => (
      <Empty icon={<IconInbox size={32} aria-hidden />} title="Nothing here yet">
        And this is the next step.
      </Empty>
    ),
    door: () => (
      <Door title="Sign in" lead="You were signed out.">
        …
      </Door>
    ),
  },
} satisfies GalleryPart
